package conformance

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
)

// endpoint is a server as plain HTTP sees it, with a container of its own for one case.
type endpoint struct {
	*testing.T
	caps      capabilities
	owner     *session // owns the account
	guest     *session // owns another account
	reader    *session // is in the owner's account without owning it
	key       string   // for TempURLs
	container string
	pass      func(time.Duration) // moves the clock; nil on a real server, whose clock moves by itself
	http      *http.Client
}

// raw runs a case of the raw part, which asks what an endpoint answers to plain HTTP.
func raw(t *testing.T, run func(x *endpoint)) {
	t.Parallel()
	if server := os.Getenv("SREGISTRY_TEST_SERVER"); server != "" {
		t.Run(server, func(t *testing.T) { run(realEndpoint(t, server)) })
		return
	}
	t.Run("embedded as "+personality.String(), func(t *testing.T) { run(embeddedEndpoint(t, personality)) })
}

func newEndpoint(t *testing.T, caps capabilities) *endpoint {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.DisableCompression = true
	t.Cleanup(tr.CloseIdleConnections)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &endpoint{
		T: t, caps: caps, container: "raw-" + strings.ToLower(rand.Text()[:12]),
		http: &http.Client{Transport: tr, CheckRedirect: stay},
	}
}

// realEndpoint signs in at the server of the environment.
func realEndpoint(t *testing.T, server string) *endpoint {
	caps, ok := servers[server]
	if !ok {
		t.Fatalf("SREGISTRY_TEST_SERVER is %q, which has no capabilities", server)
	}
	x := newEndpoint(t, caps)
	x.key = os.Getenv("SREGISTRY_TEST_TEMPURL_KEY")
	user := func(name, key, project string) *session {
		s := &session{user: os.Getenv(name), key: os.Getenv(key), project: os.Getenv(project)}
		if caps.Keystone {
			x.signInV3(s)
		} else {
			s.at = strings.TrimRight(os.Getenv("SREGISTRY_SWIFT_URL"), "/")
			x.signInV1(s)
		}
		return s
	}
	if caps.Keystone {
		x.owner = user("OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME")
	} else {
		x.owner = user("SREGISTRY_SWIFT_USER", "SREGISTRY_SWIFT_TOKEN", "")
	}
	x.guest = user("SREGISTRY_TEST_USER2", "SREGISTRY_TEST_TOKEN2", "SREGISTRY_TEST_PROJECT2")
	x.reader = user("SREGISTRY_TEST_USER3", "SREGISTRY_TEST_TOKEN3", "SREGISTRY_TEST_PROJECT3")
	return x.open()
}

// embeddedEndpoint starts an endpoint with the users the real server has.
func embeddedEndpoint(t *testing.T, p localswift.Personality) *endpoint {
	x := newEndpoint(t, servers[p.String()])
	x.key = "tempurl-secret"
	clock := &clock{now: time.Now()}
	x.pass = clock.pass
	users := []localswift.User{
		{Name: "test:tester", Key: "testing", Admin: true},
		{Name: "test2:tester2", Key: "testing2", Admin: true},
		{Name: "test:tester3", Key: "testing3", Reads: servers[p.String()].ReaderReads},
	}
	e := localswifttest.Start(t, localswift.Options{Personality: p, Users: users, Now: clock.time})
	var all []*session
	for _, u := range users {
		s := &session{user: u.Name, key: u.Key, at: e.URL}
		x.signInV1(s)
		all = append(all, s)
	}
	x.owner, x.guest, x.reader = all[0], all[1], all[2]
	return x.open()
}

// open makes the case's container, which goes when the case ends.
func (x *endpoint) open() *endpoint {
	if x.pass == nil {
		x.Cleanup(x.sweep)
	}
	x.steps(step{does: "PUT .", status: 201})
	return x
}

// sweep removes what the case left in its container; a server that is shared gets no fuller.
func (x *endpoint) sweep() {
	if x.ask(step{does: "HEAD ."}).status == 404 {
		return
	}
	var names strings.Builder
	for i, e := range x.list(".", "format=json") {
		name, _ := e["name"].(string)
		names.WriteString(x.container + "/" + url.PathEscape(name) + "\n")
		if i%500 == 499 {
			x.bulkDelete(names.String())
			names.Reset()
		}
	}
	x.bulkDelete(names.String() + x.container + "\n")
}

