package client

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// fakeStore is storage of a few objects that answers as it is told to.
type fakeStore struct {
	store.Store
	mu      sync.Mutex
	objects map[store.Key]store.Object
	bytes   map[store.Key][]byte
	gets    []int64 // where they began
	// spoil changes what a Get gives, try by try for one span; may be nil.
	spoil func(off int64, try int, r io.Reader) (io.Reader, error)
	tries map[int64]int
}

func (s *fakeStore) put(object string, content []byte, large bool, contentType string) store.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects == nil {
		s.objects, s.bytes, s.tries = map[store.Key]store.Object{}, map[store.Key][]byte{}, map[int64]int{}
	}
	container, object, _ := strings.Cut(object, "/")
	key := store.Key{Container: container, Object: object}
	o := store.Object{Key: key, Size: int64(len(content)), ETag: md5Of(content), ContentType: contentType, Large: large}
	if large {
		o.ETag = store.LargeETag([]string{md5Of(content[:400]), md5Of(content[400:])})
	}
	s.objects[key], s.bytes[key] = o, content
	return o
}

func md5Of(b []byte) string    { h := md5.Sum(b); return hex.EncodeToString(h[:]) }
func sha256Of(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

func (s *fakeStore) Stat(_ context.Context, key store.Key) (store.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := s.objects[key]; ok {
		return o, nil
	}
	return store.Object{}, &store.StatusError{Status: 404}
}

func (s *fakeStore) Get(ctx context.Context, key store.Key, want store.Object, span store.Span, read func(io.Reader) error) error {
	s.mu.Lock()
	o, b := s.objects[key], s.bytes[key]
	s.gets = append(s.gets, span.Off)
	try := s.tries[span.Off]
	s.tries[span.Off]++
	s.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case o.ETag != want.ETag:
		return store.ErrChanged
	}
	if b = b[span.Off:]; span.N >= 0 {
		b = b[:span.N]
	}
	var r io.Reader = bytes.NewReader(b)
	if s.spoil != nil {
		var err error
		if r, err = s.spoil(span.Off, try, r); err != nil {
			return err
		}
	}
	return read(r)
}

func (s *fakeStore) List(_ context.Context, container string, l store.Listing) iter.Seq2[store.Object, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []store.Object
	for key, o := range s.objects {
		if key.Container == container && strings.HasPrefix(key.Object, l.Prefix) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b store.Object) int { return strings.Compare(a.Object, b.Object) })
	return func(yield func(store.Object, error) bool) {
		for _, o := range found {
			if !yield(o, nil) {
				return
			}
		}
	}
}

// said is a Reporter that remembers.
type said struct {
	mu    sync.Mutex
	lines []string
	moved int64
	add   func(int64) // may be nil
}

func (s *said) Note(text string)       { s.mu.Lock(); defer s.mu.Unlock(); s.lines = append(s.lines, text) }
func (s *said) Warn(text string)       { s.Note("warning: " + text) }
func (s *said) Debug(string)           {}
func (s *said) Plan(string)            {}
func (s *said) Begin(t Transfer) Meter { return s }
func (s *said) End(error)              {}
func (s *said) Add(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved += n
	if s.add != nil {
		s.add(n)
	}
}

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
	p.puller = puller{c, sizes{single: 500, span: 100, lanes: 3}, nil, nil}
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
