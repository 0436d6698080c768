package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var inspect = define(spec[client.InspectRequest, client.Inspection]{
	local:   true,
	name:    "inspect",
	summary: "tell what an image says of itself: labels, definition file, architecture, signers",
	help: `Of an image in storage only the small parts that say it are fetched, whatever its size. A path that
begins with /, ./ or ../ is a file, and so is a name without a slash that is one here. What storage
has not got, or cannot be asked for without settings, is looked for in the local library. Signers are
those that the image names: nothing is verified.`,
	returns:  "a table with format, size, arch, id, created, partitions, labels, deffile, runscript, environment, help, signers, problems",
	examples: []string{`client.inspect("lab/ubuntu:22.04").labels`, `client.inspect("ubuntu.sif").arch`},
	call: func(ctx context.Context, c *client.Client, r client.InspectRequest) (client.Inspection, error) {
		return c.Inspect(ctx, r)
	},
})
