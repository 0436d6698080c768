package store

import (
	"context"
	"io"
)

// DryRun reads, and says what it would write instead of writing. Because it is a decorator, no
// verb can forget it.
type DryRun struct {
	Store
	// Say is told what would have been done: "create collection lab", "delete lab/x-latest.sif".
	Say func(what string)
}

// Put says so, and describes what would be there.
func (d DryRun) Put(_ context.Context, key Key, _ io.ReaderAt, _, n int64, h Header) (Object, error) {
	d.Say("store " + key.String())
	return Object{Key: key, Size: n, ETag: h.MD5, ContentType: h.ContentType}, nil
}

// PutManifest says so, and describes what would be there.
func (d DryRun) PutManifest(_ context.Context, key Key, segments []Segment, h Header) (Object, error) {
	d.Say("store " + key.String())
	o := Object{Key: key, ContentType: h.ContentType, Large: true}
	md5s := make([]string, len(segments))
	for i, s := range segments {
		o.Size += s.Size
		md5s[i] = s.MD5
	}
	o.ETag = LargeETag(md5s)
	return o, nil
}

// Delete says so if there is something to delete.
func (d DryRun) Delete(ctx context.Context, key Key) error {
	if _, err := d.Stat(ctx, key); err != nil {
		return err
	}
	d.Say("delete " + key.String())
	return nil
}

// CreateContainer says so.
func (d DryRun) CreateContainer(_ context.Context, container string) error {
	d.Say("create collection " + container)
	return nil
}
