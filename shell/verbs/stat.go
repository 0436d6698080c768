package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var stat = define(spec[client.StatRequest, client.Image]{
	name:     "stat",
	summary:  "describe one image",
	help:     `Fails with not_found when there is none.`,
	returns:  "the image",
	examples: []string{`client.stat("lab/ubuntu:22.04").sha256`},
	call: func(ctx context.Context, c *client.Client, r client.StatRequest) (client.Image, error) {
		return c.Stat(ctx, r)
	},
})

var exists = define(spec[client.StatRequest, bool]{
	name:     "exists",
	summary:  "tell whether an image is there",
	help:     `At the command line it prints true or false, and exits with 3 for false.`,
	returns:  "true or false",
	examples: []string{`client.exists("lab/ubuntu:22.04")`},
	status: func(there bool) int {
		if there {
			return 0
		}
		return client.NotFound.ExitStatus()
	},
	call: func(ctx context.Context, c *client.Client, r client.StatRequest) (bool, error) {
		return c.Exists(ctx, r)
	},
})
