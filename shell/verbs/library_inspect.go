package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var libraryInspect = define(spec[client.LocalRequest, client.LocalDetails]{
	group: GroupLibrary, local: true,
	name:     "inspect",
	summary:  "tell what the local library has recorded of an image",
	help:     `The row of the database, with the labels of the image among its metrics. The file is not read.`,
	returns:  "a table with the columns of the row",
	examples: []string{`library.inspect("lab/ubuntu:22.04").metrics.size`},
	call: func(ctx context.Context, c *client.Client, r client.LocalRequest) (client.LocalDetails, error) {
		return c.LibraryInspect(ctx, r)
	},
})
