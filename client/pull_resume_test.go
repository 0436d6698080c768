package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

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
	err := p.try(ctx)
	if CodeOf(err) != Canceled || !strings.Contains(err.Error(), "300 bytes of 1.0 kB are kept beside the file; pull again to go on") {
		t.Errorf("the error is %v", err)
	}
	etag := md5Of(p.content)[:16]
	p.left("a.sif."+etag+".part", "a.sif."+etag+".part.journal")
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

// Where nothing can be locked, everybody pulls for himself, and nobody's file is touched.
func TestPullWithoutLocks(t *testing.T) {
	p := newPulls(t)
	p.record(p.content)
	lock := p.target() + lockSuffix
	if err := os.WriteFile(lock, []byte("my own file"), 0o600); err != nil {
		t.Fatal(err)
	}
	var pulls sync.WaitGroup
	for range 5 {
		pulls.Go(func() {
			if err := p.try(t.Context()); err != nil && CodeOf(err) != Exists {
				t.Error(err)
			}
		})
	}
	pulls.Wait()
	if b, err := os.ReadFile(lock); err != nil || string(b) != "my own file" {
		t.Errorf("the lock file holds %q, %v", b, err)
	}
	os.Remove(lock)
	p.wants(p.content)
}

// Where locks lie, somebody may take the part away: the pull begins again with one of its own.
func TestPullWhoseLockLies(t *testing.T) {
	p := newPulls(t)
	p.record(p.content)
	var once sync.Once
	p.store.spoil = func(off int64, _ int, r io.Reader) (io.Reader, error) {
		once.Do(func() {
			if err := os.Remove(transfer.Beside(p.target(), "."+md5Of(p.content)[:16]+".part")); err != nil {
				t.Error(err)
			}
		})
		return r, nil
	}
	if err := p.try(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(p.store.gets) != 20 {
		t.Errorf("%d requests", len(p.store.gets))
	}
	p.wants(p.content)
}

// A file that holds the right bytes is not fetched again, whatever it is that tells.
func TestPullOfWhatIsThere(t *testing.T) {
	for what, put := range map[string]func(*pulls){
		"recorded": func(p *pulls) { p.record(p.content) },
		"plain":    func(p *pulls) { p.store.put("lab/a-v1.sif", p.content, false, "") },
		"segments": func(p *pulls) {
			p.store.put("lab/a-v1.sif", p.content, true, "")
			p.store.put("lab_segments/a-v1.sif/1/00000000", p.content[:400], false, "")
			p.store.put("lab_segments/a-v1.sif/1/00000001", p.content[400:], false, "")
		},
	} {
		p := newPulls(t)
		put(p)
		if err := os.WriteFile(p.target(), p.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.try(t.Context()); err != nil || len(p.store.gets) > 0 {
			t.Errorf("%s: %v, %d requests", what, err, len(p.store.gets))
		}
		p.wants(p.content)
		other := bytes.Clone(p.content)
		other[999] ^= 1
		if err := os.WriteFile(p.target(), other, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.try(t.Context()); CodeOf(err) != Exists || len(p.store.gets) > 0 {
			t.Errorf("%s, other bytes there: %v, %d requests", what, err, len(p.store.gets))
		}
		p.wants(other)
	}
}
