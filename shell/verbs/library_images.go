package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var libraryImages = define(spec[client.ImagesRequest, []client.LocalImage]{
	group: GroupLibrary, local: true,
	name:    "images",
	summary: "list the images of the local library",
	help: `Each is a table with uri, collection, name, tag, version, image (the path), client, url and
created_at. With check=true the library is mended first: a row whose file is gone is taken out, and an
image in the folder that no row knows is recorded; both are said, and stand in the field mended.`,
	returns:  "a list of local images, the oldest first",
	header:   "Containers:   [date]   [client]\t[uri]",
	empty:    "no image in the local library",
	item:     "a query; what any of them finds is in the one list",
	examples: []string{`library.images()`, `library.images("ubuntu")`, `library.images{"ubuntu", "v2"}`, `library.images{check=true}`},
	gather: func(ctx context.Context, c *client.Client, rs []client.ImagesRequest) ([]client.LocalImage, error) {
		check := rs[0].Check
		return union(rs, func(r client.ImagesRequest) ([]client.LocalImage, error) {
			r.Check, check = check, false // once is enough
			return c.LibraryImages(ctx, r)
		}, client.LocalImage.String, func(a, b client.LocalImage) int { return a.Created.Compare(b.Created) })
	},
	call: func(ctx context.Context, c *client.Client, r client.ImagesRequest) ([]client.LocalImage, error) {
		return c.LibraryImages(ctx, r)
	},
})
