package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var access = define(spec[client.AccessRequest, client.Access]{
	name:    "access",
	summary: "show or set who may use a collection",
	help: `What is given is set, the rest stays as it is; read={} takes the right to read from everybody who
has it by name. Names are accounts ("lab") or users of one ("lab:ann"); where the server gives rights to whole
accounts only, a warning says so. With Keystone accounts are projects, and names count where all are of the
domain Default; ids count everywhere: client.whoami().id is that of whoever signs in, and * stands for all. Who
may write should be able to read as well. Where rights go to whole accounts, who may write may also change who
else may, and the quota; and what others push there the owner can pull and delete only with a right to read of his own, by
the name of his account.`,
	returns: "a table with collection, public, listing, read and write",
	examples: []string{
		`client.access("lab")`,
		`client.access("lab", {read={"physics", "chemistry:ann"}, write="physics"})`,
		`client.access("lab", {public=false, read={}, write={}})`,
	},
	mutates: true,
	call: func(ctx context.Context, c *client.Client, r client.AccessRequest) (client.Access, error) {
		return c.Access(ctx, r)
	},
})
