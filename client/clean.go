package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	users := usersOf(live, uploads)
	var found []Leftover
	for _, u := range uploads {
		unused := unused(u, users)
		if len(unused) == 0 {
			continue
		}
		l := describeLeftover(collection, u.dir, unused)
		l.Object = u.object
		age := defaultAge
		if r.Older != nil {
			age = *r.Older
		}
		since := c.clock.Now().Sub(u.youngest)
		switch {
		case !u.provable() && !accounted(u, users):
			l.Kept = "too many uploads of one date and size to tell which an image uses"
		case unproved(u, users, uploads):
			l.Kept = "the image of that name uses segments of another place, or has lost one of these"
		case age > 0 && since < age:
			l.Kept = "a push may be in progress: the youngest segment came " + since.Round(time.Second).String() + " ago"
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

// user is a large object, with the hashes of its segments where it has some of its own.
type user struct {
	home string // where its uploads lie
	etag string
	own  []string
}

// usersOf finds for each large object whether it has segments of its own among the uploads.
func usersOf(live []store.Object, uploads []*upload) []user {
	homes := map[string][]*upload{}
	for _, u := range uploads {
		homes[u.home] = append(homes[u.home], u)
	}
	users := make([]user, len(live))
	for i, o := range live {
		home := transfer.ObjectDir(o.Object)
		users[i] = user{home, o.ETag, ownSegments(o, homes[home])}
	}
	return users
}

// uses is the segments of an upload that a large object is proved to use; nil when nothing is. An object
// that has segments of its own uses no others; it may have them twice, from two files with the same bytes.
func (o user) uses(u *upload) map[string]bool {
	switch {
	case o.own == nil:
		return u.proof(o.etag)
	case u.home == o.home:
		return u.holding(o.own)
	}
	return nil
}

// unused are the segments of an upload that none of the large objects is proved to use.
func unused(u *upload, users []user) []store.Object {
	used := map[string]bool{}
	for _, o := range users {
		maps.Copy(used, o.uses(u))
	}
	return slices.DeleteFunc(u.all(), func(segment store.Object) bool { return used[segment.Object] })
}

// unproved tells whether a large image is there under the name of an upload of which nothing proves
// that it uses segments of any: they may be what is left of it.
func unproved(u *upload, users []user, uploads []*upload) bool {
	return slices.ContainsFunc(users, func(o user) bool {
		return u.home == o.home && o.own == nil && !slices.ContainsFunc(uploads, func(v *upload) bool { return v.proof(o.etag) != nil })
	})
}

// accounted tells whether it is known of every large object which segments it uses, its own or those
// of this upload.
func accounted(u *upload, users []user) bool {
	return !slices.ContainsFunc(users, func(o user) bool { return o.own == nil && u.proof(o.etag) == nil })
}

// removeUnused deletes segments unless the image of their name is another than when it was looked.
func (c *Client) removeUnused(ctx context.Context, collection string, u *upload, unused, live []store.Object) (bool, error) {
	now, err := c.imagesOf(ctx, collection, u)
	if err != nil {
		return false, err
	}
	for _, o := range now {
		if !slices.ContainsFunc(live, func(seen store.Object) bool { return seen.Object == o.Object && seen.ETag == o.ETag }) {
			return false, nil
		}
	}
	return true, c.deleteObjects(ctx, unused)
}

// imagesOf is the large image of the name that an upload was made for; none when it is not there.
func (c *Client) imagesOf(ctx context.Context, collection string, u *upload) ([]store.Object, error) {
	if u.object == "" {
		live, err := c.large(ctx, collection)
		return slices.DeleteFunc(live, func(o store.Object) bool { return !u.of(o.Object) }), err
	}
	now, err := c.store.Stat(ctx, store.Key{Container: collection, Object: u.object})
	if errors.Is(err, store.ErrNotFound) || err == nil && !now.Large {
		return nil, nil
	}
	return []store.Object{now}, err
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
