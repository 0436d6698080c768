package client

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// sink is a Swift service that is never the bound: it throws away what it is sent, believes every
// hash, and has one large image, which is a file.
type sink struct {
	*httptest.Server
	path   string
	header http.Header
}

// benchImage is the bytes of the image: enough for segments.
const benchImage = 320 << 20

func newSink(b *testing.B) (*sink, *Client) {
	s := &sink{path: filepath.Join(b.TempDir(), "image.sif")}
	f, err := os.Create(s.path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{1}), benchImage); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	s.Server = httptest.NewServer(s)
	b.Cleanup(s.Close)
	c := New(Config{Settings: signin.Settings{User: "bench:bench", Key: "k", URL: s.URL, Source: "the benchmark"}})
	b.Cleanup(func() { c.Close() })
	return s, c
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	switch {
	case strings.HasPrefix(r.URL.Path, "/auth"):
		h.Set("X-Storage-Url", s.URL+"/v1/a")
		h.Set("X-Auth-Token", "tk")
	case r.Method == http.MethodPut && r.URL.Query().Has("multipart-manifest"):
		var segments []struct{ ETag string }
		json.NewDecoder(r.Body).Decode(&segments)
		var md5s []string
		for _, segment := range segments {
			md5s = append(md5s, segment.ETag)
		}
		h.Set("Etag", store.LargeETag(md5s))
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPut:
		io.Copy(io.Discard, r.Body)
		h.Set("Etag", r.Header.Get("Etag"))
		w.WriteHeader(http.StatusCreated)
	case strings.HasSuffix(r.URL.Path, "/lab"):
		io.WriteString(w, "[]")
	case s.header == nil || !strings.HasSuffix(r.URL.Path, "/lab/big-v1.sif"):
		w.WriteHeader(http.StatusNotFound)
	default:
		s.serve(w, r)
	}
}

// serve gives the image, or a range of it.
func (s *sink) serve(w http.ResponseWriter, r *http.Request) {
	for name, values := range s.header {
		w.Header()[name] = values
	}
	off, n := int64(0), int64(benchImage)
	var last int64
	status := http.StatusOK
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &off, &last); err == nil {
		n, status = last-off+1, http.StatusPartialContent
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", off, last, int64(benchImage)))
	}
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	w.WriteHeader(status)
	if f, err := os.Open(s.path); err == nil && r.Method == http.MethodGet {
		defer f.Close()
		if _, err := f.Seek(off, io.SeekStart); err == nil {
			io.CopyN(w, f, n)
		}
	}
}

// BenchmarkPush pushes a large image to where it costs nothing.
func BenchmarkPush(b *testing.B) {
	s, c := newSink(b)
	b.SetBytes(benchImage)
	for b.Loop() {
		if _, err := c.Push(b.Context(), PushRequest{Path: s.path, Name: "lab/big:v1"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPull pulls a large image, in ranges and with its SHA-256.
func BenchmarkPull(b *testing.B) {
	s, c := newSink(b)
	image, err := c.Push(b.Context(), PushRequest{Path: s.path, Name: "lab/big:v1"})
	if err != nil {
		b.Fatal(err)
	}
	record := name.Record{Image: "big", Tag: "v1", SHA256: image.SHA256, Size: benchImage}
	s.header = http.Header{
		"Etag": {image.ETag}, "Content-Type": {record.ContentType()}, "X-Static-Large-Object": {"True"},
		"Last-Modified": {"Tue, 01 Jul 2025 10:00:00 GMT"},
	}
	out := filepath.Join(b.TempDir(), "out.sif")
	b.SetBytes(benchImage)
	for b.Loop() {
		if _, err := c.Pull(b.Context(), PullRequest{Image: "lab/big-v1.sif", File: out}); err != nil {
			b.Fatal(err)
		}
		if err := os.Remove(out); err != nil {
			b.Fatal(err)
		}
	}
}
