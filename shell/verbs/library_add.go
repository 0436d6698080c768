package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var libraryAdd = define(spec[client.AddRequest, client.LocalImage]{
	group: GroupLibrary, local: true,
	name:    "add",
	summary: "take an image file into the local library",
	help: `Where the file system can share blocks between files, the image folder gets a file of its own;
elsewhere the library records where yours is. There is no second copy unless copy is given. The
version is the SHA-256 of the file.`,
	returns:  "the local image",
	done:     func(client.LocalImage) string { return "" },
	examples: []string{`library.add("ubuntu.sif", "lab/ubuntu:22.04")`, `library.add("ubuntu.sif", "lab/ubuntu", {copy=true})`},
	mutates:  true,
	call: func(ctx context.Context, c *client.Client, r client.AddRequest) (client.LocalImage, error) {
		return c.LibraryAdd(ctx, r)
	},
})
