package store

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
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
