package verbs

import (
	"context"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var search = define(spec[client.ListRequest, []string]{
	name:    "search",
	summary: "find images by a part of their name",
	help: `Matches any part of collection/object, in any case. "lab/" and "lab/ubu" ask the collection lab
alone. What is found can be given to every verb as it stands.`,
	returns:  "a sorted list of collection/object strings",
	header:   "Collections",
	empty:    "no image matches",
	item:     "a query; what any of them finds is in the one list",
	examples: []string{`client.search()`, `client.search("ubuntu")`, `client.search("lab/")[1]`, `client.search{"ubuntu", "lab/"}`},
	gather: func(ctx context.Context, c *client.Client, rs []client.ListRequest) ([]string, error) {
		return union(rs, func(r client.ListRequest) ([]string, error) { return c.Search(ctx, r) }, func(s string) string { return s }, strings.Compare)
	},
	call: func(ctx context.Context, c *client.Client, r client.ListRequest) ([]string, error) {
		return c.Search(ctx, r)
	},
})
