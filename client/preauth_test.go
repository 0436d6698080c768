package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// A token that is at hand and dies in the middle of a pull is denied, and what was fetched is kept:
// with another token the pull goes on.
func TestTokenExpiresInAPull(t *testing.T) {
	e := localswifttest.Start(t, localswift.Options{})
	content := make([]byte, 160<<20)
	rand.Read(content)
	dir := t.TempDir()
	path, target := filepath.Join(dir, "a.sif"), filepath.Join(dir, "b.sif")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	owner := New(Config{Settings: signin.Settings{User: e.User, Key: e.Key, URL: e.URL}})
	defer owner.Close()
	if _, err := owner.Push(context.Background(), PushRequest{Path: path, Name: "lab/a"}); err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	var ranges, alive atomic.Int64
	alive.Store(9)
	proxy := httputil.NewSingleHostReverseProxy(at)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.Header.Get("Range") != "" && ranges.Add(1) > alive.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	defer server.Close()
	token, storage := e.SignIn(t, e.User, e.Key)
	pull := func() error {
		c := New(Config{FirstWait: 1, Settings: signin.Settings{Way: signin.Preauth, Token: token, StorageURL: strings.Replace(storage, e.URL, server.URL, 1)}})
		defer c.Close()
		_, err := c.Pull(context.Background(), PullRequest{Image: "lab/a", File: target})
		return err
	}
	if err := pull(); CodeOf(err) != Denied || !strings.Contains(err.Error(), "token expired") || strings.Contains(err.Error(), token) {
		t.Errorf("%v", err)
	}
	all := ranges.Load()
	if kept, err := filepath.Glob(target + ".*"); err != nil || len(kept) == 0 {
		t.Errorf("nothing is kept: %v", err)
	}
	ranges.Store(0)
	alive.Store(1 << 30)
	if err := pull(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(target); err != nil || !bytes.Equal(got, content) {
		t.Error("the image is another one", err)
	}
	// The tenth range is asked for when others are whole, for fewer move at once.
	if again := ranges.Load(); again >= all {
		t.Errorf("%d ranges, and then %d", all, again)
	}
}
