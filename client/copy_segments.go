package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// copyLanes is how many segments of one image are copied at once.
const copyLanes = 8

// segments are the source's own segments in their order, when it is a large image that this shell
// pushed; nil when they are somewhere else. That they are the ones is proved by its ETag.
func (x *copying) segments(ctx context.Context) ([]store.Object, error) {
	if !x.o.Large {
		return nil, nil
	}
	uploads, err := x.from.uploadsOf(ctx, x.o.Key)
	if errors.Is(err, store.ErrDenied) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, u := range uploads {
		proved := u.proof(x.o.ETag)
		if proved == nil {
			continue
		}
		var own []store.Object
		for _, segment := range u.all() {
			if proved[segment.Object] {
				own = append(own, segment)
			}
		}
		slices.SortFunc(own, func(a, b store.Object) int { return strings.Compare(a.Object, b.Object) })
		return own, nil
	}
	return nil, nil
}

// serverSide lets the server copy each segment to where those of the target lie, and makes the
// manifest of them. Segments that are there already, of a copy that was interrupted, are skipped.
func (x *copying) serverSide(ctx context.Context, segments []store.Object) (o store.Object, used map[string]bool, err error) {
	dir, _, _, _ := transfer.ParseSegment(segments[0].Object)
	folder := transfer.ObjectDir(x.key.Object) + strings.TrimPrefix(dir, transfer.ObjectDir(x.o.Object))
	copies := make([]store.Segment, len(segments))
	used = map[string]bool{}
	for i, segment := range segments {
		_, _, md5, _ := transfer.ParseSegment(segment.Object)
		copies[i] = store.Segment{
			Key: store.Key{Container: x.key.Container, Object: transfer.SegmentName(folder, i, md5)}, MD5: md5, Size: segment.Size,
		}
		used[copies[i].Object] = true
	}
	t, err := x.target(ctx, folder, len(copies))
	if err != nil {
		return o, nil, err
	}
	anew := func(ctx context.Context, i int) error {
		segments[i].ETag = copies[i].MD5
		_, err := x.to.store.Copy(ctx, segments[i], copies[i].Key, x.segmentHeader())
		if errors.Is(err, store.ErrNotFound) {
			err = store.ErrChanged // the source was replaced, and its segments went
		}
		if err == nil {
			t.meter.Add(copies[i].Size)
		}
		return err
	}
	if err = t.all(ctx, copies, anew); err == nil {
		o, err = t.manifest(ctx, copies, imageOf(x.o).SHA256, anew)
	}
	return o, used, t.end(err)
}

func (x *copying) segmentHeader() store.Header {
	return store.Header{ContentType: segmentType, Expires: segmentExpiry(x.expires)}
}

// segmentTarget is where the segments of a copy go.
type segmentTarget struct {
	x     *copying
	there map[string]int64 // those that are there already, with their sizes
	kept  int64            // bytes of them
	done  atomic.Int64     // bytes that are there
	meter Meter

	longer outliving
}

// target looks at what is there of a copy in count segments, and whether there is room for the rest.
func (x *copying) target(ctx context.Context, folder string, count int) (*segmentTarget, error) {
	there, err := x.to.segmentsIn(ctx, x.key.Container, folder)
	if err != nil {
		return nil, err
	}
	t := &segmentTarget{x: x, there: there}
	for _, size := range there {
		t.kept += size
	}
	if err := x.to.checkRoom(ctx, x.key.Container, x.o.Size-min(t.kept, x.o.Size), max(0, count-len(there))+1); err != nil {
		return nil, err
	}
	if t.kept > 0 {
		x.to.report.Note(fmt.Sprintf("resuming %s: %s of %s may be there already", x.key, transfer.Bytes(t.kept), transfer.Bytes(x.o.Size)))
	}
	t.meter = x.to.report.Begin(Transfer{Verb: "copy", Label: x.key.String(), Size: x.o.Size})
	return t, nil
}

// all makes each segment that is not there, several at a time.
func (t *segmentTarget) all(ctx context.Context, segments []store.Segment, do func(ctx context.Context, i int) error) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(copyLanes)
	for i, segment := range segments {
		g.Go(func() error {
			if size, ok := t.there[segment.Object]; ok && size == segment.Size {
				kept, err := t.x.to.keepSegment(gctx, segment.Key, t.x.expires, &t.longer)
				if err != nil {
					return err
				}
				if kept {
					t.meter.Add(segment.Size)
					t.done.Add(segment.Size)
					return nil
				}
			}
			err := t.x.to.streams.Run(gctx, func() error { return do(gctx, i) })
			if err == nil {
				t.done.Add(segment.Size)
			}
			return err
		})
	}
	return g.Wait()
}

// manifest makes the copy of its segments, which are all there; anew makes one that is not any more.
func (t *segmentTarget) manifest(ctx context.Context, segments []store.Segment, sha256 string, anew func(ctx context.Context, i int) error) (store.Object, error) {
	o, err := t.x.to.manifest(ctx, t.x.key, segments, t.x.header(sha256), t.there, func(i int) error {
		return t.x.to.streams.Run(ctx, func() error { return anew(ctx, i) })
	})
	if err == nil {
		t.x.to.shorten(ctx, o, &t.longer, t.x.expires)
	}
	return o, err
}

// end closes the meter, and says of a failure what the next try can go on from.
func (t *segmentTarget) end(err error) error {
	t.meter.End(err)
	if done := t.done.Load(); err != nil && done > 0 && !errors.Is(err, store.ErrChanged) {
		err = hinted(err, fmt.Sprintf("%s of %s are kept in %s; copy again to go on", transfer.Bytes(done), transfer.Bytes(t.x.o.Size), t.x.key.Container))
	}
	return err
}
