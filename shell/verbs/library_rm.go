package verbs

import (
	"context"
	"fmt"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var libraryRemove = define(spec[client.RemoveRequest, client.LocalImage]{
	group: GroupLibrary, local: true,
	name:    "rm",
	summary: "take an image out of the local library",
	help: `Its file is deleted if it lies in the image folder; one that lies elsewhere is yours, and stays. Of
several versions the name has to tell one. More than one image, given as a list, needs a yes.`,
	returns:  "the local image that was there",
	done:     func(client.LocalImage) string { return "" },
	examples: []string{`library.rm("lab/ubuntu:22.04")`, `library.rm(library.images("ubuntu"), {yes=true})`},
	mutates:  true,
	item:     "a local image",
	plan: func(rs []client.RemoveRequest) string {
		if len(rs) < 2 || rs[0].Yes {
			return ""
		}
		return fmt.Sprintf("rm %d images of the local library, from %s to %s", len(rs), rs[0].Image, rs[len(rs)-1].Image)
	},
	call: func(ctx context.Context, c *client.Client, r client.RemoveRequest) (client.LocalImage, error) {
		return c.LibraryRemove(ctx, r)
	},
	batch: func(ctx context.Context, c *client.Client, rs []client.RemoveRequest) ([]client.LocalImage, error) {
		return c.LibraryRemoveAll(ctx, rs)
	},
})
