package store

import (
	"context"
	"net/http"
	"strconv"

	"github.com/ncw/swift/v2"
)

// Quota is how much is used, and how much may be. A limit is -1 where there is none, or where
// whoever asks may not see it. What a server counts may lag behind what it stores, as the quota it
// enforces does too.
type Quota struct {
	Used, Limit          int64 // bytes
	Objects, ObjectLimit int64
}

// Fits tells whether n bytes more are within the quota.
func (q Quota) Fits(n int64) bool { return q.Limit < 0 || n <= q.Limit-q.Used }

// Quota asks by HEAD.
func (s *Swift) Quota(ctx context.Context, container string) (Quota, error) {
	kind := "Container"
	if container == "" {
		kind = "Account"
	}
	h, err := s.call(ctx, http.MethodHead, Key{Container: container}, nil, nil)
	return quotaIn(h, kind), err
}

// quotaIn reads the headers of an answer to HEAD. OpenStack Swift and RGW name them alike; a value
// that is no number, as an empty one, is no quota.
func quotaIn(h swift.Headers, kind string) Quota {
	q := Quota{Limit: -1, ObjectLimit: -1}
	for name, to := range map[string]*int64{
		"Bytes-Used": &q.Used, "Object-Count": &q.Objects, "Meta-Quota-Bytes": &q.Limit, "Meta-Quota-Count": &q.ObjectLimit,
	} {
		if n, err := strconv.ParseInt(h["X-"+kind+"-"+name], 10, 64); err == nil && n >= 0 {
			*to = n
		}
	}
	return q
}
