package client

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// checkRoom refuses need bytes, in so many objects, that a quota leaves no room for, before any byte moves.
func (c *Client) checkRoom(ctx context.Context, container string, need int64, objects int) error {
	room, err := c.beginRoom(ctx, container, need, objects)
	if err != nil {
		return err
	}
	return room()
}

// beginRoom is checkRoom for who can do something else meanwhile: what the quotas that are told leave
// no room for it refuses at once, and what it returns waits for the answer to askRoom. As servers
// count, an image that is replaced takes its room until the new one is complete.
//
// The container and the account are asked at once. Neither has to be there, or to be readable: what
// cannot be asked may be a limit.
func (c *Client) beginRoom(ctx context.Context, container string, need int64, objects int) (room func() error, err error) {
	parts := []struct {
		what, container string
		quota           store.Quota
	}{{what: "the collection " + container, container: container}, {what: "the account"}}
	g, gctx := errgroup.WithContext(ctx)
	for i := range parts {
		g.Go(func() (err error) {
			parts[i].quota, err = c.store.Quota(gctx, parts[i].container)
			if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDenied) {
				parts[i].quota.Untold = errors.Is(err, store.ErrDenied)
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	untold := false
	for _, part := range parts {
		q := part.quota
		if !q.Fits(need) {
			return nil, refuse(Full, fmt.Errorf("%s are needed, and of the quota of %s, %s, there are %s used",
				transfer.Bytes(need), part.what, transfer.Bytes(q.Limit), transfer.Bytes(q.Used)), makeRoom)
		}
		if !q.FitsObjects(int64(objects)) {
			return nil, refuse(Full, fmt.Errorf("%d objects are needed, and of the quota of %s, %d objects, there are %d used",
				objects, part.what, q.ObjectLimit, q.Objects), makeRoom)
		}
		untold = untold || part.quota.Untold
	}
	if !untold || need < leastQuestion {
		return func() error { return nil }, nil
	}
	return c.askRoom(ctx, container, need), nil
}

// makeRoom is what to do when a quota is used up.
const makeRoom = "delete images or leftovers (clean lists them), or ask for a larger quota"

// leastQuestion is how much must be needed for askRoom to pay: the first segments on their way are as
// good a question.
const leastQuestion = 64 << 20

// askRoom asks the server whether it would take need bytes more, which finds the quotas that nobody
// tells of. What it returns waits for the answer.
func (c *Client) askRoom(ctx context.Context, container string, need int64) func() error {
	answered := make(chan struct{})
	var answer error
	go func() {
		defer close(answered)
		answer = c.store.Room(ctx, store.Key{Container: container, Object: transfer.SegmentsDir + "room"}, need)
	}()
	return func() error {
		<-answered
		if !errors.Is(answer, store.ErrFull) {
			return nil // what else is wrong, sending will find out
		}
		return refuse(Full, fmt.Errorf("%s are needed, and a quota of the collection %s or of its account has no room for them: %w",
			transfer.Bytes(need), container, answer), makeRoom)
	}
}
