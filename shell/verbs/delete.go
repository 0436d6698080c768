package verbs

import (
	"context"
	"fmt"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var remove = define(spec[client.DeleteRequest, client.Image]{
	name:    "delete",
	summary: "delete an image from storage",
	help: `More than one image, given as a list, needs a yes: the prompt asks, a script says yes=true. The
collection stays.`,
	returns: "the image that was deleted",
	done:    func(i client.Image) string { return "[rm] " + i.Path() },
	examples: []string{
		`client.delete("lab/ubuntu:22.04")`,
		`client.delete({"lab/a", "lab/b"}, {yes=true})`,
	},
	mutates: true,
	item:    "an image",
	plan: func(rs []client.DeleteRequest) string {
		if len(rs) < 2 || rs[0].Yes {
			return ""
		}
		return fmt.Sprintf("delete %d images, from %s to %s", len(rs), rs[0].Image, rs[len(rs)-1].Image)
	},
	call: func(ctx context.Context, c *client.Client, r client.DeleteRequest) (client.Image, error) {
		return c.Delete(ctx, r)
	},
	batch: func(ctx context.Context, c *client.Client, rs []client.DeleteRequest) ([]client.Image, error) {
		return c.DeleteAll(ctx, rs)
	},
})
