package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var whoami = define(spec[client.WhoamiRequest, client.Identity]{
	name:    "whoami",
	summary: "tell who signs in, where, and by which settings",
	help: `Signs in and asks the server whether it takes the token. source is the one place that all settings
came from; way is how one signs in: legacy, preauth, keystonev2, keystonev3 or embedded. With Keystone,
id is what others write in client.access to give rights to whoever this is.`,
	returns:  "a table with user, project, id, url, storage, way, source and expires",
	examples: []string{`client.whoami()`, `client.whoami().storage`},
	call: func(ctx context.Context, c *client.Client, r client.WhoamiRequest) (client.Identity, error) {
		return c.Whoami(ctx, r)
	},
})
