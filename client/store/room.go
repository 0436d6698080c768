package store

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/ncw/swift/v2"
	"golang.org/x/sync/errgroup"
)

// Room is how much a container may still take, as far as the server tells.
type Room struct{ Container, Account Quota }

// Quota is a limit and what is used of it, in bytes. Limit is -1 where there is none, or where
// whoever asks may not see it.
type Quota struct{ Used, Limit int64 }

// Fits tells whether n bytes more are within the quota. What a server counts may lag behind what
// it stores, as the quota it enforces does too.
func (q Quota) Fits(n int64) bool { return q.Limit < 0 || n <= q.Limit-q.Used }

// Room asks the container and the account at once. Neither has to be there, or to be readable:
// what cannot be asked is no limit, and the server has the last word anyway.
func (s *Swift) Room(ctx context.Context, container string) (Room, error) {
	r := Room{Container: Quota{Limit: -1}, Account: Quota{Limit: -1}}
	g, gctx := errgroup.WithContext(ctx)
	for _, part := range []struct {
		key  Key
		kind string
		to   *Quota
	}{
		{Key{Container: container}, "Container", &r.Container},
		{Key{}, "Account", &r.Account},
	} {
		g.Go(func() error {
			h, err := s.call(gctx, http.MethodHead, part.key, nil, nil)
			if errors.Is(err, ErrNotFound) || errors.Is(err, ErrDenied) {
				return nil
			}
			if err == nil {
				*part.to = quotaIn(h, part.kind)
			}
			return err
		})
	}
	return r, g.Wait()
}

// quotaIn reads the headers of an answer to HEAD. OpenStack Swift and RGW name them alike; a
// value that is no number, as an empty one, is no quota.
func quotaIn(h swift.Headers, kind string) Quota {
	q := Quota{Limit: -1}
	used, err := strconv.ParseInt(h["X-"+kind+"-Bytes-Used"], 10, 64)
	if err != nil {
		return q
	}
	if limit, err := strconv.ParseInt(h["X-"+kind+"-Meta-Quota-Bytes"], 10, 64); err == nil && limit >= 0 {
		q.Used, q.Limit = used, limit
	}
	return q
}
