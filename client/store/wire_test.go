package store

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// direct sends requests for the placeholder to a server, by the wire of the program, without signing in.
type direct struct{ url string }

var wire = Wire()

func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	r, err := http.NewRequestWithContext(req.Context(), req.Method, d.url+strings.TrimPrefix(req.URL.String(), signin.Placeholder), req.Body)
	if err != nil {
		return nil, err
	}
	r.Header, r.ContentLength = req.Header, req.ContentLength
	return wire.RoundTrip(r)
}

func swiftOn(t *testing.T, h http.HandlerFunc) *Swift {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return NewSwift(Status{Base: Stall{Base: direct{server.URL}, Silence: time.Minute, Patience: time.Minute}})
}

func TestAnswersBecomeErrors(t *testing.T) {
	for _, c := range []struct {
		contentType, body, want string
	}{
		{"text/plain", "NoSuchKey", "(NoSuchKey)"},
		{"application/json", `{"Code":"AccessDenied","Message":"no","RequestId":"tx1"}`, "(AccessDenied no)"},
		{"text/html", "<html><h1>Bad</h1><p>Gateway &</p></html>", "(Bad Gateway &)"},
		{"text/html", "<p>" + strings.Repeat("long ", 30000), "..."},
		{"text/plain", "\x1b[31mred\x07\u202e", "([31mred)"},
		{"", "", "Service Unavailable"},
	} {
		s := swiftOn(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", c.contentType)
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, c.body)
		})
		var e *StatusError
		for _, err := range []error{
			s.Delete(t.Context(), Key{"con", "o"}),
			s.Get(t.Context(), Key{"con", "o"}, Object{}, Whole, nil),
		} {
			if !errors.As(err, &e) || e.Status != 503 || e.RetryAfter != 7*time.Second || e.Path != "/con/o" {
				t.Fatalf("%#v", err)
			}
			if e.Method == http.MethodGet && (!strings.HasSuffix(strings.TrimSuffix(e.Error(), ")"), strings.TrimSuffix(c.want, ")")) || len(e.Error()) > 300 || strings.ContainsAny(e.Error(), "\x1b\x07")) {
				t.Errorf("%q, want %q", e.Error(), c.want)
			}
		}
	}
}

func TestStandstillEnds(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/con/half" {
			w.Header().Set("Content-Length", "100")
			w.Write(make([]byte, 50))
			w.(http.Flusher).Flush()
		}
		<-release
	}))
	defer server.Close()
	defer close(release)
	s := NewSwift(Status{Base: Stall{Base: direct{server.URL}, Silence: 20 * time.Millisecond, Patience: 20 * time.Millisecond}})
	for _, object := range []string{"none", "half"} {
		err := s.Get(t.Context(), Key{"con", object}, Object{}, Whole, func(r io.Reader) error {
			_, err := io.Copy(io.Discard, r)
			return err
		})
		var broken *BrokenError
		if !errors.As(err, &broken) || !errors.Is(err, errStalled) {
			t.Errorf("%s: %v", object, err)
		}
	}
}

func TestShortBodyIsBroken(t *testing.T) {
	s := swiftOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write(make([]byte, 50))
	})
	err := s.Get(t.Context(), Key{"con", "o"}, Object{}, Whole, func(r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	})
	var broken *BrokenError
	if !errors.As(err, &broken) {
		t.Errorf("%v", err)
	}
}

func TestReplacedWhileRead(t *testing.T) {
	s := swiftOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"new"`)
		fmt.Fprint(w, "new bytes")
	})
	err := s.Get(t.Context(), Key{"con", "o"}, Object{ETag: "old", Large: true, Size: 9}, Whole, func(io.Reader) error { t.Error("read"); return nil })
	if err != ErrChanged {
		t.Errorf("%v", err)
	}
}

func TestListingThatNeverEnds(t *testing.T) {
	s := swiftOn(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `[{"name":"a","bytes":1,"hash":"x"},{"name":"b","bytes":1,"hash":"x"}]`)
	})
	n, last := 0, error(nil)
	for _, err := range s.List(t.Context(), "con", Listing{}) {
		if last = err; err == nil {
			n++
		}
	}
	if n != 2 || last != errNoProgress {
		t.Errorf("%d entries, then %v", n, last)
	}
}

func TestListingThatIsNone(t *testing.T) {
	s := swiftOn(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `<html>`) })
	for _, err := range s.List(t.Context(), "con", Listing{}) {
		if err == nil || !strings.Contains(err.Error(), "not valid JSON") {
			t.Errorf("%v", err)
		}
	}
}

func TestEntries(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 55, 11, 595e6, time.UTC)
	for date, want := range map[string]time.Time{
		"2026-11-22T10:55:11.595Z": at, "2026-11-22T10:55:11.595000": at, "yesterday": {},
	} {
		if got := listed(date); !got.Equal(want) {
			t.Errorf("%s: %v", date, got)
		}
	}
	if o := (entry{Name: "o", Hash: emptyMD5, Bytes: 155}).object("c"); o.Size != -1 || o.ETag != "" {
		t.Errorf("RGW's entry of a large object: %+v", o)
	}
	if o := (entry{Name: "o", Hash: "m", Bytes: 155, SLOETag: `"e"`}).object("c"); !o.Large || o.ETag != "e" || o.Size != 155 {
		t.Errorf("OpenStack's entry of a large object: %+v", o)
	}
}

func TestDamagedUpload(t *testing.T) {
	s := swiftOn(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Etag", "other")
		w.WriteHeader(http.StatusCreated)
	})
	if _, err := s.Put(t.Context(), Key{"con", "o"}, strings.NewReader("x"), 0, 1, Header{MD5: "mine"}); err != ErrDamaged {
		t.Errorf("%v", err)
	}
	var source *SourceError
	if _, err := s.Put(t.Context(), Key{"con", "o"}, strings.NewReader("x"), 0, 5, Header{}); !errors.As(err, &source) {
		t.Errorf("a file that became shorter: %v", err)
	}
}

func TestLogTellsNoSecrets(t *testing.T) {
	var lines []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer server.Close()
	l := Log{Base: http.DefaultTransport, To: func(s string) { lines = append(lines, s) }}
	req, _ := http.NewRequest("GET", server.URL+"/con/o?temp_url_sig=geheim", nil)
	req.Header.Set("X-Auth-Token", "geheim")
	resp, err := l.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(lines) != 1 || strings.Contains(lines[0], "geheim") || !strings.Contains(lines[0], "GET "+server.URL+"/con/o: 200") {
		t.Errorf("%q", lines)
	}
}

func TestManifestWhoseSegmentsCannotBeLookedAt(t *testing.T) {
	for problem, want := range map[string]error{
		"503 Service Unavailable": ErrBusy, "404 Not Found": ErrInvalid, "Etag Mismatch": ErrInvalid,
	} {
		_, err := beaten(Key{"con", "o"}, fmt.Appendf(nil, `  {"Response Status": "400 Bad Request", "Response Body": "x", "Errors": [["/con/s", %q]]}`, problem))
		if !errors.Is(err, want) || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v", problem, err)
		}
	}
}
