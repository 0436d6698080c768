package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var duplicate = define(spec[client.CopyRequest, client.Image]{
	name:    "copy",
	summary: "copy or move an image",
	help: `The server copies, and nothing comes through this side. The copy owns its bytes: the source may be
replaced or deleted. An image under the new name is replaced when the copy is complete; when it holds the
same bytes, nothing is done. A copy that was interrupted goes on when it is asked for again. With
to=connect{...} the copy goes to another account or cluster: as a stream through this side, checked
there, without a file here.`,
	returns: "the copy",
	done:    func(i client.Image) string { return "Success! " + i.Path() },
	examples: []string{
		`client.copy("lab/ubuntu:22.04", "lab/ubuntu:stable")`,
		`client.copy("lab/a", "archive/a", {move=true})`,
		`client.copy({ {"lab/a", "archive/a"}, {"lab/b", "archive/b"} }, {expires="90d"})`,
	},
	mutates: true,
	item:    "{source, target}",
	call: func(ctx context.Context, c *client.Client, r client.CopyRequest) (client.Image, error) {
		return c.Copy(ctx, r)
	},
	batch: func(ctx context.Context, c *client.Client, rs []client.CopyRequest) ([]client.Image, error) {
		return c.CopyAll(ctx, rs)
	},
})
