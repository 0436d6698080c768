package store

import (
	"context"
	"fmt"
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

// Room is not asked, for that begins to write.
func (d DryRun) Room(context.Context, Key, int64) error { return nil }

// Copy says so, and describes what would be there.
func (d DryRun) Copy(_ context.Context, from Object, to Key, h Header) (Object, error) {
	d.Say("copy " + from.Key.String() + " to " + to.String())
	o := from
	o.Key, o.ContentType, o.Expires = to, h.ContentType, h.Expires
	return o, nil
}

// Describe says so.
func (d DryRun) Describe(_ context.Context, o Object, _ Header) error {
	d.Say("record what " + o.Key.String() + " is")
	return nil
}

// SetExpiry says so.
func (d DryRun) SetExpiry(_ context.Context, key Key, h Header) error {
	if h.Expires.IsZero() {
		d.Say("keep " + key.String() + " for good")
	} else {
		d.Say("let " + key.String() + " expire at " + h.Expires.UTC().Format("2006-01-02T15:04:05Z"))
	}
	return nil
}

// Access says what would be set, and describes it.
func (d DryRun) Access(ctx context.Context, container string, set *Grants) (Grants, error) {
	if set == nil {
		return d.Store.Access(ctx, container, nil)
	}
	if _, err := d.Store.Access(ctx, container, nil); err != nil {
		return Grants{}, err
	}
	d.Say(fmt.Sprintf("let the collection %s be %s", container, set))
	return *set, nil
}

// SetTempURLKey says so.
func (d DryRun) SetTempURLKey(context.Context) error {
	d.Say("give the account a key to sign URLs with")
	return nil
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
