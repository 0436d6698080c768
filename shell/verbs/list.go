package verbs

import (
	"context"
	"iter"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var list = define(spec[client.ListRequest, []client.Image]{
	name:    "list",
	summary: "list images with size, digest and date",
	help: `Takes the same query as search. Each image is a table with uri, collection, name, tag, object,
size, sha256, etag, modified, arch and id, and can be given to every verb that takes a name.`,
	returns:  "a list of images, sorted by collection and object",
	empty:    "no image matches",
	item:     "a query; what any of them finds is in the one list",
	examples: []string{`client.list("lab/")`, `client.list("lab/ubuntu")[1].size`},
	gather: func(ctx context.Context, c *client.Client, rs []client.ListRequest) ([]client.Image, error) {
		return union(rs, func(r client.ListRequest) ([]client.Image, error) { return c.List(ctx, r) }, client.Image.Path,
			func(a, b client.Image) int { return strings.Compare(a.Path(), b.Path()) })
	},
	call: func(ctx context.Context, c *client.Client, r client.ListRequest) ([]client.Image, error) {
		return c.List(ctx, r)
	},
})

var each = define(spec[client.ListRequest, iter.Seq2[client.Image, error]]{
	name:      "each",
	summary:   "go through images without holding them all",
	help:      `Like list, for a for loop: it holds one page of a listing at a time.`,
	returns:   "an iterator of images",
	examples:  []string{`for image in client.each("lab/") do print(image, image.size) end`},
	noCommand: true,
	call: func(ctx context.Context, c *client.Client, r client.ListRequest) (iter.Seq2[client.Image, error], error) {
		return c.Each(ctx, r), nil
	},
})
