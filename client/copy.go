package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// CopyRequest asks for another image with the same bytes.
type CopyRequest struct {
	Source   string         `arg:"source" complete:"image" help:"the image: collection/image[:tag][@version]"`
	Target   string         `arg:"target" new:"true" complete:"image" help:"what to call the copy: collection/image[:tag]"`
	Move     bool           `opt:"move" help:"delete the source when the copy is there"`
	Force    bool           `opt:"force" help:"copy it even if the same bytes are there already"`
	IfAbsent bool           `opt:"if_absent" help:"fail if an image of that name is there, whatever it holds"`
	Expires  *time.Duration `opt:"expires" help:"let the server delete the copy after this time (default: never, also when the source expires)"`
	To       *Client        `opt:"to" help:"copy to the account of this client, as connect{...} makes one"`
	Jobs     int            `opt:"jobs" help:"how many images of a list are copied at once (default 4)"`
}

// Copy makes another image of the same bytes, and returns it. Within the account the server copies,
// a large image segment by segment: the copy owns its bytes, and deleting the source leaves them.
// To another account, bytes come through this side as a stream, and nothing is kept here.
// What is under the name is treated as by Push: replaced when the copy is complete; left alone when
// it holds the same bytes; Exists when it is another image. With Move the source is deleted then,
// if it is still what was copied.
func (c *Client) Copy(ctx context.Context, r CopyRequest) (Image, error) {
	to := r.To
	if to == nil {
		to = c
	}
	image, err := c.copyTo(ctx, to, r)
	return image, fail("copy", r.Source, err)
}

// CopyAll makes several copies; see batch for how failures are reported. Invalid, before anything is
// copied, when two sources would be one image, or one is what another would become.
func (c *Client) CopyAll(ctx context.Context, rs []CopyRequest) ([]Image, error) {
	err := apart("copy", rs, func(r CopyRequest) (*Client, string, string, name.Name, error) {
		n, err := pushName(PushRequest{Name: r.Target})
		return r.To, r.Source, r.Target, n, err
	})
	if err == nil {
		err = c.crossed(rs)
	}
	if err != nil {
		return nil, err
	}
	return batch(ctx, "copy", rs, jobs(rs, func(r CopyRequest) int { return r.Jobs }), c.Copy,
		func(_ CopyRequest, i Image) Image { return i })
}

// crossed refuses a list that reads what it also writes: which comes first is left to chance, and what was
// there may be gone before it is moved on.
func (c *Client) crossed(rs []CopyRequest) error {
	spelled := func(n name.Name) (objects []string) {
		for _, n := range []name.Name{n, n.Lower()} {
			for _, object := range append(n.Forms(), n.Raw) {
				objects = append(objects, n.Collection+"/"+object)
			}
		}
		return objects
	}
	read := map[string][]int{}
	for i, r := range rs {
		if n, err := name.Parse(r.Source); err == nil {
			for _, object := range spelled(n) {
				read[object] = append(read[object], i)
			}
		}
	}
	for i, r := range rs {
		m, err := pushName(PushRequest{Name: r.Target})
		if err != nil || r.To != nil && r.To != c {
			continue
		}
		for _, object := range spelled(m) {
			if slices.ContainsFunc(read[object], func(j int) bool { return j != i }) {
				return fail("copy", r.Target, refuse(Invalid, errors.New("the list copies it, too, and which comes first is left to chance"), "copy it in a call of its own before"))
			}
		}
	}
	return nil
}

// copyTo copies to an account of another client, or the own one.
func (c *Client) copyTo(ctx context.Context, to *Client, r CopyRequest) (Image, error) {
	n, err := name.Parse(r.Source)
	if err != nil {
		return Image{}, refuse(Invalid, err, "")
	}
	m, err := pushName(PushRequest{Name: r.Target})
	if err != nil {
		return Image{}, refuse(Invalid, err, "")
	}
	if _, err := to.expiry(r.Expires); err != nil {
		return Image{}, err
	}
	for again := 0; ; again++ {
		o, err := c.locate(ctx, n, r.Move)
		if err != nil {
			return Image{}, err
		}
		image, err := (&copying{from: c, to: to, request: r, o: o, version: n}).run(ctx, m)
		if !errors.Is(err, store.ErrChanged) || again == replacements {
			return image, err
		}
		c.report.Note(fmt.Sprintf("%s was replaced meanwhile; beginning anew", o.Key))
	}
}

// copying is one copy on its way.
type copying struct {
	from, to *Client
	request  CopyRequest
	version  name.Name    // as the source was asked for
	o        store.Object // the source, as a HEAD describes it

	place   place
	key     store.Key
	expires time.Time
	old     *store.Object // what is under the name before
}

func (x *copying) run(ctx context.Context, m name.Name) (Image, error) {
	source := imageOf(x.o)
	ext := name.Extension(x.o.Object)
	if ext == "" {
		ext = "sif"
	}
	p, err := x.to.resolve(ctx, m, func(n name.Name) string {
		object, _ := n.Object(x.to.cfg.Naming, ext) // what is wrong with it, target says
		return object
	})
	if err != nil {
		return Image{}, err
	}
	p.arch, p.id = source.Arch, source.ID
	x.place = p
	if x.key, err = x.to.target(p, PushRequest{IfAbsent: x.request.IfAbsent}, ext); err != nil {
		return Image{}, err
	}
	if x.from == x.to && x.key == x.o.Key {
		if x.request.Move || x.request.Expires != nil {
			return Image{}, refuse(Invalid, fmt.Errorf("%s is the image itself", x.key), "give the copy another name")
		}
		x.to.report.Note(fmt.Sprintf("%s is the image itself", x.key))
		return source, nil
	}
	old, err := x.to.replaced(ctx, p)
	if err != nil {
		return Image{}, err
	}
	x.old = old
	if x.expires, err = x.to.expiry(x.request.Expires); err != nil {
		return Image{}, err
	}
	o, there, err := x.present(ctx, old)
	if err != nil {
		return Image{}, err
	}
	if !there {
		if o, err = x.replace(ctx, old); err != nil {
			return Image{}, err
		}
	}
	if x.request.Move {
		if err := x.remove(ctx, o); err != nil {
			return Image{}, err
		}
	}
	return imageOf(o), nil
}

