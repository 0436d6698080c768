package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// pulls is a puller of an image of 1,000 bytes, which comes in ten ranges, into a folder.
type pulls struct {
	*testing.T
	puller
	store   *fakeStore
	said    *said
	content []byte
	dir     string
}

func newPulls(t *testing.T) *pulls {
	content := make([]byte, 1000)
	rand.NewChaCha8([32]byte{1}).Read(content)
	p := &pulls{T: t, store: &fakeStore{}, said: &said{}, content: content, dir: t.TempDir()}
	c := New(Config{Reporter: p.said})
	c.store = store.Retry{Store: p.store, First: 1}
	t.Cleanup(func() { c.Close() })
	p.puller = puller{c, sizes{single: 500, span: 100, lanes: 3}}
	return p
}

// record puts the content there as this shell would.
func (p *pulls) record(content []byte) {
	r := name.Record{Image: "a", Tag: "v1", SHA256: sha256Of(content), Size: int64(len(content))}
	p.store.put("lab/a-v1.sif", content, false, r.ContentType())
}

func (p *pulls) try(ctx context.Context) error {
	_, err := p.pull(ctx, PullRequest{Image: "lab/a-v1.sif", File: p.target()})
	return fail("pull", "lab/a-v1.sif", err)
}

func (p *pulls) target() string { return filepath.Join(p.dir, "a.sif") }

// wants checks the bytes of the target, and that nothing else is there.
func (p *pulls) wants(content []byte) {
	p.Helper()
	if b, err := os.ReadFile(p.target()); err != nil || !bytes.Equal(b, content) {
		p.Errorf("the file holds other bytes, %v", err)
	}
	p.left("a.sif")
}

func (p *pulls) left(want ...string) {
	p.Helper()
	entries, err := os.ReadDir(p.dir)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		p.Errorf("the folder holds %v, want %v; %v", got, want, err)
	}
}

// flip changes a byte of the first tries of the range at off.
func flip(at int64, tries int) func(int64, int, io.Reader) (io.Reader, error) {
	return func(off int64, try int, r io.Reader) (io.Reader, error) {
		b, err := io.ReadAll(r)
		if off <= at && at < off+int64(len(b)) && try < tries {
			b = bytes.Clone(b)
			b[at-off] ^= 1
		}
		return bytes.NewReader(b), err
	}
}

