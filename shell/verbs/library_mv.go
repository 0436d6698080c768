package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var libraryMove = define(spec[client.MoveRequest, client.LocalImage]{
	group: GroupLibrary, local: true,
	name:     "mv",
	summary:  "move the file of an image, which the local library goes on knowing",
	help:     `The file goes to a folder or a path, and nothing that is there is replaced.`,
	returns:  "the local image",
	done:     func(client.LocalImage) string { return "" },
	examples: []string{`library.mv("lab/ubuntu:22.04", "moved.sif")`},
	mutates:  true,
	call: func(ctx context.Context, c *client.Client, r client.MoveRequest) (client.LocalImage, error) {
		return c.LibraryMove(ctx, r)
	},
})
