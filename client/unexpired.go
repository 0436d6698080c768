package client

import (
	"context"
	"errors"
	"iter"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// Servers list what has expired until they come round to delete it, minutes later or hours, while nothing
// else finds it any more. What is recorded beside an image tells when it ends; the record may be
// wrong, by the clock of who wrote it or because somebody changed the end since, so the server is asked.

// over tells whether an object has expired, by its record and the server's clock.
func (c *Client) over(o store.Object) bool {
	r, ok := name.ParseRecord(o.ContentType, o.Object)
	return ok && !r.Expires.IsZero() && !c.clock.Now().Before(r.Expires)
}

// mostOver is how many objects that seem to have expired are put aside until the server is asked for
// them, several at a time.
const mostOver = 256

// unexpired is a listing without what has expired. What seems to have, and has not, comes later than
// its turn.
func (c *Client) unexpired(ctx context.Context, listing iter.Seq2[store.Object, error]) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		var aside []store.Object
		flush := func() bool {
			there, err := c.stillThere(ctx, aside)
			aside = nil
			if err != nil {
				yield(store.Object{}, err)
				return false
			}
			for _, o := range there {
				if !yield(o, nil) {
					return false
				}
			}
			return true
		}
		for o, err := range listing {
			switch {
			case err == nil && c.over(o):
				if aside = append(aside, o); len(aside) == mostOver && !flush() {
					return
				}
			case !yield(o, err) || err != nil:
				return
			}
		}
		flush()
	}
}

// stillThere are the objects that the server finds, of those that seem to have expired. One that it may
// not be asked for counts as expired.
func (c *Client) stillThere(ctx context.Context, objects []store.Object) ([]store.Object, error) {
	found := make([]bool, len(objects))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(listers)
	for i, o := range objects {
		g.Go(func() error {
			_, err := c.store.Stat(gctx, o.Key)
			found[i] = err == nil
			if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDenied) {
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var there []store.Object
	for i, o := range objects {
		if found[i] {
			there = append(there, o)
		}
	}
	return there, nil
}
