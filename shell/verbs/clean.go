package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var clean = define(spec[client.CleanRequest, []client.Leftover]{
	name:    "clean",
	summary: "list or delete what interrupted pushes left behind",
	help: `Large images lie in segments below .segments/ of their collection. What no image there is proved to
use is listed, with its age; remove=true deletes it. What cannot be proved is kept and says why.`,
	returns:  "a list of tables with collection, object, folder, segments, size, modified, removed, kept",
	empty:    "nothing was left behind",
	examples: []string{`client.clean()`, `client.clean{remove=true, older="30d"}`},
	mutates:  true,
	call: func(ctx context.Context, c *client.Client, r client.CleanRequest) ([]client.Leftover, error) {
		return c.Clean(ctx, r)
	},
})
