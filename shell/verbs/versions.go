package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var versions = define(spec[client.VersionsRequest, []client.Image]{
	name:    "versions",
	summary: "list all tags of an image with date and digest",
	help: `Images whose name and tag were recorded come first, the youngest before the older; then those that
only have the name of their object to go by, as sregistry-cli left them.`,
	returns:  "a list of images",
	examples: []string{`client.versions("lab/ubuntu")`, `client.versions("lab/ubuntu")[1].tag`},
	call: func(ctx context.Context, c *client.Client, r client.VersionsRequest) ([]client.Image, error) {
		return c.Versions(ctx, r)
	},
})
