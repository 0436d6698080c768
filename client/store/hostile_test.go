package store

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

// What is no listing, or one without end, is an error, and little of it is held.
func TestHostileListings(t *testing.T) {
	defer func(n int64) { maxPageBytes = n }(maxPageBytes)
	maxPageBytes = 16 << 20
	endless := func(first string, next func(i int) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.WriteString(w, first); err != nil {
				return
			}
			for i := 0; ; i++ {
				if _, err := io.WriteString(w, next(i)); err != nil {
					return
				}
			}
		}
	}
	for what, h := range map[string]http.HandlerFunc{
		"a string":         func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `"x"`) },
		"null":             func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `null`) },
		"an object":        func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"name": "a"}`) },
		"numbers":          func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `[1, 2]`) },
		"no end":           func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `[{"name": "a"}`) },
		"too large a size": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `[{"name": "a", "bytes": 1e30}]`) },
		"deep":             func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("[", 1<<20)) },
		"names without end": endless("[", func(i int) string {
			return fmt.Sprintf(`{"name": "%09d"},`, i)
		}),
		"a name without end": endless(`[{"name": "`, func(int) string { return strings.Repeat("x", 1<<20) }),
		"blanks without end": endless(`[`, func(int) string { return strings.Repeat(" ", 1<<20) }),
	} {
		t.Run(what, func(t *testing.T) {
			s := swiftOn(t, h)
			n := 0
			var err error
			for _, err = range s.List(t.Context(), "con", Listing{}) {
				n++
			}
			var broken *BrokenError
			if !errors.Is(err, ErrGarbled) && !errors.As(err, &broken) || n != 1 {
				t.Errorf("%d entries, %v", n, err)
			}
		})
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.Sys > 1<<30 {
		t.Errorf("took %d MiB of memory", m.Sys>>20)
	}
}

// The answer to what asks for no bytes is read no further than a megabyte.
func TestAnswersWithoutEnd(t *testing.T) {
	for _, status := range []int{200, 500} {
		s := swiftOn(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		})
		if err := s.Delete(t.Context(), Key{"con", "o"}); (err == nil) != (status == 200) {
			t.Errorf("%d: %v", status, err)
		}
		if _, err := s.Put(t.Context(), Key{"con", "o"}, strings.NewReader("x"), 0, 1, Header{}); (err == nil) != (status == 200) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// The head of an answer is read to 256 KiB, whatever was asked for, and what is longer is an error; what
// objects have is shorter, and read whole.
func TestHeadersWithoutEnd(t *testing.T) {
	const endless = -1
	for _, kib := range []int{200, 300, endless} {
		var read atomic.Int64 // bytes of the longest head that were sent
		s := swiftOn(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n")
			for i := 0; i != kib && err == nil; i++ {
				_, err = fmt.Fprintf(c, "X-Object-Meta-%09d: %s\r\n", i, strings.Repeat("x", 1024-27))
				read.Store(max(read.Load(), int64(i)<<10))
			}
			io.WriteString(c, "\r\n[]")
		})
		key := Key{"con", "o"}
		for what, ask := range map[string]func() error{
			"stat":   func() error { _, err := s.Stat(t.Context(), key); return err },
			"get":    func() error { return s.Get(t.Context(), key, Object{}, Whole, func(io.Reader) error { return nil }) },
			"delete": func() error { return s.Delete(t.Context(), key) },
			"put": func() error {
				_, err := s.Put(t.Context(), key, strings.NewReader("x"), 0, 1, Header{})
				return err
			},
			"list": func() (err error) {
				for _, err = range s.List(t.Context(), "con", Listing{}) {
				}
				return err
			},
		} {
			err := ask()
			if kib == 200 {
				if err != nil {
					t.Errorf("%s, %d KiB of headers: %v", what, kib, err)
				}
				continue
			}
			if !errors.Is(err, ErrGarbled) || !strings.Contains(err.Error(), "headers are longer than 256 KiB") {
				t.Errorf("%s, %d KiB of headers: %v", what, kib, err)
			}
		}
		if most := int64(32 << 20); read.Load() > most { // what the system buffers, too
			t.Errorf("%d bytes of a head were taken", read.Load())
		}
	}
}
