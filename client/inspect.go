package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// InspectRequest names an image in storage, or a file.
type InspectRequest struct {
	Image string `arg:"image" complete:"image or file" help:"the image, or a file: ./path, or a name without a slash that is one here"`
}

// Inspection is what an image says of itself. Its fields are the same wherever the image is.
type Inspection imagefile.Info

// Inspect reads what an image says of itself: of one in storage a few ranges, of a file its begin. A
// path that begins with /, ./ or ../ is a file, and so is a name without a slash that is one here. What
// storage has not got, or cannot be asked for without settings, is looked for in the local library.
// Invalid for what is no image, Corrupt for one that is damaged.
func (c *Client) Inspect(ctx context.Context, r InspectRequest) (Inspection, error) {
	if isFile(r.Image) {
		return InspectFile(r.Image)
	}
	err := c.Ready()
	if err == nil {
		var info Inspection
		if info, err = c.inspect(ctx, r.Image); CodeOf(err) != NotFound {
			return info, fail("inspect", r.Image, err)
		}
	}
	if n, bad := name.Parse(r.Image); bad == nil {
		if row, missing := c.heldAs(ctx, n); missing == nil {
			c.report.Note("in the local library: " + row.Image)
			return InspectFile(row.Image)
		}
	}
	return Inspection{}, fail("inspect", r.Image, err)
}

// isFile tells whether a name means a file. What other verbs return as an image never does.
func isFile(image string) bool {
	if strings.HasPrefix(image, "/") || strings.HasPrefix(image, "./") || strings.HasPrefix(image, "../") {
		return true
	}
	return !strings.Contains(image, "/") && there(image)
}

// there tells whether a path leads to a regular file.
func there(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func (c *Client) inspect(ctx context.Context, image string) (Inspection, error) {
	n, err := name.Parse(image)
	if err != nil {
		return Inspection{}, refuse(Invalid, err, "")
	}
	b, err := c.open(ctx, n)
	if err != nil {
		if CodeOf(err) == NotFound && there(image) {
			err = refuse(NotFound, errors.New("no such image"), "the file of that name is written ./"+image)
		}
		return Inspection{}, err
	}
	info, err := imagefile.Inspect(b, b.object.Size)
	return Inspection(info), err
}

// open finds an image and fetches its begin. A listing does not tell enough of an object to go on, but
// the first answer does: a HEAD is needed only where a version has to be compared, or where the object
// is shorter than was asked for.
func (c *Client) open(ctx context.Context, n name.Name) (*blocks, error) {
	b := &blocks{ctx: ctx, store: c.store, held: map[int64][]byte{}}
	var exact bool
	var err error
	if n.Version != "" {
		b.object, err = c.locate(ctx, n, false)
		return b, err
	}
	if b.object, exact, err = c.find(ctx, n, false); err != nil || exact {
		return b, err
	}
	key := b.object.Key
	if b.object = (store.Object{Key: key, Size: b.object.Size}); b.object.Size < 0 {
		b.object.Size = firstBlocks * blockSize
	}
	if b.object.Size > 0 {
		err = b.fetch(0, min(firstBlocks, (b.object.Size+blockSize-1)/blockSize)-1)
		switch {
		case err == nil && b.object.ETag != "":
			return b, nil
		case errors.Is(err, store.ErrNotFound):
			return b, c.gone(ctx, key, err)
		case err != nil && !errors.Is(err, store.ErrChanged):
			return b, err
		}
		clear(b.held)
	}
	b.object, err = c.store.Stat(ctx, key)
	return b, err
}

// InspectFile reads what an image file that is here says of itself. It asks no server.
func InspectFile(path string) (Inspection, error) {
	f, info, err := openImage(path)
	if err != nil {
		return Inspection{}, fail("inspect", path, err)
	}
	defer f.Close()
	found, err := imagefile.Inspect(f, info.Size())
	return Inspection(found), fail("inspect", path, err)
}

// blocks reads an object by ranges. A range is whole blocks, which are kept: what is read stands close
// together, and a request costs more than some kilobytes. The first one fetches more: it holds the
// header of a SIF, its descriptors, and mostly all that they lead to.
type blocks struct {
	ctx    context.Context
	store  store.Store
	object store.Object
	held   map[int64][]byte // blocks by their number
}

// How many bytes a block has, how many of them the first request asks for, and how many are fetched
// of one object at most.
const (
	blockSize   = 32 << 10
	firstBlocks = 2
	mostBlocks  = 128
)

// ReadAt fetches what is missing of a span in one request. An object that was replaced meanwhile is
// store.ErrChanged.
func (b *blocks) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= b.object.Size || len(p) == 0 {
		return 0, io.EOF
	}
	first, last := off/blockSize, (min(off+int64(len(p)), b.object.Size)-1)/blockSize
	if len(b.held) == 0 && first == 0 {
		last = max(last, firstBlocks-1)
	}
	for first < last && b.held[first] != nil {
		first++
	}
	for last > first && b.held[last] != nil {
		last--
	}
	if b.held[first] == nil {
		if err := b.fetch(first, last); err != nil {
			return 0, err
		}
	}
	n := 0
	for n < len(p) && off+int64(n) < b.object.Size {
		at := off + int64(n)
		n += copy(p[n:], b.held[at/blockSize][at%blockSize:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// fetch gets blocks in a row.
func (b *blocks) fetch(first, last int64) error {
	if int64(len(b.held))+last-first+1 > mostBlocks {
		return refuse(Corrupt, fmt.Errorf("what it says of itself is spread over more than %d bytes", mostBlocks*blockSize), "pull it, and inspect the file")
	}
	off := first * blockSize
	buf := make([]byte, min((last+1)*blockSize, b.object.Size)-off)
	want := b.object
	if want.ETag == "" {
		want.Size = -1
	}
	if err := b.store.Get(b.ctx, want.Key, want, store.Span{Off: off, N: int64(len(buf))}, func(r io.Reader) error {
		if o, ok := r.(store.Opened); ok && want.ETag == "" {
			b.object = o.Object()
		}
		_, err := io.ReadFull(r, buf)
		return err
	}); err != nil {
		return err
	}
	for i := first; len(buf) > 0; i++ {
		n := min(blockSize, len(buf))
		b.held[i], buf = buf[:n:n], buf[n:]
	}
	return nil
}
