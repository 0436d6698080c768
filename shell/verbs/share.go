package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var share = define(spec[client.ShareRequest, string]{
	name:    "share",
	summary: "make a URL that lets anybody fetch an image",
	help: `Whoever has the URL can fetch the image until it ends, with curl or apptainer, without an account.
It is signed with a key of your account; when there is none, set_key=true makes one up. The key
itself is never shown.`,
	returns: "the URL",
	examples: []string{
		`client.share("lab/ubuntu:22.04", {expires="12h", set_key=true})`,
	},
	mutates: true,
	answers: true,
	call: func(ctx context.Context, c *client.Client, r client.ShareRequest) (string, error) {
		return c.Share(ctx, r)
	},
})
