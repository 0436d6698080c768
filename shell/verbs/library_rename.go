package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var libraryRename = define(spec[client.RenameRequest, client.LocalImage]{
	group: GroupLibrary, local: true,
	name:     "rename",
	summary:  "give an image of the local library another name",
	help:     `Its file, if it lies in the image folder, goes where the new name belongs.`,
	returns:  "the local image",
	done:     func(client.LocalImage) string { return "" },
	examples: []string{`library.rename("lab/ubuntu:22.04", "lab/jammy")`},
	mutates:  true,
	call: func(ctx context.Context, c *client.Client, r client.RenameRequest) (client.LocalImage, error) {
		return c.LibraryRename(ctx, r)
	},
})
