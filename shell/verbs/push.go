package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var push = define(spec[client.PushRequest, client.Image]{
	name:    "push",
	summary: "upload an image file",
	help: `The collection is made if it is not there. An image of that name is replaced only when the new
one is complete. When the same bytes are there already, nothing is sent. A name without a tag
gets the tag latest.`,
	returns: "the image",
	done:    func(i client.Image) string { return "Success! " + i.Path() },
	examples: []string{
		`client.push("ubuntu.sif", "lab/ubuntu:22.04")`,
		`client.push("ubuntu.sif", "lab/ubuntu", {tag="22.04", if_absent=true})`,
		`client.push("ubuntu.sif", "lab/nightly", {expires="30d"})`,
		`client.push({ {"a.sif", "lab/a"}, {"b.sif", "lab/b"} }, {jobs=2})`,
	},
	mutates: true,
	item:    "{path, name}",
	call: func(ctx context.Context, c *client.Client, r client.PushRequest) (client.Image, error) {
		return c.Push(ctx, r)
	},
	batch: func(ctx context.Context, c *client.Client, rs []client.PushRequest) ([]client.Image, error) {
		return c.PushAll(ctx, rs)
	},
})
