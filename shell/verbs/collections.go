package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var collections = define(spec[client.CollectionsRequest, []client.Collection]{
	name:    "collections",
	summary: "list the collections of the account",
	help: `A collection is a Swift container. Containers in which other tools keep segments are left out.
What images counts are all objects of a collection, as the server does: with the segments of large images.`,
	returns:  "a list of tables with name, images and bytes",
	empty:    "no collection",
	examples: []string{`client.collections()`},
	call: func(ctx context.Context, c *client.Client, r client.CollectionsRequest) ([]client.Collection, error) {
		return c.Collections(ctx, r)
	},
})
