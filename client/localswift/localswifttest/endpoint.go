// Package localswifttest starts embedded Swift endpoints for tests.
//
// It is apart from localswift so that no program links package testing.
package localswifttest

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

// Endpoint is a running endpoint on the loopback interface.
type Endpoint struct {
	URL        string // http://127.0.0.1:PORT; sign in at URL + "/auth/v1.0"
	User       string // the first user's name
	Key        string // and key
	StorageURL string // and storage URL
	Server     *localswift.Server
}

// Start runs an endpoint until the test ends. Without o.Dir it uses a temporary
// directory. It never syncs to disk: the directory is as safe as the process.
// The test fails if the endpoint cannot start, or does not stop cleanly.
func Start(t testing.TB, o localswift.Options) *Endpoint {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	o.NoSync = true
	s, err := localswift.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("embedded endpoint: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("embedded endpoint: %v", err)
		}
	})
	u := s.Users()[0]
	url := "http://" + ln.Addr().String()
	return &Endpoint{URL: url, User: u.Name, Key: u.Key, StorageURL: s.StorageURL(url, u.Name), Server: s}
}

// SignIn signs in by v1 authentication and returns the token and the storage
// URL. The test fails if that is refused.
func (e *Endpoint) SignIn(t testing.TB, user, key string) (token, storageURL string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, e.URL+"/auth/v1.0", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Auth-User", user)
	req.Header.Set("X-Auth-Key", key)
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("signing in as %s: %s", user, resp.Status)
	}
	return resp.Header.Get("X-Auth-Token"), resp.Header.Get("X-Storage-Url")
}
