package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// PushRequest asks to upload one image file.
type PushRequest struct {
	Path     string `arg:"path" complete:"file" help:"the image file to upload"`
	Name     string `arg:"name" cli:"name" new:"true" complete:"image" help:"what to call it: collection/image[:tag]"`
	Tag      string `opt:"tag" help:"the tag, when the name has none"`
	Force    bool   `opt:"force" help:"send it even if the same bytes are there already"`
	IfAbsent bool   `opt:"if_absent" help:"fail if an image of that name is there, whatever it holds"`
	Segment  int64  `opt:"segment_size" unit:"bytes" help:"size of a segment, as 64M; larger files go in several (default: from 256 MiB on, 64 MiB or more)"`
	Jobs     int    `opt:"jobs" help:"how many images of a list move at once (default 4)"`

	Expires *time.Duration `opt:"expires" help:"let the server delete it after this time: 12h, 30d"`
}

// Push uploads one image file and returns the image. The collection is made if it is not there. An
// image of that name is replaced where it is, when the new one is complete; when it holds the same
// bytes, nothing is sent. Exists when another image lies under that object name, or with IfAbsent
// any; Invalid for a file that is none or changes while it is sent.
func (c *Client) Push(ctx context.Context, r PushRequest) (Image, error) {
	image, err := c.push(ctx, r)
	return image, fail("push", r.Name, err)
}

// PushAll uploads several; see batch for how failures are reported. Invalid, before anything is
// sent, when two files would be one image.
func (c *Client) PushAll(ctx context.Context, rs []PushRequest) ([]Image, error) {
	err := apart("push", rs, func(r PushRequest) (*Client, string, string, name.Name, error) {
		n, err := pushName(r)
		return c, r.Path, r.Name, n, err
	})
	if err != nil {
		return nil, err
	}
	return batch(catalogued(ctx, rs, pushName), "push", rs, jobs(rs, func(r PushRequest) int { return r.Jobs }), c.Push,
		func(_ PushRequest, i Image) Image { return i })
}

func (c *Client) push(ctx context.Context, r PushRequest) (Image, error) {
	n, err := pushName(r)
	if err != nil {
		return Image{}, refuse(Invalid, err, "")
	}
	if limit := c.store.MaxObject(); r.Segment < 0 || r.Segment > limit {
		return Image{}, refuse(Invalid, fmt.Errorf("segment_size is %d, and a segment has from 1 to %d bytes", r.Segment, limit), "")
	}
	f, before, err := openImage(r.Path)
	if err != nil {
		return Image{}, err
	}
	defer f.Close()
	ext, err := c.extension(r.Path, f)
	if err != nil {
		return Image{}, err
	}
	p, err := c.resolve(ctx, n, func(n name.Name) string {
		object, _ := n.Object(c.cfg.Naming, ext) // what is wrong with it, target says
		return object
	})
	if err != nil {
		return Image{}, err
	}
	p.arch, p.id = imagefile.Identify(f, before.Size())
	key, err := c.target(p, r, ext)
	if err != nil {
		return Image{}, err
	}
	old, err := c.replaced(ctx, p)
	if err != nil {
		return Image{}, err
	}
	expires, err := c.expiry(r.Expires)
	if err != nil {
		return Image{}, err
	}
	plan := transfer.NewPlan(before.Size(), r.Segment)
	if plan.Segment > c.store.MaxObject() {
		return Image{}, refuse(Invalid, fmt.Errorf("%s has %s, which is more than storage takes in %d segments", r.Path, transfer.Bytes(plan.Size), plan.Count), "")
	}
	var sum transfer.Sum
	// A small file is hashed before it is sent; a large one only if it may be there already.
	if plan.Count == 0 || old != nil && !r.Force && maySame(*old, before.Size()) {
		if sum, err = c.hash(ctx, r, f, before.Size()); err != nil {
			return Image{}, err
		}
		if old != nil && !r.Force && same(*old, sum) {
			now, stays, err := c.stays(ctx, *old, expires)
			if err == nil && stays {
				stays, err = c.whole(ctx, now)
			}
			if err != nil {
				return Image{}, err
			}
			if stays && imageOf(now).SHA256 == "" {
				now, err = c.describe(ctx, p, now, sum)
			}
			if err != nil {
				return Image{}, err
			}
			if stays {
				c.report.Note(fmt.Sprintf("%s is there already, with the same bytes", old.Key))
				return imageOf(now), nil
			}
		}
	}
	if p.missing {
		if err := c.create(ctx, key.Container); err != nil {
			return Image{}, err
		}
	}
	var o store.Object
	var keep map[string]bool
	// What a listing did not show may be there all the same.
	absent := r.IfAbsent || p.listed && old == nil
	if plan.Count > 0 {
		o, keep, err = c.pushLarge(ctx, p, key, f, before, plan, store.Header{IfAbsent: absent, Expires: expires})
	} else {
		o, err = c.pushWhole(ctx, p, key, unchanged{f, before}, sum, store.Header{IfAbsent: absent, Expires: expires})
	}
	var unread *store.SourceError
	if (errors.Is(err, transfer.ErrShort) || errors.As(err, &unread)) && changed(f, before) {
		err = fileChanged()
	}
	if absent && p.listed && errors.Is(err, store.ErrExists) {
		return c.push(uncatalogued(ctx), r)
	}
	if err != nil {
		return Image{}, c.removed(ctx, key.Container, err)
	}
	if old != nil {
		if err := c.release(ctx, *old, o.ETag, keep); err != nil {
			c.report.Warn(fmt.Sprintf("the segments of the image that was replaced are left in %s: %v; clean removes them", key.Container, err))
		}
	}
	return imageOf(o), nil
}

