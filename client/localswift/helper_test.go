package localswift_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
)

// The users of the tests: two of one account, one of them without rights, and
// one of another.
var testUsers = []localswift.User{
	{Name: "test:owner", Key: "k1", Admin: true},
	{Name: "test:colleague", Key: "k2"},
	{Name: "other:stranger", Key: "k3", Admin: true},
	{Name: "root:root", Key: "k4", Admin: true, Reseller: true},
}

// as is somebody at an endpoint.
type as struct {
	t     testing.TB
	base  string // storage URL
	token string
}

// start runs an endpoint with the test users and signs the owner in.
func start(t testing.TB, o localswift.Options) (*localswifttest.Endpoint, *as) {
	t.Helper()
	if o.Users == nil {
		o.Users = testUsers
	}
	e := localswifttest.Start(t, o)
	servers.Store(e.StorageURL, e.Server)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return e, signIn(t, e, o.Users[0])
}

// signIn signs a user in; his requests go to the first user's account.
func signIn(t testing.TB, e *localswifttest.Endpoint, u localswift.User) *as {
	t.Helper()
	token, _ := e.SignIn(t, u.Name, u.Key)
	return &as{t, e.StorageURL, token}
}

// anonymous is nobody at the endpoint.
func anonymous(t testing.TB, e *localswifttest.Endpoint) *as { return &as{t, e.StorageURL, ""} }

type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request for an encoded path below the storage URL (or a whole
// URL). Headers are given as "Name: value".
func (a *as) do(method, path, body string, headers ...string) reply {
	a.t.Helper()
	r, err := a.try(method, path, strings.NewReader(body), headers...)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (a *as) try(method, path string, body io.Reader, headers ...string) (reply, error) {
	if !strings.HasPrefix(path, "http:") {
		path = a.base + path
	}
	req, err := http.NewRequest(method, path, body)
	if err != nil {
		return reply{}, err
	}
	if a.token != "" {
		req.Header.Set("X-Auth-Token", a.token)
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		if k == "Host" {
			req.Host = v
		}
		req.Header[http.CanonicalHeaderKey(k)] = []string{v}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(b)}, err
}

// want does a request and fails unless it is answered with the status.
func (a *as) want(status int, method, path, body string, headers ...string) reply {
	a.t.Helper()
	r := a.do(method, path, body, headers...)
	if r.status != status {
		a.t.Fatalf("%s %s %v: status %d (%s), want %d", method, path, headers, r.status, r.body, status)
	}
	return r
}

// names lists a container's or the account's names by JSON, subdirs included.
func (a *as) names(path string) []string {
	a.t.Helper()
	out := []string{}
	for _, e := range a.entries(path) {
		if s, ok := e["subdir"]; ok {
			out = append(out, s.(string))
		} else {
			out = append(out, e["name"].(string))
		}
	}
	return out
}

func (a *as) entries(path string) []map[string]any {
	a.t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	r := a.want(200, "GET", path+sep+"format=json", "")
	var out []map[string]any
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		a.t.Fatalf("%s: %v in %s", path, err, r.body)
	}
	return out
}

func md5hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// esc encodes a name for a path, slashes kept.
func esc(name string) string { return strings.ReplaceAll(url.PathEscape(name), "%2F", "/") }

func is[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// newServer serves h until the test ends.
func newServer(t testing.TB, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// pipe is a body that is sent piece by piece.
type pipe struct {
	*io.PipeReader
	w *io.PipeWriter
}

func newPipe() *pipe {
	r, w := io.Pipe()
	return &pipe{r, w}
}

func (p *pipe) write(s string) { io.WriteString(p.w, s) }
func (p *pipe) close()         { p.w.Close() }