func TestPullByRanges(t *testing.T) {
	p := newPulls(t)
	p.record(p.content)
	if err := p.try(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.wants(p.content)
	if len(p.store.gets) != 10 || p.said.moved != 1000 {
		t.Errorf("%d requests, told of %d", len(p.store.gets), p.said.moved)
	}
}

// What breaks off or comes too short is repeated, range by range.
func TestPullOverABadLine(t *testing.T) {
	p := newPulls(t)
	p.record(p.content)
	p.store.spoil = func(off int64, try int, r io.Reader) (io.Reader, error) {
		switch {
		case try == 0:
			return io.LimitReader(r, 40), nil
		case try == 1:
			return nil, &store.StatusError{Status: 503}
		case try == 2 && off == 300:
			return io.MultiReader(io.LimitReader(r, 70), iotest.ErrReader(&store.BrokenError{Err: io.ErrUnexpectedEOF})), nil
		}
		return iotest.HalfReader(r), nil
	}
	if err := p.try(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.wants(p.content)
	if p.said.moved != 1000 || len(p.store.gets) != 31 {
		t.Errorf("told of %d bytes, %d requests", p.said.moved, len(p.store.gets))
	}
}

// A wrong byte costs one more request for the range where segments tell which, and all of them
// where nothing does. A second time it is the end, and no file.
func TestPullOfAWrongByte(t *testing.T) {
	for what, c := range map[string]struct {
		segments string // container and folder of the segments
		recorded bool
		plain    bool
		again    int // requests
		names    string
	}{
		"plain":            {plain: true, again: 10, names: "MD5"},
		"recorded":         {plain: true, recorded: true, again: 10, names: "SHA-256"},
		"our segments":     {segments: "lab/.segments/a-v1.sif/1/1000/400", recorded: true, again: 6, names: "bytes from 400 to 999"},
		"others' segments": {segments: "lab_segments/a-v1.sif/1/1000/400", again: 6, names: "bytes from 400 to 999"},
		"recorded, theirs": {segments: "lab_segments/a-v1.sif/1/1000/400", recorded: true, again: 6, names: "bytes from 400 to 999"},
	} {
		for _, tries := range []int{1, 2} {
			t.Run(fmt.Sprint(what, tries), func(t *testing.T) {
				p := newPulls(t)
				r := name.Record{Image: "a", Tag: "v1", SHA256: sha256Of(p.content), Size: 1000}
				contentType := ""
				if c.recorded {
					contentType = r.ContentType()
				}
				p.store.put("lab/a-v1.sif", p.content, !c.plain, contentType)
				if c.segments != "" {
					p.store.put(c.segments+"/00000000-x", p.content[:400], false, "")
					p.store.put(c.segments+"/00000001-x", p.content[400:], false, "")
				}
				p.store.spoil = flip(555, tries)
				err := p.try(t.Context())
				if len(p.store.gets) != 10+c.again {
					t.Errorf("%d requests, want %d", len(p.store.gets), 10+c.again)
				}
				if tries == 1 {
					if err != nil || p.said.moved != 1000 {
						t.Errorf("%v; told of %d", err, p.said.moved)
					}
					p.wants(p.content)
					return
				}
				if CodeOf(err) != Corrupt || !strings.Contains(err.Error(), c.names) {
					t.Errorf("the error is %v", err)
				}
				p.left()
			})
		}
	}
}

func TestPullOfAWrongByteOfASmallImage(t *testing.T) {
	for _, tries := range []int{1, 2} {
		p := newPulls(t)
		p.record(p.content[:300])
		p.store.spoil = flip(55, tries)
		err := p.try(t.Context())
		if len(p.store.gets) != 2 {
			t.Errorf("%d requests", len(p.store.gets))
		}
		if tries == 1 {
			if err != nil {
				t.Error(err)
			}
			p.wants(p.content[:300])
		} else if p.left(); CodeOf(err) != Corrupt {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestPullOfSegmentsOfUnknownOrigin(t *testing.T) {
	p := newPulls(t)
	p.store.put("lab/a-v1.sif", p.content, true, "")
	p.store.put("lab_segments/a-v1.sif/1/00000000", p.content[:400], false, "")
	if err := p.try(t.Context()); err != nil || !strings.Contains(fmt.Sprint(p.said.lines), "only its size") {
		t.Errorf("%v; %v", err, p.said.lines)
	}
	p.wants(p.content)
}

// An image that is replaced while it is pulled is pulled anew, a few times.
func TestPullOfAReplacedImage(t *testing.T) {
	for _, size := range []int{1000, 300} {
		for replaced := 1; replaced <= 3; replaced++ {
			p := newPulls(t)
			p.record(p.content[:size])
			images := [][]byte{p.content[:size]}
			var mu sync.Mutex
			p.store.spoil = func(off int64, _ int, r io.Reader) (io.Reader, error) {
				mu.Lock()
				defer mu.Unlock()
				if (off == 500 || size == 300) && len(images) <= replaced {
					images = append(images, append([]byte{byte(len(images))}, p.content[:size]...))
					p.record(images[len(images)-1])
					return nil, store.ErrChanged
				}
				return r, nil
			}
			err := p.try(t.Context())
			if replaced == 3 {
				if p.left(); CodeOf(err) != Unavailable {
					t.Errorf("the error is %v", err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			p.wants(images[replaced])
		}
	}
}

// A pull that is interrupted keeps what is there, and the next one fetches the rest.
func TestPullThatIsInterrupted(t *testing.T) {
	p := newPulls(t)
	p.sizes.lanes = 1
	p.record(p.content)
	ctx, cancel := context.WithCancel(t.Context())
	p.store.spoil = func(off int64, _ int, r io.Reader) (io.Reader, error) {
		if off == 300 {
			cancel()
		}
		return r, nil
	}
	if err := p.try(ctx); CodeOf(err) != Canceled {
		t.Errorf("the error is %v", err)
	}
	etag := md5Of(p.content)[:16]
	p.left("a.sif."+etag+".part", "a.sif."+etag+".part.journal")
	if !strings.Contains(fmt.Sprint(p.said.lines), "kept 300 bytes of 1.0 kB of lab/a-v1.sif for resuming") {
		t.Errorf("says %q", p.said.lines)
	}
	p.store.gets, p.store.spoil, p.said.lines, p.said.moved = nil, nil, nil, 0
	if err := p.try(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(p.store.gets) != 7 || p.said.moved != 1000 || !strings.Contains(fmt.Sprint(p.said.lines), "resuming lab/a-v1.sif: 300 bytes of 1.0 kB are there") {
		t.Errorf("%d requests, told of %d, says %q", len(p.store.gets), p.said.moved, p.said.lines)
	}
	p.wants(p.content)
}

// What an interrupted pull left of an image that was replaced since goes with the next one.
func TestPullAfterAnInterruptedOneOfAnother(t *testing.T) {
	p := newPulls(t)
	p.sizes.lanes = 1
	p.record(p.content)
	p.store.spoil = func(off int64, _ int, r io.Reader) (io.Reader, error) {
		if off == 300 {
			return nil, &store.StatusError{Status: 403}
		}
		return r, nil
	}
	if err := p.try(t.Context()); CodeOf(err) != Denied {
		t.Errorf("the error is %v", err)
	}
	p.store.spoil = nil
	other := append(bytes.Clone(p.content), 1)
	p.record(other)
	if err := p.try(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.wants(other)
}

func TestPullWithoutRoom(t *testing.T) {
	p := newPulls(t)
	p.record(p.content)
	key := store.Key{Container: "lab", Object: "a-v1.sif"}
	o := p.store.objects[key]
	o.Size, o.ContentType = 1<<60, ""
	p.store.objects[key] = o
	p.sizes.span = 1 << 50
	for _, p.sizes.single = range []int64{1, 1 << 61} {
		var room *transfer.RoomError
		if err := p.try(t.Context()); CodeOf(err) != Full || !errors.As(err, &room) || len(p.store.gets) > 0 {
			t.Errorf("%v after %d requests", err, len(p.store.gets))
		}
		p.left()
	}
}
