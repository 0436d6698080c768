package conformance

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// target is an endpoint under test, with a collection of its own for one case.
type target struct {
	*testing.T
	settings   signin.Settings
	client     *client.Client
	store      store.Store
	report     *record
	collection string
	dir        string
}

// personality is the server that the embedded endpoint answers for.
var personality localswift.Personality

// everywhere runs all cases on the server of the environment, else on the embedded endpoint: once
// as each server it can answer for.
func everywhere(m *testing.M) int {
	if os.Getenv("SREGISTRY_TEST_SERVER") != "" {
		return m.Run()
	}
	code := 0
	for _, personality = range []localswift.Personality{localswift.OpenStack, localswift.RGW} {
		fmt.Println("=== the embedded endpoint as", personality)
		code = max(code, m.Run())
	}
	return code
}

// repeated tells that a case ran already, as another server: for cases of what the client does by
// itself, which take long, once is enough.
func repeated() bool {
	return os.Getenv("SREGISTRY_TEST_SERVER") == "" && personality != localswift.OpenStack
}

// on makes a target for a case: the server of the environment, else a fresh embedded endpoint.
func on(t *testing.T) *target {
	t.Helper()
	x := &target{T: t, report: &record{}, dir: t.TempDir()}
	x.collection = "conf-" + strings.ToLower(rand.Text()[:10])
	if server := os.Getenv("SREGISTRY_TEST_SERVER"); server != "" {
		settings, err := signin.FromEnvironment(os.Getenv)
		if err != nil {
			t.Fatalf("SREGISTRY_TEST_SERVER is %s, but %v", server, err)
		}
		x.settings = settings
	} else {
		e := localswifttest.Start(t, localswift.Options{Personality: personality})
		x.settings = signin.Settings{User: e.User, Key: e.Key, URL: e.URL, Source: "the test"}
	}
	x.client = x.connect(client.Config{})
	x.store = storeOn(t, x.settings)
	t.Cleanup(x.sweep)
	t.Cleanup(func() { x.report.discreet(t, x.settings.Key) })
	return x
}

// storeOn is the storage behind a client, as it is.
func storeOn(t *testing.T, settings signin.Settings) store.Store {
	return storeThrough(t, settings, func(base http.RoundTripper) http.RoundTripper { return base })
}

// storeThrough is that, with something between it and the network.
func storeThrough(t *testing.T, settings signin.Settings, wrap func(http.RoundTripper) http.RoundTripper) store.Store {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	base := wrap(transport)
	return store.NewSwift(store.Status{Base: &signin.Transport{Base: base, SignIn: func(ctx context.Context) (signin.Session, error) {
		return signin.SignIn(ctx, settings, base)
	}}})
}

// connect makes another client for the endpoint.
func (x *target) connect(cfg client.Config) *client.Client {
	if cfg.Settings.URL == "" {
		cfg.Settings = x.settings
	}
	cfg.Reporter, cfg.Debug, cfg.FirstWait = x.report, true, time.Millisecond
	c := client.New(cfg)
	x.Cleanup(func() {
		if err := c.Close(); err != nil {
			x.Error(err)
		}
	})
	return c
}

// sweep empties the case's collection; on a shared server it also leaves no object behind.
func (x *target) sweep() {
	ctx := context.Background()
	for o, err := range x.store.List(ctx, x.collection, store.Listing{}) {
		if err != nil {
			return
		}
		if err := x.store.Delete(ctx, o.Key); err != nil {
			x.Errorf("sweeping %s: %v", o.Key, err)
		}
	}
	x.store.Delete(ctx, store.Key{Container: x.collection})
}

// file writes a file of n random bytes that begins like a SIF.
func (x *target) file(name string, n int) string {
	x.Helper()
	content := make([]byte, n)
	rand.Read(content)
	copy(content, "#!/usr/bin/env run-singularity\n\x00SIF_MAGIC\x0001\x00")
	return x.write(name, content)
}

