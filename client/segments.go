package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// upload is what lies in the folder of one upload: for each place of its plan the segments that
// are there. There may be several for a place, when files of one date and size held different bytes.
type upload struct {
	dir      string
	object   string // the object it was made for; empty when the folder does not tell
	plan     transfer.Plan
	places   [][]store.Object
	youngest time.Time
}

// maxProofs is how many ways of choosing one segment a place are tried.
const maxProofs = 4096

// provable tells whether all ways to make an object of the segments are tried, so that one which
// nothing proves is made of others.
func (u *upload) provable() bool {
	ways := 1
	for _, variants := range u.places {
		if ways *= max(1, len(variants)); ways > maxProofs {
			return false
		}
	}
	return true
}

// proof is the segments that make up the large object with that ETag, by name; nil when these do
// not. The ETag is the MD5 of the segments' hashes, which stand in their names.
func (u *upload) proof(etag string) map[string]bool {
	if etag == "" || len(u.places) < u.plan.Count || slices.ContainsFunc(u.places, func(v []store.Object) bool { return len(v) == 0 }) {
		return nil
	}
	md5s := make([]string, u.plan.Count)
	for chosen := range u.choices() {
		for i, segment := range chosen {
			_, _, md5s[i], _ = transfer.ParseSegment(segment.Object)
		}
		if store.LargeETag(md5s) != etag {
			continue
		}
		names := map[string]bool{}
		for _, segment := range chosen {
			names[segment.Object] = true
		}
		return names
	}
	return nil
}

// choices are the ways to take one segment for each place. First what lay in all of them at a time,
// for each time at which one of several came, which finds what pushes one after the other made, however
// many segments they have; then all ways, where these are few.
func (u *upload) choices() iter.Seq[[]store.Object] {
	return func(yield func([]store.Object) bool) {
		chosen := make([]store.Object, len(u.places))
		for _, at := range u.times() {
			for i, variants := range u.places {
				chosen[i] = variants[0]
				for _, segment := range variants[1:] {
					if later := segment.Modified.After(chosen[i].Modified); later && !segment.Modified.After(at) || !later && chosen[i].Modified.After(at) {
						chosen[i] = segment
					}
				}
			}
			if !yield(chosen) {
				return
			}
		}
		if !u.provable() {
			return
		}
		var all func(i int) bool
		all = func(i int) bool {
			if i == len(u.places) {
				return yield(chosen)
			}
			for _, segment := range u.places[i] {
				if chosen[i] = segment; !all(i + 1) {
					return false
				}
			}
			return true
		}
		all(0)
	}
}

