package localswift_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
)

func TestSignIn(t *testing.T) {
	e, a := start(t, localswift.Options{})
	auth := func(path string, headers ...string) reply {
		return (&as{t, e.URL, ""}).do("GET", path, "", headers...)
	}
	for _, path := range []string{"/auth/v1.0", "/auth/", "/auth", "/auth/v1.0/"} {
		r := auth(path, "X-Auth-User: test:owner", "X-Auth-Key: k1")
		is(t, path, r.status, 200)
		is(t, "storage URL", r.header.Get("X-Storage-Url"), e.URL+"/v1/AUTH_test")
		is(t, "the same token again", r.header.Get("X-Auth-Token"), a.token)
		is(t, "and by its other name", r.header.Get("X-Storage-Token"), a.token)
	}
	is(t, "Host", auth("/auth/v1.0", "X-Auth-User: test:owner", "X-Auth-Key: k1", "Host: example.org:99").header.Get("X-Storage-Url"), "http://example.org:99/v1/AUTH_test")
	is(t, "old names", auth("/auth/v1.0", "X-Storage-User: test:owner", "X-Storage-Pass: k1").status, 200)
	is(t, "wrong key", auth("/auth/v1.0", "X-Auth-User: test:owner", "X-Auth-Key: k2").status, 401)
	is(t, "unknown user", auth("/auth/v1.0", "X-Auth-User: test:nobody", "X-Auth-Key: k2").status, 401)
	is(t, "nothing", auth("/auth/v1.0").status, 401)
	is(t, "POST", (&as{t, e.URL, ""}).do("POST", "/auth/v1.0", "").status, 405)
	is(t, "elsewhere", auth("/elsewhere").status, 412)
	is(t, "healthcheck", auth("/healthcheck").body, "OK")

	anonymous(t, e).want(401, "GET", "", "")
	(&as{t, a.base, a.token + "00"}).want(401, "GET", "", "")
	(&as{t, a.base, "AUTH_tk00"}).want(401, "GET", "", "")
	is(t, "X-Storage-Token", (&as{t, a.base, ""}).do("GET", "", "", "X-Storage-Token: "+a.token).status, 204)
}

func TestTokensExpire(t *testing.T) {
	now := time.Now()
	e, a := start(t, localswift.Options{Now: func() time.Time { return now }, TokenLife: 10 * time.Second})
	a.want(204, "HEAD", "", "")
	now = now.Add(9 * time.Second)
	a.want(204, "HEAD", "", "")
	now = now.Add(time.Second)
	r := a.want(401, "HEAD", "", "")
	if !strings.HasPrefix(r.header.Get("Www-Authenticate"), "Swift realm=") {
		t.Errorf("Www-Authenticate: %q", r.header.Get("Www-Authenticate"))
	}
	b := signIn(t, e, testUsers[0])
	b.want(204, "HEAD", "", "")
	e.Server.ExpireTokens()
	b.want(401, "HEAD", "", "")
	signIn(t, e, testUsers[0]).want(204, "HEAD", "", "")
}

// What one process stored the next one serves, tokens hold, and the generated
// key stays.
func TestDirectoryLasts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b%?#ü", "data")
	var key, token string
	for i := range 2 {
		s, err := localswift.Open(localswift.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		u := s.Users()[0]
		is(t, "user", u.Name, "local:local")
		h := newServer(t, s.Handler())
		a := &as{t, h + "/v1/AUTH_local", token}
		if i == 0 {
			key = u.Key
			e := &localswifttest.Endpoint{URL: h}
			a.token, _ = e.SignIn(t, u.Name, u.Key)
			token = a.token
			a.want(201, "PUT", "/c", "")
			a.want(201, "PUT", "/c/o", "kept")
		}
		is(t, "body", a.want(200, "GET", "/c/o", "").body, "kept")
		is(t, "key", u.Key, key)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		a.want(500, "GET", "/c/o", "")
	}
	for name, mode := range map[string]os.FileMode{".": 0o700, "key": 0o600} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		is(t, name, st.Mode().Perm(), mode)
	}
}

// Two processes (here: two servers) share a directory; the second one's start
// does not sweep away what the first is writing.
func TestSharedDirectory(t *testing.T) {
	dir := t.TempDir()
	_, a := start(t, localswift.Options{Dir: dir})
	a.want(201, "PUT", "/c", "")
	pipe := newPipe()
	done := make(chan reply, 1)
	go func() {
		r, _ := a.try("PUT", "/c/slow", pipe)
		done <- r
	}()
	pipe.write("half ")
	_, b := start(t, localswift.Options{Dir: dir})
	b.want(201, "PUT", "/c/b", "from b")
	pipe.write("done")
	pipe.close()
	is(t, "slow PUT", (<-done).status, 201)
	is(t, "a's seen by b", b.want(200, "GET", "/c/slow", "").body, "half done")
	is(t, "b's seen by a", a.want(200, "GET", "/c/b", "").body, "from b")
	b.token = a.token
	b.want(204, "HEAD", "", "")
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []localswift.Options{{}, {Dir: file}, {Dir: t.TempDir(), Users: []localswift.User{{Name: "x"}}}} {
		if _, err := localswift.Open(o); err == nil || !strings.Contains(err.Error(), o.Dir) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.db"), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := localswift.Open(localswift.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("no database: %v", err)
	}
}

func TestIsLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:1": true, "[::1]:80": true, "127.9.9.9": true,
		":8080": false, "0.0.0.0:8080": false, "192.0.2.1:80": false, "example.org:80": false, "[::]:1": false,
	} {
		is(t, addr, localswift.IsLoopback(addr), want)
	}
}

// A directory that another machine has open is refused by name.
func TestOtherMachine(t *testing.T) {
	dir := t.TempDir()
	_, a := start(t, localswift.Options{Dir: dir})
	a.want(201, "PUT", "/c", "")
	if err := os.WriteFile(filepath.Join(dir, "lock"), []byte("elsewhere"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := localswift.Open(localswift.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(); err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("opened: %v", err)
	}
}

// A line a request is told, and nothing in it that lets anybody in.
func TestLogKeepsSecrets(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	e, a := start(t, localswift.Options{Log: func(line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/o", "0123")
	nobody := anonymous(t, e)
	nobody.want(401, "GET", "/c/o?temp_url_sig=5eC4e7&temp_url_expires=9999999999", "")
	nobody.want(401, "GET", "/c/o?temp_url_sig=5eC4e7;x", "")
	mu.Lock()
	defer mu.Unlock()
	all := strings.Join(lines, "\n")
	is(t, "lines", len(lines), 5)
	for _, secret := range []string{a.token, testUsers[0].Key, "5eC4e7"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is told: %s", secret, all)
		}
	}
	if want := "PUT /v1/AUTH_test/c/o: 201 for test:owner, 4 bytes in, 0 out"; !strings.Contains(all, want) {
		t.Errorf("%s\ndoes not tell %s", all, want)
	}
}