func (x *target) write(name string, content []byte) string {
	x.Helper()
	path := filepath.Join(x.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		x.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		x.Fatal(err)
	}
	return path
}

func (x *target) read(path string) string {
	x.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		x.Fatal(err)
	}
	return string(b)
}

// object stores an object as another tool would.
func (x *target) object(name, content string, h store.Header) {
	x.Helper()
	if err := x.store.CreateContainer(x.Context(), x.collection); err != nil {
		x.Fatal(err)
	}
	if h.ContentType == "" {
		h.ContentType = "application/octet-stream"
	}
	if _, err := x.store.Put(x.Context(), store.Key{Container: x.collection, Object: name}, strings.NewReader(content), 0, int64(len(content)), h); err != nil {
		x.Fatal(err)
	}
}

// name is collection/rest.
func (x *target) name(rest string) string { return x.collection + "/" + rest }

func (x *target) push(path, rest string) client.Image {
	x.Helper()
	image, err := x.client.Push(x.Context(), client.PushRequest{Path: path, Name: x.name(rest)})
	if err != nil {
		x.Fatal(err)
	}
	return image
}

// objects are the names of all objects in the collection.
func (x *target) objects() string {
	x.Helper()
	var names []string
	for o, err := range x.store.List(x.Context(), x.collection, store.Listing{}) {
		if err != nil {
			x.Fatal(err)
		}
		names = append(names, o.Object)
	}
	return fmt.Sprint(names)
}

// wants fails unless err has the code.
func (x *target) wants(err error, code client.Code) {
	x.Helper()
	if err == nil || client.CodeOf(err) != code {
		x.Errorf("the error is %v (%s), want %s", err, client.CodeOf(err), code)
	}
}

// left fails when the case's folder holds anything but these files.
func (x *target) left(want ...string) {
	x.Helper()
	entries, err := os.ReadDir(x.dir)
	if err != nil {
		x.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		x.Errorf("the folder holds %v, want %v", got, want)
	}
}

// record is a client.Reporter that remembers.
type record struct {
	mu                     sync.Mutex
	notes, warns, requests []string
	moved                  map[string]int64
	all                    strings.Builder // all that was ever said
}

func (r *record) Note(s string)  { r.hear(&r.notes, s) }
func (r *record) Warn(s string)  { r.hear(&r.warns, s) }
func (r *record) Plan(s string)  { r.hear(&r.notes, s) }
func (r *record) Debug(s string) { r.hear(&r.requests, s) }

func (r *record) hear(kind *[]string, s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*kind = append(*kind, s)
	r.all.WriteString(s + "\n")
}

// swiftToken is what the tokens of the servers look like: of the endpoint and OpenStack Swift, of RGW, of
// Keystone.
var swiftToken = regexp.MustCompile(`AUTH_(tk|rgwtk)[0-9a-f]{8}|gAAAA[0-9A-Za-z_-]{20}`)

// discreet fails when a secret was said in a case, also with the requests. A short key is a word that
// may stand anywhere.
func (r *record) discreet(t *testing.T, key string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range strings.Lines(r.all.String()) {
		if swiftToken.MatchString(line) || len(key) > 8 && strings.Contains(line, key) {
			t.Errorf("a secret is said: %.40s...", line)
		}
	}
}

func (r *record) Begin(t client.Transfer) client.Meter { return &meter{r, t.Verb} }

type meter struct {
	r    *record
	verb string
}

func (m *meter) Add(n int64) {
	m.r.mu.Lock()
	defer m.r.mu.Unlock()
	if m.r.moved == nil {
		m.r.moved = map[string]int64{}
	}
	m.r.moved[m.verb] += n
}

func (m *meter) End(error) {}

// take returns what was told since the last take.
func (r *record) take() (notes, warns, requests []string, moved map[string]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	notes, warns, requests, moved = r.notes, r.warns, r.requests, r.moved
	r.notes, r.warns, r.requests, r.moved = nil, nil, nil, nil
	return notes, warns, requests, moved
}
