package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestFromEnvironment(t *testing.T) {
	env := map[string]string{envUser: "ceph:vanessa"}
	get := func(name string) string { return env[name] }
	_, err := FromEnvironment(get)
	var missing *MissingError
	if !errors.As(err, &missing) || fmt.Sprint(missing.Variables) != "[SREGISTRY_SWIFT_TOKEN SREGISTRY_SWIFT_URL]" {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(err.Error(), "--embedded") {
		t.Errorf("%v does not say how to do without", err)
	}
	env[envKey], env[envURL] = "geheim", "http://h:8080/"
	s, err := FromEnvironment(get)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(text, "geheim") {
		t.Errorf("the key is printed: %s", text)
	}
	for _, bad := range []string{"h:8080", "ftp://h", "http://u:geheim@h", "://", "u:geheim@h"} {
		env[envURL] = bad
		if _, err := FromEnvironment(get); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAuthURLs(t *testing.T) {
	for in, want := range map[string]string{
		"http://h:8080":            "[http://h:8080/auth/v1.0 http://h:8080/auth/]",
		"http://h:8080///":         "[http://h:8080/auth/v1.0 http://h:8080/auth/]",
		"http://h/radosgw/":        "[http://h/radosgw/auth/v1.0 http://h/radosgw/auth/]",
		"http://h/auth/":           "[http://h/auth/]",
		"http://h/auth/v1.0":       "[http://h/auth/v1.0]",
		"http://h/auth/1.0":        "[http://h/auth/1.0]",
		"https://h/v1.0":           "[https://h/v1.0]",
		"http://h/authentic/swift": "[http://h/authentic/swift/auth/v1.0 http://h/authentic/swift/auth/]",
	} {
		if got := fmt.Sprint(Settings{URL: in}.authURLs()); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// service is a Swift service that signs in at one path and serves objects behind a token.
type service struct {
	*httptest.Server
	path    string
	signIns atomic.Int64
	mu      sync.Mutex
	token   string
	dead    int // the status for a dead token
	deny    int // the status for every request with a live token, 0 for none
	life    string
}

func newService(t *testing.T, path string) *service {
	s := &service{path: path, dead: http.StatusUnauthorized}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *service) serve(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.URL.Path == s.path && r.Header.Get("X-Auth-Key") != "secret":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == s.path:
		s.token = fmt.Sprintf("tk%d", s.signIns.Add(1))
		w.Header().Set("X-Storage-Url", s.URL+"/v1/AUTH_x/")
		w.Header().Set("X-Auth-Token", s.token)
		if s.life != "" {
			w.Header().Set("X-Auth-Token-Expires", s.life)
		}
		w.WriteHeader(http.StatusNoContent)
	case !strings.HasPrefix(r.URL.Path, "/v1/AUTH_x"):
		w.WriteHeader(http.StatusNotFound)
	case s.token == "" || r.Header.Get("X-Auth-Token") != s.token:
		w.WriteHeader(s.dead)
	case s.deny != 0:
		w.WriteHeader(s.deny)
	case r.URL.Path == "/v1/AUTH_x/elsewhere":
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	default:
		fmt.Fprint(w, r.URL.EscapedPath())
	}
}

func (s *service) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

func (s *service) transport(key string) *Transport {
	settings := Settings{User: "a:b", Key: key, URL: s.URL}
	base := http.DefaultTransport
	return &Transport{Base: base, SignIn: func(ctx context.Context) (Session, error) {
		return SignIn(ctx, settings, base)
	}}
}

func get(tr http.RoundTripper, path string, body io.Reader) (int, string, error) {
	method := "GET"
	if body != nil {
		method = "PUT"
	}
	req, err := http.NewRequest(method, Placeholder+path, body)
	if err != nil {
		return 0, "", err
	}
	resp, err := (&http.Client{Transport: tr}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func TestSignsInAtEitherPath(t *testing.T) {
	for _, path := range []string{"/auth/v1.0", "/auth/"} {
		s := newService(t, path)
		status, text, err := get(s.transport("secret"), "/c/a%2Fb%20c", nil)
		if err != nil || status != 200 || text != "/v1/AUTH_x/c/a%2Fb%20c" {
			t.Errorf("%s: %d %s %v", path, status, text, err)
		}
	}
}

func TestWrongSecret(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	_, _, err := get(s.transport("wrong"), "/c", nil)
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized {
		t.Fatalf("%v: a 401 at one path must beat the 404 of the other", err)
	}
	if strings.Contains(err.Error(), "wrong\"") || !strings.Contains(err.Error(), "a:b") {
		t.Errorf("%v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	s.Close()
	_, _, err := get(s.transport("secret"), "/c", nil)
	var e *Error
	if !errors.As(err, &e) || e.Status != 0 || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Fatalf("%v", err)
	}
}

func TestOneRenewalForAll(t *testing.T) {
	for _, dead := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		s := newService(t, "/auth/v1.0")
		s.dead = dead
		tr := s.transport("secret")
		if _, _, err := get(tr, "/c", nil); err != nil {
			t.Fatal(err)
		}
		s.kill()
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if status, _, err := get(tr, "/c", nil); err != nil || status != 200 {
					t.Errorf("dead token as %d: %d %v", dead, status, err)
				}
			})
		}
		wg.Wait()
		if n := s.signIns.Load(); n != 2 {
			t.Errorf("dead token as %d: %d sign-ins, want 2", dead, n)
		}
	}
}

func TestBodyIsSentAgainByTheCaller(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	tr := s.transport("secret")
	if _, _, err := get(tr, "/c", nil); err != nil {
		t.Fatal(err)
	}
	s.kill()
	if _, _, err := get(tr, "/c", strings.NewReader("x")); !errors.Is(err, ErrRenewed) {
		t.Fatalf("%v", err)
	}
	if status, _, err := get(tr, "/c", strings.NewReader("x")); err != nil || status != 200 {
		t.Fatalf("%d %v", status, err)
	}
}

// Who cannot be signed in now is not told to look at the URL.
func TestBusySignIn(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer server.Close()
	_, err := SignIn(t.Context(), Settings{User: "a:b", Key: "k", URL: server.URL}, http.DefaultTransport)
	var e *Error
	if !errors.As(err, &e) || !e.Busy() || !strings.Contains(e.Error(), "cannot sign anybody in now (status 503)") || strings.Contains(e.Error(), "is it the URL") {
		t.Errorf("%v", err)
	}
}

func TestForbiddenIsForbidden(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	s.deny = http.StatusForbidden
	tr := s.transport("secret")
	for range 3 {
		if status, _, err := get(tr, "/c", nil); err != nil || status != 403 {
			t.Fatalf("%d %v", status, err)
		}
	}
	if status, _, err := get(tr, "/c", strings.NewReader("x")); err != nil || status != 403 {
		t.Fatalf("with a body: %d %v", status, err)
	}
	if n := s.signIns.Load(); n != 2 {
		t.Errorf("%d sign-ins, want one more than the first", n)
	}
}

// A server may give the same token again, as tempauth does while it lives: many refusals at once
// still cost one sign-in, and are believed then.
func TestForbiddenWithOneToken(t *testing.T) {
	var signIns atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer server.Close()
	tr := &Transport{Base: http.DefaultTransport, SignIn: func(context.Context) (Session, error) {
		signIns.Add(1)
		return Session{StorageURL: server.URL, token: "always"}, nil
	}}
	for range 3 {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if status, _, err := get(tr, "/c", nil); err != nil || status != 403 {
					t.Errorf("%d %v", status, err)
				}
			})
		}
		wg.Wait()
	}
	if n := signIns.Load(); n != 2 {
		t.Errorf("%d sign-ins, want one more than the first", n)
	}
}

func TestRenewsBeforeTheEnd(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	s.life = "3600"
	tr := s.transport("secret")
	for range 2 {
		if _, _, err := get(tr, "/c", nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.signIns.Load(); n != 1 {
		t.Fatalf("%d sign-ins", n)
	}
	tr.session.renewAt = tr.session.renewAt.Add(-3600e9)
	if _, _, err := get(tr, "/c", nil); err != nil {
		t.Fatal(err)
	}
	if n := s.signIns.Load(); n != 2 {
		t.Errorf("%d sign-ins, want a second one", n)
	}
}

func TestTokenLeavesForNoOtherHost(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	if _, _, err := get(s.transport("secret"), "/elsewhere", nil); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Fatalf("%v", err)
	}
}

func TestCanceledSignInFailsNobodyElse(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	tr := s.transport("secret")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := tr.current(ctx, Session{}); err == nil {
		t.Fatal("signed in under a canceled context")
	}
	if _, err := tr.current(context.Background(), Session{}); err != nil {
		t.Fatal(err)
	}
}
