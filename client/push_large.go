package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// pushLarge uploads a file in segments below .segments/ of the same collection, so that rights,
// quotas and policies of the collection hold for them, and then the manifest that makes them one
// object. A segment whose name is there already, with its hash in it, is not sent again: that is
// how a push that was interrupted goes on. Nothing that lies under the image's name is touched
// before the manifest. It returns the object and the names of its segments.
func (c *Client) pushLarge(ctx context.Context, p place, key store.Key, f *os.File, info os.FileInfo, plan transfer.Plan, h store.Header) (o store.Object, used map[string]bool, err error) {
	if c.cfg.DryRun {
		o, err = c.store.Put(ctx, key, f, 0, plan.Size, store.Header{})
		return o, nil, err
	}
	dir := plan.UploadDir(key.Object, info.ModTime())
	there, err := c.segmentsIn(ctx, key.Container, dir)
	if err != nil {
		return o, nil, err
	}
	up := &segmentUpload{c: c, f: f, container: key.Container, dir: dir, there: there, expires: h.Expires}
	kept, count := up.kept(plan)
	if kept > 0 {
		c.report.Note(fmt.Sprintf("resuming %s: %s of %s may be there already", key, transfer.Bytes(kept), transfer.Bytes(plan.Size)))
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	if up.room, err = c.beginRoom(asking, key.Container, plan.Size-kept, plan.Count-count+1); err != nil {
		return o, nil, err
	}
	meter := c.report.Begin(Transfer{Verb: "push", Label: key.String(), Size: plan.Size})
	up.meter = meter
	md5s, sha, err := transfer.Upload{Plan: plan, Source: f, Send: up.send}.Run(ctx)
	if (err == nil || errors.Is(err, store.ErrDamaged)) && changed(f, info) {
		err = fileChanged()
	}
	if err == nil {
		record := p.record(sha, plan.Size, c.clock.At(h.Expires))
		segments := up.manifest(plan, md5s)
		used = map[string]bool{}
		for _, segment := range segments {
			used[segment.Object] = true
		}
		h.ContentType, h.Meta = record.ContentType(), record.Meta()
		o, err = c.manifest(ctx, key, segments, h, there, func(i int) error {
			off, n := plan.Span(i)
			return up.store(ctx, segments[i].Key, off, n, md5s[i])
		})
	}
	if err == nil {
		c.shorten(ctx, o, &up.longer, h.Expires)
	}
	meter.End(err)
	if up.skipped > 0 && err == nil {
		c.report.Note(fmt.Sprintf("%s of %s were there already", transfer.Bytes(up.skipped), transfer.Bytes(plan.Size)))
	}
	if err != nil && up.done > 0 {
		next := "push again to go on"
		if errors.Is(err, store.ErrFull) {
			next = "push again when there is room to go on, or let clean remove them"
		}
		err = hinted(err, fmt.Sprintf("%s of %s are kept in %s; %s", transfer.Bytes(up.done), transfer.Bytes(plan.Size), key.Container, next))
	}
	return o, used, err
}

// segmentUpload sends the segments of one file.
type segmentUpload struct {
	c         *Client
	f         *os.File
	container string
	dir       string
	there     map[string]int64 // segments by name that are there already, with their sizes
	expires   time.Time        // of the image
	meter     Meter
	room      func() error // waits for what the server says of room for all of it
	longer    outliving

	mu            sync.Mutex
	skipped, done int64 // bytes
}

// kept is how much of the plan may be there already, in how many segments: which of it is right, the
// hashes tell.
func (u *segmentUpload) kept(plan transfer.Plan) (n int64, count int) {
	seen := map[int]bool{}
	for object, size := range u.there {
		if _, i, _, ok := transfer.ParseSegment(object); ok && i < plan.Count && !seen[i] {
			seen[i] = true
			n += size
		}
	}
	return n, len(seen)
}

func (u *segmentUpload) send(ctx context.Context, i int, off, n int64, md5 string) error {
	if err := u.room(); err != nil {
		return err
	}
	object := transfer.SegmentName(u.dir, i, md5)
	key := store.Key{Container: u.container, Object: object}
	if size, ok := u.there[object]; ok && size == n {
		kept, err := u.c.keepSegment(ctx, key, u.expires, &u.longer)
		if err != nil {
			return err
		}
		if kept {
			u.meter.Add(n)
			u.count(n, n)
			return nil
		}
	}
	err := u.store(ctx, key, off, n, md5)
	if err == nil {
		u.count(0, n)
	}
	return err
}

func (u *segmentUpload) store(ctx context.Context, key store.Key, off, n int64, md5 string) error {
	return u.c.streams.Run(ctx, func() error {
		_, err := u.c.store.Put(ctx, key,
			transfer.Metered(transfer.Section{File: u.f, Off: off}, u.meter.Add), 0, n,
			store.Header{ContentType: segmentType, MD5: md5, Expires: segmentExpiry(u.expires)})
		return err
	})
}

func (u *segmentUpload) count(skipped, done int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.skipped += skipped
	u.done += done
}

// segmentType is the Content-Type of a segment.
const segmentType = "application/octet-stream"

func (u *segmentUpload) manifest(plan transfer.Plan, md5s []string) []store.Segment {
	out := make([]store.Segment, plan.Count)
	for i, md5 := range md5s {
		_, n := plan.Span(i)
		out[i] = store.Segment{Key: store.Key{Container: u.container, Object: transfer.SegmentName(u.dir, i, md5)}, MD5: md5, Size: n}
	}
	return out
}

// segmentsIn are the names and sizes of the segments below a folder.
func (c *Client) segmentsIn(ctx context.Context, container, dir string) (map[string]int64, error) {
	there := map[string]int64{}
	for o, err := range c.store.List(ctx, container, store.Listing{Prefix: dir}) {
		if err != nil {
			if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDenied) {
				return nil, nil // a new collection, or one where we may write but not list
			}
			return nil, err
		}
		there[o.Object] = o.Size
	}
	return there, nil
}

// manifest makes a large object of segments. Of those that were there before, somebody who replaces or
// deletes the image at the same time may have deleted some, as that image's: they are stored anew.
func (c *Client) manifest(ctx context.Context, key store.Key, segments []store.Segment, h store.Header, before map[string]int64, anew func(i int) error) (o store.Object, err error) {
	for range replacements + 1 {
		o, err = c.store.PutManifest(ctx, key, segments, h)
		if len(before) == 0 || err != nil && !errors.Is(err, store.ErrDamaged) {
			return o, err
		}
		dir, _, _, _ := transfer.ParseSegment(segments[0].Object)
		now, listErr := c.segmentsIn(ctx, key.Container, dir)
		if listErr != nil || now == nil {
			return o, err
		}
		g, whole := errgroup.Group{}, true
		g.SetLimit(listers)
		for i, segment := range segments {
			_, was := before[segment.Object]
			if _, is := now[segment.Object]; was && !is {
				whole = false
				g.Go(func() error { return anew(i) })
			}
		}
		if failed := g.Wait(); failed != nil {
			return o, failed
		}
		if whole || err == nil {
			return o, err
		}
	}
	return o, err
}
