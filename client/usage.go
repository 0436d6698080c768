package client

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// UsageRequest asks what is used of what may be.
type UsageRequest struct {
	Collection string `arg:"collection,optional" complete:"collection" help:"only this collection"`
}

// Usage is what one collection, or the account, holds and may hold, as the server counts it:
// segments and other objects are in it.
type Usage struct {
	Collection string `json:"collection"` // empty for the account
	Bytes      int64  `json:"bytes"`
	Quota      int64  `json:"quota"` // bytes; -1 when there is none, or the server keeps it to itself
	Objects    int64  `json:"objects"`
	MaxObjects int64  `json:"max_objects"` // -1 when there is no such quota
	Untold     bool   `json:"untold"`      // the server may hold it to a quota that it keeps to itself
}

// String names what is used.
func (u Usage) String() string {
	if u.Collection == "" {
		return "the account"
	}
	return u.Collection
}

// Usage tells what the account holds and may hold, and then each of its collections; or one
// collection alone, which is all that somebody with rights on it may ask.
func (c *Client) Usage(ctx context.Context, r UsageRequest) ([]Usage, error) {
	used, err := c.usage(ctx, strings.TrimSuffix(r.Collection, "/"))
	return used, fail("usage", r.Collection, err)
}

func (c *Client) usage(ctx context.Context, collection string) ([]Usage, error) {
	if collection != "" {
		if err := name.CheckCollection(collection); err != nil {
			return nil, refuse(Invalid, err, "")
		}
		q, err := c.store.Quota(ctx, collection)
		if errors.Is(err, store.ErrNotFound) {
			return nil, notFound(place{name: name.Name{Collection: collection}, missing: true})
		}
		return []Usage{usageOf(collection, q)}, err
	}
	q, err := c.store.Quota(ctx, "")
	if errors.Is(err, store.ErrDenied) {
		return nil, refuse(Denied, errors.New("this user may not see the account"), `usage("collection") asks one collection`)
	}
	if err != nil {
		return nil, err
	}
	used := []Usage{usageOf("", q)}
	for container, err := range c.store.Containers(ctx) {
		if err != nil {
			return nil, err
		}
		if name.CheckCollection(container.Name) == nil { // what no verb takes has no business on a terminal
			used = append(used, Usage{Collection: container.Name})
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(listers)
	for i := range used[1:] {
		u := &used[i+1]
		g.Go(func() error {
			q, err := c.store.Quota(gctx, u.Collection)
			*u = usageOf(u.Collection, q)
			if errors.Is(err, store.ErrNotFound) {
				return nil // it went meanwhile
			}
			return err
		})
	}
	return used, g.Wait()
}

func usageOf(collection string, q store.Quota) Usage {
	return Usage{Collection: collection, Bytes: q.Used, Quota: q.Limit, Objects: q.Objects, MaxObjects: q.ObjectLimit, Untold: q.Untold}
}