// replaced is the object that a push will replace, whole as a HEAD describes it if it may be a
// large one; nil when there is none.
func (c *Client) replaced(ctx context.Context, p place) (*store.Object, error) {
	if len(p.objects) == 0 {
		return nil, nil
	}
	o := p.objects[0]
	if !p.exact && (o.ETag == "" || o.Large) {
		now, err := c.store.Stat(ctx, o.Key)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		return &now, err
	}
	return &o, nil
}

// fileChanged is the failure of a push whose file is not what it was when it began.
func fileChanged() error {
	return refuse(Invalid, errors.New("the file changed while it was sent"), "push it again when it is finished")
}

// pushName is the name to push under: no version, and one tag.
func pushName(r PushRequest) (name.Name, error) {
	n, err := name.Parse(r.Name)
	switch {
	case err != nil:
		return n, err
	case n.Version != "":
		return n, errors.New("a push takes no @version: the version follows from the bytes")
	case r.Tag == "":
		return n, nil
	case n.Tag != "":
		return n, fmt.Errorf("the name has the tag %q, and the option the tag %q", n.Tag, r.Tag)
	}
	tagged, err := name.Parse(r.Name + ":" + r.Tag)
	if err == nil && (tagged.Tag != r.Tag || tagged.Version != "") {
		err = fmt.Errorf("%q is no tag", r.Tag)
	}
	return tagged, err
}

// openImage opens a file that can be pushed.
func openImage(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path) // before Open, which would wait for the writer of a pipe
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		what := "not a regular file"
		if info.IsDir() {
			what = "a folder: a sandbox has to be built into a file first"
		}
		return nil, nil, refuse(Invalid, fmt.Errorf("%s is %s", path, what), "")
	}
	f, err := os.Open(path)
	return f, info, err
}

// extension is what the object of a file ends in: what the file does, else what it holds.
func (c *Client) extension(path string, f *os.File) (string, error) {
	if ext := name.Extension(path); ext != "" {
		return ext, nil
	}
	format, err := imagefile.Detect(f)
	if err != nil {
		return "", err
	}
	if format == imagefile.Unknown {
		c.report.Warn(fmt.Sprintf("%s does not look like an image of Singularity or Apptainer", path))
		return string(imagefile.SIF), nil
	}
	return format.Extension(), nil
}

// target is the object to write: where the image is already, else a new one.
func (c *Client) target(p place, r PushRequest, ext string) (store.Key, error) {
	switch {
	case len(p.objects) > 0 && r.IfAbsent:
		return store.Key{}, refuse(Exists, fmt.Errorf("%s is there already", p.objects[0].Key), "")
	case len(p.objects) > 1:
		return store.Key{}, ambiguous(p)
	case len(p.objects) == 1:
		key := p.objects[0].Key
		return key, hidden(key.Object)
	}
	object, err := p.name.Object(c.cfg.Naming, ext)
	if err != nil {
		return store.Key{}, refuse(Invalid, err, "")
	}
	if err := hidden(object); err != nil {
		return store.Key{}, err
	}
	for _, other := range p.others {
		if other.Object == object {
			return store.Key{}, refuse(Exists, fmt.Errorf("%s is the object of another image, %s", other.Key, imageOf(other)),
				"choose another name, or delete that one first")
		}
	}
	return store.Key{Container: p.name.Collection, Object: object}, nil
}

