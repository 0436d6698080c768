package signin

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func (s *service) cached(t *testing.T, dir, key string) *Transport {
	settings := Settings{User: "a:b", Key: key, URL: s.URL, Source: t.Name()}
	return &Transport{Base: http.DefaultTransport, SignIn: Cache{Dir: dir}.Signer(settings, http.DefaultTransport)}
}

// A hundred jobs with the same settings sign in once; when the token dies, once more.
func TestManySignInOnce(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	dir := filepath.Join(t.TempDir(), "cache", "tokens")
	jobs := func() {
		t.Helper()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if status, _, err := get(s.cached(t, dir, "secret"), "/c", nil); err != nil || status != 200 {
					t.Errorf("%d %v", status, err)
				}
			})
		}
		wg.Wait()
	}
	jobs()
	if n := s.signIns.Load(); n != 1 {
		t.Errorf("%d sign-ins for 100 jobs", n)
	}
	s.kill()
	jobs()
	if n := s.signIns.Load(); n != 2 {
		t.Errorf("%d sign-ins, want one more when the token died", n)
	}
	s.life = "3600"
	s.kill()
	jobs()
	if n := s.signIns.Load(); n != 3 {
		t.Errorf("%d sign-ins with announced ends", n)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 || strings.Contains(e.Name(), "a:b") {
			t.Errorf("%s %v %v", e.Name(), info.Mode(), err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, e.Name())); err != nil || strings.Contains(string(text), "secret") {
			t.Errorf("%s: %s %v", e.Name(), text, err)
		}
	}
}

// A token is nobody else's: another secret, even a wrong one, does not get it.
func TestCacheTellsSettingsApart(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	dir := t.TempDir()
	if _, _, err := get(s.cached(t, dir, "secret"), "/c", nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := get(s.cached(t, dir, "wrong"), "/c", nil); err == nil || !strings.Contains(err.Error(), "refuses a:b") {
		t.Errorf("%v", err)
	}
	seen := map[string]bool{}
	for _, change := range []func(*Settings){
		func(*Settings) {}, func(s *Settings) { s.User = "x" }, func(s *Settings) { s.Key = "x" }, func(s *Settings) { s.URL = "x" },
		func(s *Settings) { s.Way = KeystoneV3 }, func(s *Settings) { s.Project = "x" }, func(s *Settings) { s.Region = "x" },
		func(s *Settings) { s.StorageURL = "x" }, func(s *Settings) { s.Token = "x" }, func(s *Settings) { s.CredentialID = "x" },
		func(s *Settings) { s.Interface = "x" }, func(s *Settings) { s.Insecure = true },
	} {
		settings := Settings{}
		change(&settings)
		if print := settings.fingerprint(); seen[print] {
			t.Errorf("%+v is like another", settings)
		} else {
			seen[print] = true
		}
	}
}

// A 403 to a token of the cache may mean that it has not got the rights that were given since: it is
// believed while the token is new, so that many who meet one sign in little.
func TestForbiddenFromTheCache(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	dir := t.TempDir()
	if _, _, err := get(s.cached(t, dir, "secret"), "/c", nil); err != nil {
		t.Fatal(err)
	}
	s.deny = http.StatusForbidden
	denied := func(want int64) {
		t.Helper()
		for range 3 {
			if status, _, err := get(s.cached(t, dir, "secret"), "/c", nil); err != nil || status != 403 {
				t.Fatalf("%d %v", status, err)
			}
		}
		if n := s.signIns.Load(); n != want {
			t.Errorf("%d sign-ins, want %d", n, want)
		}
	}
	denied(1)
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	var e entry
	text, err := os.ReadFile(files[0])
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	e.Made = e.Made.Add(-time.Minute)
	old, _ := json.Marshal(e)
	if err := errors.Join(err, os.WriteFile(files[0], old, 0o600)); err != nil {
		t.Fatal(err)
	}
	denied(2)
	s.mu.Lock()
	s.deny = 0
	s.mu.Unlock()
	if status, _, err := get(s.cached(t, dir, "secret"), "/c", nil); err != nil || status != 200 || s.signIns.Load() != 2 {
		t.Errorf("%d %v after %d sign-ins", status, err, s.signIns.Load())
	}
}

// A cache that is damaged, of others, or of another time is not used, and mended.
func TestCacheIsNotTrusted(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	dir := t.TempDir()
	use := func() {
		t.Helper()
		if status, _, err := get(s.cached(t, dir, "secret"), "/c", nil); err != nil || status != 200 {
			t.Fatalf("%d %v", status, err)
		}
	}
	use()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	good, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for i, spoil := range []func() error{
		func() error { return os.WriteFile(files[0], good[:len(good)/2], 0o600) },
		func() error { return os.Chmod(files[0], 0o644) },
		func() error {
			return os.WriteFile(files[0], []byte(strings.ReplaceAll(string(good), "202", "199")), 0o600)
		},
		func() error {
			return os.WriteFile(files[0], []byte(strings.ReplaceAll(string(good), "http:", "ftp:")), 0o600)
		},
		func() error { return os.Remove(files[0]) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		use()
		if n := s.signIns.Load(); n != int64(i+2) {
			t.Errorf("case %d: %d sign-ins", i, n)
		}
		if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("case %d: %v", i, err)
		}
	}
	use()
	if n := s.signIns.Load(); n != 6 {
		t.Errorf("a good one: %d sign-ins", n)
	}
}

func TestCacheDir(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"HOME": "/h"}, "/h/.cache/sregistry-shell/tokens"},
		{map[string]string{"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/sregistry-shell/tokens"},
		{map[string]string{"HOME": "/h", "XDG_CACHE_HOME": "x"}, "/h/.cache/sregistry-shell/tokens"},
		{map[string]string{"HOME": "/h", envNoCache: "true"}, ""},
	} {
		if got := CacheDir(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %s", c.env, got)
		}
	}
}