// present tells whether the target holds the source's bytes already, see keeps.
func (x *copying) present(ctx context.Context, old *store.Object) (store.Object, bool, error) {
	if old == nil || x.request.Force || !alike([]store.Object{x.o, *old}) && !x.copied(*old) {
		return store.Object{}, false, nil
	}
	return x.keeps(ctx, *old)
}

// keeps tells whether an object that holds the source's bytes can be left as it is: it is to stay as
// long, and has all of its segments.
func (x *copying) keeps(ctx context.Context, old store.Object) (store.Object, bool, error) {
	now, stays, err := x.to.stays(ctx, old, x.expires)
	if err == nil && stays {
		stays, err = x.to.whole(ctx, now)
	}
	if stays {
		x.to.report.Note(fmt.Sprintf("%s is there already, with the same bytes", old.Key))
	}
	return now, stays, err
}

// copied tells whether an object is a copy of the source as it is. The source of a copy that had no
// SHA-256 may be cut into other segments, and have another ETag.
func (x *copying) copied(o store.Object) bool {
	i := imageOf(o)
	return i.Source != "" && i.Source == x.o.ETag && i.Size == x.o.Size
}

// replace makes the copy, and lets the segments of what was there go.
func (x *copying) replace(ctx context.Context, old *store.Object) (store.Object, error) {
	if x.from.cfg.DryRun || x.to.cfg.DryRun {
		x.to.report.Plan(fmt.Sprintf("would copy %s to %s", x.o.Key, x.key))
		copied := x.o
		copied.Key, copied.ContentType = x.key, x.header(imageOf(x.o).SHA256).ContentType
		return copied, nil
	}
	if x.place.missing {
		if err := x.to.create(ctx, x.key.Container); err != nil {
			return store.Object{}, err
		}
	}
	o, keep, err := x.bytes(ctx)
	if err != nil {
		return store.Object{}, err
	}
	if old != nil && !(o.ETag == old.ETag && o.Modified.Equal(old.Modified)) {
		if err := x.to.release(ctx, *old, o.ETag, keep); err != nil {
			x.to.report.Warn(fmt.Sprintf("the segments of the image that was replaced are left in %s: %v; clean removes them", x.key.Container, err))
		}
	}
	return o, nil
}

// bytes brings the bytes: by the server where it can, else through this side.
func (x *copying) bytes(ctx context.Context) (o store.Object, keep map[string]bool, err error) {
	if x.from == x.to && !x.o.Large {
		o, err = x.whole(ctx)
		return o, nil, err
	}
	segments, err := x.segments(ctx)
	if err != nil {
		return o, nil, err
	}
	if x.from == x.to && segments != nil {
		return x.serverSide(ctx, segments)
	}
	return x.relay(ctx)
}

// whole lets the server copy one plain object.
func (x *copying) whole(ctx context.Context) (o store.Object, err error) {
	if err := x.to.checkRoom(ctx, x.key.Container, x.o.Size, 1); err != nil {
		return o, err
	}
	meter := x.to.report.Begin(Transfer{Verb: "copy", Label: x.key.String(), Size: x.o.Size})
	err = x.to.streams.Run(ctx, func() (err error) {
		o, err = x.to.store.Copy(ctx, x.o, x.key, x.header(imageOf(x.o).SHA256))
		return err
	})
	if err == nil {
		meter.Add(x.o.Size)
	}
	meter.End(err)
	return o, err
}

// header is what is stored beside the copy: the record of the source under its new name, if there
// is one.
func (x *copying) header(sha256 string) store.Header {
	h := store.Header{ContentType: segmentType, IfAbsent: x.request.IfAbsent, Expires: x.expires}
	if sha256 != "" {
		record := x.place.record(sha256, x.o.Size, x.to.clock.At(x.expires))
		if imageOf(x.o).SHA256 == "" {
			record.Source = x.o.ETag
		}
		h.ContentType, h.Meta = record.ContentType(), record.Meta()
	}
	return h
}

// remove deletes the source of a move, if it is still what was copied and not the copy itself.
func (x *copying) remove(ctx context.Context, copied store.Object) error {
	if x.from != x.to && x.key == x.o.Key && !x.to.cfg.DryRun {
		there, err := x.to.store.Stat(ctx, x.key)
		if err != nil {
			return err
		}
		if there.ETag == x.o.ETag && there.Modified.Equal(x.o.Modified) {
			return refuse(Invalid, fmt.Errorf("%s is the image itself: both clients use one account", x.key), "give the copy another name")
		}
	}
	now, err := x.from.store.Stat(ctx, x.o.Key)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if now.ETag != x.o.ETag || !now.Modified.Equal(x.o.Modified) {
		return refuse(Unavailable, fmt.Errorf("the copy %s is there, but %s was replaced meanwhile and stays", copied.Key, x.o.Key), "move it again")
	}
	if err := x.from.store.Delete(ctx, x.o.Key); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := x.from.release(ctx, x.o, "", nil); err != nil {
		x.from.report.Warn(fmt.Sprintf("its segments are left in %s: %v; clean removes them", x.o.Container, err))
	}
	return nil
}
