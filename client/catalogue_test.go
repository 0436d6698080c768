package client

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// lagging is storage whose listings show some objects only after they were asked for by name.
type lagging struct {
	*fakeStore
	hidden map[string]bool
	listed int // how many listings were read
}

func (s *lagging) List(ctx context.Context, container string, l store.Listing) iter.Seq2[store.Object, error] {
	s.mu.Lock()
	s.listed++
	s.mu.Unlock()
	return func(yield func(store.Object, error) bool) {
		for o, err := range s.fakeStore.List(ctx, container, l) {
			s.mu.Lock()
			hidden := s.hidden[o.Object] || l.Before != "" && o.Object >= l.Before || o.Object <= l.After
			s.mu.Unlock()
			if !hidden && !yield(o, err) {
				return
			}
		}
	}
}

func (s *lagging) Put(_ context.Context, key store.Key, body io.ReaderAt, off, n int64, h store.Header) (store.Object, error) {
	s.mu.Lock()
	_, there := s.objects[key]
	s.mu.Unlock()
	if there && h.IfAbsent {
		return store.Object{}, &store.StatusError{Method: "PUT", Status: 412}
	}
	b := make([]byte, n)
	if _, err := body.ReadAt(b, off); err != nil && err != io.EOF {
		return store.Object{}, err
	}
	return s.put(key.String(), b, false, h.ContentType), nil
}

func (s *lagging) Describe(_ context.Context, o store.Object, h store.Header) error {
	s.mu.Lock()
	content := s.bytes[o.Key]
	s.mu.Unlock()
	s.put(o.Key.String(), content, false, h.ContentType)
	return nil
}

func (s *lagging) MaxObject() int64 { return 1 << 30 }

// An object that the listing of a batch does not show yet is found before anything replaces it.
func TestBatchOnALaggingListing(t *testing.T) {
	s := &lagging{fakeStore: &fakeStore{}, hidden: map[string]bool{"i0-latest.sif": true, "i1-latest.sif": true, "i2-a-b.sif": true}}
	other := name.Record{Image: "i2-a", Tag: "b", SHA256: sha256Of([]byte("old")), Size: 3}
	s.put("lab/i0-latest.sif", []byte("old"), false, "")
	s.put("lab/i1-latest.sif", []byte("new 1"), false, "")
	s.put("lab/i2-a-b.sif", []byte("old"), false, other.ContentType())
	said := &said{}
	c := New(Config{Reporter: said})
	c.store = s
	var rs []PushRequest
	for i := range worthListing + 2 {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("i%d.sif", i))
		if err := os.WriteFile(path, fmt.Appendf(nil, "new %d", i), 0o644); err != nil {
			t.Fatal(err)
		}
		rs = append(rs, PushRequest{Path: path, Name: fmt.Sprintf("lab/i%d", i)})
	}
	rs[2].Name = "lab/i2:a-b" // the object of i2-a:b
	_, err := c.PushAll(context.Background(), rs)
	e, ok := err.(*Error)
	if !ok || len(e.Failed) != 1 || e.Failed[0].Image != rs[2].Name || e.Failed[0].Code != Exists {
		t.Errorf("%v", err)
	}
	for i := range rs {
		object, want := fmt.Sprintf("i%d-latest.sif", i), fmt.Sprintf("new %d", i)
		if i == 2 {
			object, want = "i2-a-b.sif", "old"
		}
		if got := string(s.bytes[store.Key{Container: "lab", Object: object}]); got != want {
			t.Errorf("i%d holds %q", i, got)
		}
	}
}

// A collection that is much larger than the batch is not read through.
func TestBatchGivesUpOnAHugeListing(t *testing.T) {
	s := &lagging{fakeStore: &fakeStore{}}
	for i := range worthListing*entriesAName + 1 {
		s.put(fmt.Sprintf("lab/other%06d-latest.sif", i), nil, false, "")
	}
	var names []string
	for i := range worthListing {
		names = append(names, fmt.Sprintf("lab/i%d", i))
	}
	ctx := catalogued(context.Background(), names, name.Parse)
	c := New(Config{})
	c.store = s
	n, err := name.Parse(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.fromListing(ctx, n, true); ok {
		t.Error("it is answered from a listing that was not read to its end")
	}
	if _, ok := c.fromListing(ctx, n, true); ok || s.listed != 2 {
		t.Errorf("%d listings were begun, want 2", s.listed)
	}
	if catalogueOf(catalogued(ctx, names[1:], name.Parse), "lab") != nil {
		t.Error("a small batch lists")
	}
}
