package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var libraryGet = define(spec[client.LocalRequest, string]{
	group: GroupLibrary, local: true, bare: true,
	name:    "get",
	summary: "tell the path of an image in the local library",
	help: `Of several versions it is the newest, unless the name tells one. Fails with not_found when the
library does not know the image, or its file is gone: apptainer exec $(sregistry-shell get lab/t) ...`,
	returns:  "the path of the file",
	examples: []string{`library.get("lab/ubuntu:22.04")`},
	call: func(ctx context.Context, c *client.Client, r client.LocalRequest) (string, error) {
		return c.LibraryGet(ctx, r)
	},
})
