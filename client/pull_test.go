package client

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

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
