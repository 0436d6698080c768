package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
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
	home     string // the folder of all uploads of the object it was made for
	object   string // that object; empty when the folder does not tell
	plan     transfer.Plan
	places   [][]store.Object
	youngest time.Time
}

// of tells whether it was made for an object. What lies below the folder of an object's uploads need not
// be: that of a is above that of a/b.
func (u *upload) of(object string) bool { return u.home == transfer.ObjectDir(object) }

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

// proof is the segments that make up the large object with that ETag, by name; nil when these do not.
func (u *upload) proof(etag string) map[string]bool { return u.holding(u.hashes(etag)) }

// holding is the segments with these hashes, by name; nil when one of them is not there.
func (u *upload) holding(md5s []string) map[string]bool {
	if len(md5s) == 0 || len(md5s) != u.plan.Count || len(u.places) < u.plan.Count {
		return nil
	}
	names := map[string]bool{}
	for i, md5 := range md5s {
		object := transfer.SegmentName(u.dir, i, md5)
		if !slices.ContainsFunc(u.places[i], func(o store.Object) bool { return o.Object == object }) {
			return nil
		}
		names[object] = true
	}
	return names
}

// hashes are those of the segments that make up the large object with that ETag, in their order; nil when
// these do not. The ETag is the MD5 of the segments' hashes, which stand in their names.
func (u *upload) hashes(etag string) []string {
	if etag == "" || len(u.places) < u.plan.Count || slices.ContainsFunc(u.places, func(v []store.Object) bool { return len(v) == 0 }) {
		return nil
	}
	md5s := make([]string, u.plan.Count)
	for chosen := range u.choices() {
		for i, segment := range chosen {
			_, _, md5s[i], _ = transfer.ParseSegment(segment.Object)
		}
		if store.LargeETag(md5s) == etag {
			return md5s
		}
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
		if !ok || !known || i >= plan.Count || plan.Count > store.MaxSegments {
			odd = append(odd, o)
			continue
		}
		u := byDir[dir]
		if u == nil {
			u = &upload{dir: dir, home: transfer.Home(dir), object: object, plan: plan}
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

// uploadsOf are the uploads of one object.
func (c *Client) uploadsOf(ctx context.Context, key store.Key) ([]*upload, error) {
	found, _, err := c.uploads(ctx, key.Container, transfer.ObjectDir(key.Object))
	return slices.DeleteFunc(found, func(u *upload) bool { return !u.of(key.Object) }), err
}

// large are the large objects of a collection, with their ETags. Where a listing does not tell, it
// asks for each, as of those that seem to have expired. One that is listed and that the server does not
// find, for its first segment is lost, has none: which segments it uses, nobody knows.
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
					listed := o
					now, err := c.store.Stat(gctx, listed.Key)
					if errors.Is(err, store.ErrNotFound) {
						if c.over(listed) {
							return nil
						}
						now, err = store.Object{Key: listed.Key, ContentType: listed.ContentType, Large: true}, nil
					}
					if err == nil && now.Large {
						mu.Lock()
						out = append(out, now)
						mu.Unlock()
					}
					return err
				})
			}
		}
	}
	return out, g.Wait()
}

// ownSegments are the hashes of the segments of its own that a large object has among its uploads, so that
// it needs those of no other object with the same bytes; nil when it has none. Its record must name it,
// which that of a manifest that another tool copied does not.
func ownSegments(o store.Object, its []*upload) []string {
	if _, ok := name.ParseRecord(o.ContentType, o.Object); !ok {
		return nil
	}
	for _, u := range its {
		if md5s := u.hashes(o.ETag); md5s != nil {
			return md5s
		}
	}
	return nil
}

// whole tells whether a large image has all of its segments: a listing of them proves it. It is true as
// well where nobody can tell, for somebody who may not list them. A HEAD tells nothing of that.
func (c *Client) whole(ctx context.Context, o store.Object) (bool, error) {
	if !o.Large {
		return true, nil
	}
	uploads, err := c.uploadsOf(ctx, o.Key)
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

// lent are the segments of an object's uploads that other objects of its collection are proved to use:
// manifests that somebody copied, of the object as it is, or as it was once.
func (c *Client) lent(ctx context.Context, o store.Object, uploads []*upload) (map[string]bool, error) {
	others, err := c.large(ctx, o.Container)
	if err != nil {
		return nil, err
	}
	lent := map[string]bool{}
	for _, other := range others {
		if other.Object == o.Object {
			continue
		}
		used := map[string]bool{}
		for _, u := range uploads {
			if other.ETag == o.ETag || other.Size < 0 || other.Size == u.plan.Size {
				maps.Copy(used, u.proof(other.ETag))
			}
		}
		if len(used) == 0 {
			continue
		}
		its, err := c.uploadsOf(ctx, other.Key)
		if err != nil {
			return nil, err
		}
		if ownSegments(other, its) == nil {
			maps.Copy(lent, used)
		}
	}
	return lent, nil
}

// release deletes the segments of a large object that was replaced or deleted, but for those in
// keep. It does so only when they are proved to have been that object's, when no other object of
// the collection uses them, and when what lies under the name now is what it should be: the object
// with the ETag live, or nothing. What cannot be proved is left to clean.
func (c *Client) release(ctx context.Context, old store.Object, live string, keep map[string]bool) error {
	if !old.Large || old.ETag == live {
		return nil
	}
	uploads, err := c.uploadsOf(ctx, old.Key)
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
	lent, err := c.lent(ctx, old, uploads)
	if err != nil {
		return err
	}
	gone = slices.DeleteFunc(gone, func(segment store.Object) bool { return lent[segment.Object] })
	for some := range slices.Chunk(gone, listers) {
		now, err := c.store.Stat(ctx, old.Key)
		switch {
		case errors.Is(err, store.ErrNotFound) && live == "":
		case err != nil:
			return err
		case live == "" || now.ETag != live:
			return nil // somebody else pushed meanwhile, and may use what is left
		}
		if err := c.deleteObjects(ctx, some); err != nil {
			return err
		}
	}
	return nil
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
