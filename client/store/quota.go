package store

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/ncw/swift/v2"
)

// Quota is how much is used, and how much may be. A limit is -1 where there is none, or where
// whoever asks may not see it. What a server counts may lag behind what it stores, as the quota it
// enforces does too.
type Quota struct {
	Used, Limit          int64 // bytes
	Objects, ObjectLimit int64
	// Untold says that there may be a limit all the same: RGW holds a container to its quota and
	// tells nobody. Room finds out.
	Untold bool
}

// Fits tells whether n bytes more are within the quota.
func (q Quota) Fits(n int64) bool { return q.Limit < 0 || n <= q.Limit-q.Used }

// FitsObjects tells whether n objects more are within the quota.
func (q Quota) FitsObjects(n int64) bool {
	return q.ObjectLimit < 0 || n <= q.ObjectLimit-q.Objects
}

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
	_, untold := h["X-Container-Bytes-Used-Actual"] // which RGW alone has
	q.Untold = untold && q.Limit < 0
	return q
}

// answerTime is how long Room waits for a refusal, from when the server may read the body on: RGW
// says 100 before it looks at quotas, and has looked within some milliseconds.
const answerTime = 250 * time.Millisecond

// Room begins to store n bytes, sends none of them, and hangs up: a server looks at quotas first, and
// stores nothing that does not come. One PUT can only announce so many bytes.
func (s *Swift) Room(ctx context.Context, key Key, n int64) error {
	_, err := s.Put(ctx, key, &unsent{ctx}, 0, min(n, s.MaxObject()), Header{})
	if errors.Is(err, errUnsent) {
		return nil
	}
	return err
}

// errUnsent is why the body of a question is not sent.
var errUnsent = errors.New("nothing is sent, it was a question")

// unsent is a body that waits for an answer, and then has no bytes.
type unsent struct{ ctx context.Context }

func (u *unsent) ReadAt([]byte, int64) (int, error) {
	wait := time.NewTimer(answerTime)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-u.ctx.Done():
	}
	return 0, errUnsent
}
