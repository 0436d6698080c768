package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// CleanRequest asks for what interrupted pushes left behind.
type CleanRequest struct {
	Collection string         `opt:"collection" complete:"collection" help:"only this collection"`
	Remove     bool           `opt:"remove" help:"delete it; without, it is only listed"`
	Older      *time.Duration `opt:"older" help:"only what nothing was added to for this long (default 1d); 0 takes what a push in progress has sent"`
}

// Leftover is a group of segments that no image uses, or of which that cannot be told.
type Leftover struct {
	Collection string    `json:"collection"`
	Object     string    `json:"object"`   // whose upload it was; empty when that is not known
	Folder     string    `json:"folder"`   // where the segments lie in the collection
	Segments   int       `json:"segments"` // how many
	Size       int64     `json:"size"`     // bytes in all
	Modified   time.Time `json:"modified"` // when the youngest was put there
	Removed    bool      `json:"removed"`
	Kept       string    `json:"kept"` // why it is kept although nothing is known to use it
}

// String is the folder, with what became of it.
func (l Leftover) String() string {
	s := l.Collection + "/" + l.Folder
	if l.Kept != "" {
		s += " (kept: " + l.Kept + ")"
	}
	return s
}

// defaultAge is how long nothing must have been added to an upload before it counts as left behind.
const defaultAge = 24 * time.Hour

// Clean lists the segments of uploads that no image of their collection uses, and deletes them when
// Remove is set. That none uses them is proved: a large object's ETag is the MD5 of its segments'
// hashes, which stand in their names. What cannot be proved is kept and said.
func (c *Client) Clean(ctx context.Context, r CleanRequest) ([]Leftover, error) {
	const op = "clean"
	collections := []string{r.Collection}
	if r.Collection == "" {
		all, err := c.Collections(ctx, CollectionsRequest{})
		if err != nil {
			return nil, renamed(err, op)
		}
		collections = nil
		for _, collection := range all {
			collections = append(collections, collection.Name)
		}
	} else if err := name.CheckCollection(r.Collection); err != nil {
		return nil, fail(op, r.Collection, refuse(Invalid, err, ""))
	}
	found := []Leftover{}
	for _, collection := range collections {
		some, err := c.cleanOne(ctx, collection, r)
		switch {
		case errors.Is(err, store.ErrNotFound) && r.Collection == "": // it went meanwhile
		case errors.Is(err, store.ErrNotFound):
			return found, fail(op, collection, notFound(place{name: name.Name{Collection: collection}, missing: true}))
		case err != nil && r.Collection == "" && errors.Is(err, store.ErrDenied):
			c.report.Warn(fmt.Sprintf("the collection %s may not be listed; it is left out", collection))
		case err != nil:
			return found, fail(op, collection, err)
		}
		found = append(found, some...)
	}
	return found, nil
}

func (c *Client) cleanOne(ctx context.Context, collection string, r CleanRequest) ([]Leftover, error) {
	uploads, odd, err := c.uploads(ctx, collection, transfer.SegmentsDir)
	if err != nil || len(uploads)+len(odd) == 0 {
		return nil, err
	}
	live, err := c.large(ctx, collection)
	if err != nil {
		return nil, err
	}
	var found []Leftover
	for _, u := range uploads {
		unused := unused(u, live, uploads)
		if len(unused) == 0 {
			continue
		}
		l := describeLeftover(collection, u.dir, unused)
		l.Object = u.object
		age := defaultAge
		if r.Older != nil {
			age = *r.Older
		}
		switch {
		case !u.provable() && !accounted(u, live, uploads):
			l.Kept = "too many uploads of one date and size to tell which an image uses"
		case unproved(u, live, uploads):
			l.Kept = "the image of that name uses segments of another place, or has lost one of these"
		case age > 0 && time.Since(u.youngest) < age:
			l.Kept = "a push may be in progress: the youngest segment came " + time.Since(u.youngest).Round(time.Second).String() + " ago"
		case r.Remove:
			if l.Removed, err = c.removeUnused(ctx, collection, u, unused, live); err != nil {
				return found, err
			}
			if !l.Removed {
				l.Kept = "the image of that name changed meanwhile"
			}
		}
		found = append(found, l)
	}
	if len(odd) > 0 {
		l := describeLeftover(collection, transfer.SegmentsDir, odd)
		l.Kept = "the names are not those of this shell"
		found = append(found, l)
	}
	return found, nil
}

// unused are the segments of an upload that none of the large objects is proved to use. An object
// that has segments of its own uses no others.
func unused(u *upload, live []store.Object, uploads []*upload) []store.Object {
	used := map[string]bool{}
	for _, o := range live {
		if o.Object != u.object && ownsSegments(o, uploads) {
			continue
		}
		for segment := range u.proof(o.ETag) {
			used[segment] = true
		}
	}
	var unused []store.Object
	for _, segment := range u.all() {
		if !used[segment.Object] {
			unused = append(unused, segment)
		}
	}
	return unused
}

// unproved tells whether a large image is there under the name of an upload of which nothing proves
// that it uses segments of any: they may be what is left of it.
func unproved(u *upload, live []store.Object, uploads []*upload) bool {
	return slices.ContainsFunc(live, func(o store.Object) bool {
		return o.Object == u.object && !slices.ContainsFunc(uploads, func(v *upload) bool { return v.proof(o.ETag) != nil })
	})
}

// accounted tells whether it is known of every large object which segments it uses, its own or those
// of this upload. The first is cheap to tell, the second is not where there are many.
func accounted(u *upload, live []store.Object, uploads []*upload) bool {
	return !slices.ContainsFunc(live, func(o store.Object) bool { return !ownsSegments(o, uploads) && u.proof(o.ETag) == nil })
}

// removeUnused deletes segments unless the image of their name is another than when it was looked.
func (c *Client) removeUnused(ctx context.Context, collection string, u *upload, unused, live []store.Object) (bool, error) {
	if u.object != "" {
		now, err := c.store.Stat(ctx, store.Key{Container: collection, Object: u.object})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return false, err
		}
		if err == nil && now.Large && !slices.ContainsFunc(live, func(o store.Object) bool { return o.Object == u.object && o.ETag == now.ETag }) {
			return false, nil
		}
	}
	return true, c.deleteObjects(ctx, unused)
}

func describeLeftover(collection, folder string, segments []store.Object) Leftover {
	l := Leftover{Collection: collection, Folder: strings.TrimSuffix(folder, "/"), Segments: len(segments)}
	for _, o := range segments {
		l.Size += max(0, o.Size)
		if o.Modified.After(l.Modified) {
			l.Modified = o.Modified
		}
	}
	return l
}
