package client

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// checkRoom refuses a push that a quota leaves no room for, before any byte moves: size bytes, of
// which there are kept already. As servers count, the image that is replaced takes its room until
// the new one is complete.
//
// The container and the account are asked at once. Neither has to be there, or to be readable:
// what cannot be asked is no limit, and the server has the last word anyway.
func (c *Client) checkRoom(ctx context.Context, container string, size, kept int64) error {
	parts := []struct {
		what, container string
		quota           store.Quota
	}{{what: "the collection " + container, container: container}, {what: "the account"}}
	g, gctx := errgroup.WithContext(ctx)
	for i := range parts {
		g.Go(func() (err error) {
			parts[i].quota, err = c.store.Quota(gctx, parts[i].container)
			if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDenied) {
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, part := range parts {
		if q := part.quota; !q.Fits(size - kept) {
			return refuse(Full, fmt.Errorf("%s are needed, and of the quota of %s, %s, there are %s used",
				transfer.Bytes(size-kept), part.what, transfer.Bytes(q.Limit), transfer.Bytes(q.Used)),
				"delete images or leftovers (clean lists them), or ask for a larger quota")
		}
	}
	return nil
}
