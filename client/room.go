package client

import (
	"context"
	"fmt"

	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// checkRoom refuses a push that a quota leaves no room for, before any byte moves: size bytes, of
// which there are kept already. As servers count, the image that is replaced takes its room until
// the new one is complete.
func (c *Client) checkRoom(ctx context.Context, container string, size, kept int64) error {
	room, err := c.store.Room(ctx, container)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		what  string
		quota store.Quota
	}{{"the collection " + container, room.Container}, {"the account", room.Account}} {
		if q := part.quota; !q.Fits(size - kept) {
			return refuse(Full, fmt.Errorf("%s are needed, and of the quota of %s, %s, there are %s used",
				transfer.Bytes(size-kept), part.what, transfer.Bytes(q.Limit), transfer.Bytes(q.Used)),
				"delete images or leftovers (clean lists them), or ask for a larger quota")
		}
	}
	return nil
}
