package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var libraryInspect = define(spec[client.LocalRequest, client.LocalDetails]{
	group: GroupLibrary, local: true,
	name:    "inspect",
	summary: "tell what the local library has recorded of an image",
	help: `The row of the database. Its metrics are the names of the image and all that client.inspect told of the file
when it was recorded. The file is not read, and need not be there.`,
	returns:  "a table with the columns of the row",
	examples: []string{`library.inspect("lab/ubuntu:22.04").metrics.labels`, `library.inspect("lab/ubuntu:22.04").metrics.arch`},
	call: func(ctx context.Context, c *client.Client, r client.LocalRequest) (client.LocalDetails, error) {
		return c.LibraryInspect(ctx, r)
	},
})