// clock tells the time an embedded endpoint goes by.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// time is a microsecond later at each call, so that what follows is never at the same time.
func (c *clock) time() time.Time {
	c.pass(time.Microsecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// step is one request and what the answer must be. In every text {c} is the case's container.
type step struct {
	// does is the method and what it is for: an object's name, encoded as in a URL; "." is the
	// container itself, what begins with "/" is below the storage URL, and an URL is itself.
	does   string
	query  string
	head   string   // request headers, one a line
	send   string   // the body
	by     *session // who asks, by default the owner
	status int
	shows  string // reply headers, one a line; a value "*" is any, none means that the header is absent
	body   string // "" is any, nothing is none at all
}

// nothing is the body of an answer without one.
const nothing = "\x00"

// nobody asks without a token.
var nobody = &session{}

// steps asks one after the other. A wrong answer fails the case and the next is asked still.
func (x *endpoint) steps(all ...step) {
	x.Helper()
	for _, s := range all {
		a := x.ask(s)
		what := strings.TrimSpace(s.does + "?" + s.query)
		if s.query != "" && s.send != "" {
			what += fmt.Sprintf(" %.100s", x.fill(s.send))
		}
		if h := x.fill(s.head); h != "" {
			what += " [" + strings.ReplaceAll(h, "\n", "; ") + "]"
		}
		if a.status != s.status {
			x.Errorf("%s: status %d, want %d; body %.300q", what, a.status, s.status, a.body)
		}
		if want := x.fill(s.body); want == nothing && a.body != "" || want != "" && want != nothing && a.body != want {
			x.Errorf("%s: body %.300q, want %.300q", what, a.body, strings.Trim(want, nothing))
		}
		for name, want := range headerLines(x.fill(s.shows)) {
			got, there := strings.Join(a.header.Values(name), ", "), a.header.Values(name) != nil
			if want == "*" && there || want == "" && !there || want != "" && got == want {
				continue
			}
			x.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
}

// headerLines splits "Name: value" lines.
func headerLines(text string) func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for line := range strings.SplitSeq(text, "\n") {
			name, value, ok := strings.Cut(line, ":")
			if ok && !yield(strings.TrimSpace(name), strings.TrimSpace(value)) {
				return
			}
		}
	}
}

func (x *endpoint) fill(text string) string { return strings.ReplaceAll(text, "{c}", x.container) }

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// address is the URL a step is for.
func (x *endpoint) address(does, query string) string {
	base := x.owner.url
	switch {
	case strings.Contains(does, "://"):
		base = does
	case strings.HasPrefix(does, "/"):
		base += does
	case does == "." || does == "./":
		base += "/" + x.container + does[1:]
	default:
		base += "/" + x.container + "/" + does
	}
	base = strings.TrimSuffix(base, "/.")
	if query != "" {
		base += "?" + query
	}
	return x.fill(base)
}

// ask sends a step's request.
func (x *endpoint) ask(s step) *answer {
	x.Helper()
	method, path, _ := strings.Cut(s.does, " ")
	if s.by == nil {
		s.by = x.owner
	}
	head := s.head
	if s.by.token != "" {
		head += "\nX-Auth-Token: " + s.by.token
	}
	return x.send(method, x.address(path, s.query), head, x.fill(s.send))
}

// send sends any request. Header names go out as they are written.
func (x *endpoint) send(method, address, head, body string) *answer {
	x.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		x.Fatal(err)
	}
	for name, value := range headerLines(x.fill(head)) {
		switch strings.ToLower(name) {
		case "host":
			req.Host = value
		case "transfer-encoding":
			req.ContentLength, req.Body = -1, io.NopCloser(strings.NewReader(body))
		default:
			req.Header[name] = append(req.Header[name], value)
		}
	}
	resp, err := x.http.Do(req)
	if err != nil {
		x.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		x.Fatalf("%s %s: %v", method, address, err)
	}
	return &answer{resp.StatusCode, resp.Header, string(got)}
}

// put stores objects: names and contents in turn.
func (x *endpoint) put(all ...string) {
	x.Helper()
	for i := 0; i < len(all); i += 2 {
		x.steps(step{does: "PUT " + all[i], send: all[i+1], status: 201})
	}
}

func md5of(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// pick is the one or the other.
func pick[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

// lines writes header lines.
func lines(all ...string) string { return strings.Join(all, "\n") }