// hidden refuses an object among the segments, where no list would ever show it.
func hidden(object string) error {
	if strings.HasPrefix(object, segmentsDir) {
		return refuse(Invalid, fmt.Errorf("%s is where the segments of large images are, and lists leave it out", strings.TrimSuffix(segmentsDir, "/")), "choose another name")
	}
	return nil
}

// create makes a collection. Of pushes that find it missing at the same time the first one does.
func (c *Client) create(ctx context.Context, collection string) error {
	c.creating.Lock()
	defer c.creating.Unlock()
	batch := catalogueOf(ctx, collection)
	if batch != nil && batch.made {
		return nil
	}
	if c.planned[collection] {
		return nil
	}
	if there, err := c.store.HasContainer(ctx, collection); there || err != nil {
		return err
	}
	if c.cfg.DryRun {
		if c.planned == nil {
			c.planned = map[string]bool{}
		}
		c.planned[collection] = true
	} else {
		c.report.Note(fmt.Sprintf("Creating collection %s...", collection))
	}
	if err := c.store.CreateContainer(ctx, collection); err != nil {
		return fmt.Errorf("the collection %s cannot be made: %w", collection, err)
	}
	if batch != nil {
		batch.made = true
	}
	return nil
}

// removed is the failure of a push into a collection that was there when it began: err, or that the
// collection is gone. A server says that in many ways; of a manifest, that its segments are not there.
func (c *Client) removed(ctx context.Context, collection string, err error) error {
	if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrDamaged) && !errors.Is(err, store.ErrInvalid) && !errors.Is(err, store.ErrLost) {
		return err
	}
	if there, asked := c.store.HasContainer(ctx, collection); there || asked != nil {
		return err
	}
	return refuse(NotFound, fmt.Errorf("the collection %s was removed meanwhile, with all that was sent", collection), "push again to make it anew")
}

func (c *Client) hash(ctx context.Context, r PushRequest, f *os.File, size int64) (transfer.Sum, error) {
	meter := c.report.Begin(Transfer{Verb: "hash", Label: r.Path, Size: size})
	sum, err := transfer.HashFile(ctx, f, size, meter.Add)
	if err == nil && sum.Size != size {
		err = fileChanged()
	}
	meter.End(err)
	return sum, err
}

// pushWhole stores the file as one object.
func (c *Client) pushWhole(ctx context.Context, p place, key store.Key, f io.ReaderAt, sum transfer.Sum, h store.Header) (store.Object, error) {
	record := p.record(sum.SHA256, sum.Size, c.clock.At(h.Expires))
	h.ContentType, h.Meta, h.MD5 = record.ContentType(), record.Meta(), sum.MD5
	if c.cfg.DryRun {
		return c.store.Put(ctx, key, f, 0, sum.Size, h)
	}
	meter := c.report.Begin(Transfer{Verb: "push", Label: key.String(), Size: sum.Size})
	var o store.Object
	err := c.streams.Run(ctx, func() (err error) {
		o, err = c.store.Put(ctx, key, transfer.Metered(f, meter.Add), 0, sum.Size, h)
		return err
	})
	meter.End(err)
	return o, err
}

// maySame tells whether an object may hold a file's bytes, as far as its size tells.
func maySame(o store.Object, size int64) bool {
	i := imageOf(o)
	return (i.Size < 0 || i.Size == size) && (i.SHA256 != "" || !o.Large)
}

// same tells whether an object is known to hold the bytes of a sum.
func same(o store.Object, sum transfer.Sum) bool {
	i := imageOf(o)
	switch {
	case i.Size >= 0 && i.Size != sum.Size:
		return false
	case i.SHA256 != "":
		return i.SHA256 == sum.SHA256
	}
	return !o.Large && strings.EqualFold(i.ETag, sum.MD5)
}

// unchanged is a file that can be read to its end only if it is still what it was: the server gets
// the last byte of no other, and keeps what it had.
type unchanged struct {
	*os.File
	before os.FileInfo
}

func (u unchanged) ReadAt(p []byte, off int64) (int, error) {
	n, err := u.File.ReadAt(p, off)
	if off+int64(n) >= u.before.Size() && changed(u.File, u.before) {
		return 0, fileChanged()
	}
	return n, err
}

// SendAt sends what comes before the end; the last bytes have to be read.
func (u unchanged) SendAt(to *net.TCPConn, off, n int64) (int64, error) {
	if off+n >= u.before.Size() {
		return 0, errors.ErrUnsupported
	}
	return transfer.Section{File: u.File}.SendAt(to, off, n)
}

// changed tells whether a file is no longer what it was when it was opened.
func changed(f *os.File, before os.FileInfo) bool {
	now, err := f.Stat()
	return err != nil || now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime())
}