// times are when the segments came of which there are several for a place.
func (u *upload) times() []time.Time {
	var times []time.Time
	for _, variants := range u.places {
		if len(variants) > 1 {
			for _, segment := range variants {
				times = append(times, segment.Modified)
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

func (u *upload) all() []store.Object { return slices.Concat(u.places...) }

// uploads reads the segments below a folder of a collection. Objects that are no segments of ours
// are odd.
func (c *Client) uploads(ctx context.Context, container, below string) (found []*upload, odd []store.Object, err error) {
	byDir := map[string]*upload{}
	for o, err := range c.store.List(ctx, container, store.Listing{Prefix: below}) {
		if err != nil {
			return nil, nil, err
		}
		dir, i, _, ok := transfer.ParseSegment(o.Object)
		object, plan, known := transfer.ParseUpload(dir)
		if !ok || !known || i >= plan.Count {
			odd = append(odd, o)
			continue
		}
		u := byDir[dir]
		if u == nil {
			u = &upload{dir: dir, object: object, plan: plan}
			byDir[dir] = u
			found = append(found, u)
		}
		for len(u.places) <= i {
			u.places = append(u.places, nil)
		}
		u.places[i] = append(u.places[i], o)
		if o.Modified.After(u.youngest) {
			u.youngest = o.Modified
		}
	}
	return found, odd, nil
}

// large are the large objects of a collection, with their ETags. Where a listing does not tell, it
// asks for each, as of those that seem to have expired.
func (c *Client) large(ctx context.Context, container string) ([]store.Object, error) {
	var mu sync.Mutex
	var out []store.Object
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(listers)
	for _, part := range []store.Listing{{Before: segmentsDir}, {After: afterSegments}} {
		for o, err := range c.store.List(ctx, container, part) {
			if err != nil {
				return nil, errors.Join(err, g.Wait())
			}
			switch {
			case o.Large && !c.over(o):
				mu.Lock()
				out = append(out, o)
				mu.Unlock()
			case o.Large, o.Size < 0:
				g.Go(func() error {
					o, err := c.store.Stat(gctx, o.Key)
					if errors.Is(err, store.ErrNotFound) {
						return nil
					}
					if err == nil && o.Large {
						mu.Lock()
						out = append(out, o)
						mu.Unlock()
					}
					return err
				})
			}
		}
	}
	return out, g.Wait()
}

// ownsSegments tells whether a large object has segments of its own among these uploads, so that
// it needs those of no other object with the same bytes. Its record must name it, which that of a
// manifest that another tool copied does not.
func ownsSegments(o store.Object, uploads []*upload) bool {
	if _, ok := name.ParseRecord(o.ContentType, o.Object); !ok {
		return false
	}
	return slices.ContainsFunc(uploads, func(u *upload) bool { return u.object == o.Object && u.proof(o.ETag) != nil })
}

// whole tells whether a large image has all of its segments: a listing of them proves it. It is true as
// well where nobody can tell, for somebody who may not list them. A HEAD tells nothing of that.
func (c *Client) whole(ctx context.Context, o store.Object) (bool, error) {
	if !o.Large {
		return true, nil
	}
	uploads, _, err := c.uploads(ctx, o.Container, transfer.ObjectDir(o.Object))
	if errors.Is(err, store.ErrDenied) || errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	if err != nil || slices.ContainsFunc(uploads, func(u *upload) bool { return !u.provable() || u.proof(o.ETag) != nil }) {
		return err == nil, err
	}
	c.report.Warn(fmt.Sprintf("%s has lost segments; what is missing is sent again", o.Key))
	return false, nil
}

// gone is why an object is not to be had that a HEAD did not find: err, unless it is listed all the same,
// as large objects are. Some servers know nothing of one whose first segment is lost, and it is
// store.ErrLost then. One that has expired is listed for a while, too, and is not to be had.
func (c *Client) gone(ctx context.Context, key store.Key, err error) error {
	for o, listErr := range c.store.List(ctx, key.Container, store.Listing{Prefix: key.Object}) {
		if listErr != nil || o.Object != key.Object || o.Size >= 0 { // its own name is the first with that prefix
			return err
		}
		if c.over(o) {
			return err
		}
		return fmt.Errorf("%w: it is listed, and the server finds nothing", store.ErrLost)
	}
	return err
}

// release deletes the segments of a large object that was replaced or deleted, but for those in
// keep. It does so only when they are proved to have been that object's, when no other object of
// the collection uses them, and when what lies under the name now is what it should be: the object
// with the ETag live, or nothing. What cannot be proved is left to clean.
func (c *Client) release(ctx context.Context, old store.Object, live string, keep map[string]bool) error {
	if !old.Large || old.ETag == live {
		return nil
	}
	uploads, _, err := c.uploads(ctx, old.Container, transfer.ObjectDir(old.Object))
	if err != nil {
		return err
	}
	var gone []store.Object
	for _, u := range uploads {
		proved := u.proof(old.ETag)
		for _, segment := range u.all() {
			if proved[segment.Object] && !keep[segment.Object] {
				gone = append(gone, segment)
			}
		}
	}
	if len(gone) == 0 {
		return nil
	}
	others, err := c.large(ctx, old.Container)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ETag != old.ETag || o.Object == old.Object {
			continue
		}
		own, _, err := c.uploads(ctx, o.Container, transfer.ObjectDir(o.Object))
		if err != nil {
			return err
		}
		if !ownsSegments(o, own) {
			return nil // a manifest that somebody copied
		}
	}
	now, err := c.store.Stat(ctx, old.Key)
	switch {
	case errors.Is(err, store.ErrNotFound) && live == "":
	case err != nil:
		return err
	case live == "" || now.ETag != live:
		return nil // somebody else pushed meanwhile
	}
	return c.deleteObjects(ctx, gone)
}

// deleteObjects deletes objects, several at a time. One that is gone already is fine.
func (c *Client) deleteObjects(ctx context.Context, objects []store.Object) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(listers)
	for _, o := range objects {
		g.Go(func() error {
			if err := c.store.Delete(gctx, o.Key); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			return nil
		})
	}
	return g.Wait()
}
