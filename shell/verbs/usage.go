package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var usage = define(spec[client.UsageRequest, []client.Usage]{
	name:    "usage",
	summary: "tell how much is used, and the quotas",
	help: `The first entry is the account, whose collection is ""; then comes every collection. Segments and
what other tools keep are counted, too. A quota of -1 is none; but where untold is true the server may
hold the collection to one that it tells nobody.`,
	returns:  "a list of tables with collection, bytes, quota, objects, max_objects and untold",
	examples: []string{`client.usage()[1].bytes`, `client.usage("lab")`},
	call: func(ctx context.Context, c *client.Client, r client.UsageRequest) ([]client.Usage, error) {
		return c.Usage(ctx, r)
	},
})
