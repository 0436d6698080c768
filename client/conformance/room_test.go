package conformance

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// setQuota gives the case's collection a quota in bytes, and tells whether the server shows it:
// RGW enforces one and keeps it to itself.
func (x *target) setQuota(bytes string) (shown bool) {
	x.Helper()
	return x.setQuotaOf("Bytes", bytes)
}

// setQuotaOf gives it one of Bytes, or a Count of objects.
func (x *target) setQuotaOf(what, n string) (shown bool) {
	x.Helper()
	base := http.DefaultTransport.(*http.Transport).Clone()
	defer base.CloseIdleConnections()
	token := &signin.Transport{Base: base, SignIn: func(ctx context.Context) (signin.Session, error) {
		return signin.SignIn(ctx, x.settings, base)
	}}
	header := "X-Container-Meta-Quota-" + what
	for _, method := range []string{http.MethodPost, http.MethodHead} {
		req, err := http.NewRequestWithContext(x.Context(), method, signin.Placeholder+"/"+x.collection, nil)
		if err != nil {
			x.Fatal(err)
		}
		if method == http.MethodPost {
			req.Header.Set(header, n)
		}
		resp, err := token.RoundTrip(req)
		if err != nil {
			x.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			x.Fatalf("the quota: %s: %s", method, resp.Status)
		}
		shown = resp.Header.Get(header) == n
	}
	return shown
}

// puts counts the requests that store something.
func puts(requests []string) (n int) {
	for _, r := range requests {
		if strings.HasPrefix(r, "PUT ") {
			n++
		}
	}
	return n
}

// A push in segments that a quota leaves no room for is refused before any byte moves, where the
// server shows the quota, and otherwise by the server.
func TestNoRoom(t *testing.T) {
	x := on(t)
	old := x.file("old.sif", 2500)
	x.pushBig(old, "a")
	shown := x.setQuota("9000")
	path := x.file("a.sif", 7500)
	x.report.take()
	_, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000})
	x.wants(err, client.Full)
	if _, _, requests, _ := x.report.take(); shown && puts(requests) != 0 {
		t.Errorf("something was sent: %q", requests)
	}
	if text := err.Error(); shown && !(strings.Contains(text, "7.5 kB") && strings.Contains(text, "9.0 kB") && strings.Contains(text, x.collection)) {
		t.Errorf("%q does not say what is needed, and of which quota", text)
	}
	x.back("a", old)
	x.setQuota("1000000")
	x.pushBig(path, "a")
	x.back("a", path)
}

// sparse makes a file of n bytes that takes no room on a disk.
func (x *target) sparse(name string, n int64) string {
	x.Helper()
	path := x.file(name, 0)
	if err := os.Truncate(path, n); err != nil {
		x.Fatal(err)
	}
	return path
}

// A large push is refused before any byte moves also where the server keeps the quota to itself.
func TestNoRoomThatIsUntold(t *testing.T) {
	x := on(t)
	x.push(x.file("old.sif", 2500), "b")
	x.setQuota("60000000")
	_, err := x.client.Push(t.Context(), client.PushRequest{Path: x.sparse("a.sif", 70<<20), Name: x.name("a"), Segment: 16 << 20})
	x.wants(err, client.Full)
	if n := len(x.segments()); n > 0 {
		t.Errorf("%d segments were sent", n)
	}
	if !strings.Contains(err.Error(), "73 MB are needed") || !strings.Contains(err.Error(), x.collection) {
		t.Errorf("%q does not say what is needed, and of which quota", err)
	}
}

// Where nobody objects the question leaves nothing behind.
func TestRoomLeavesNothing(t *testing.T) {
	x := on(t)
	path := x.sparse("a.sif", 70<<20)
	x.push(x.file("b.sif", 10), "b")
	x.setQuota("90000000")
	if _, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: 16 << 20}); err != nil {
		t.Fatal(err)
	}
	if n := len(x.segments()); n != 5 {
		t.Errorf("there are %d objects below .segments/, want 5", n)
	}
}

// What was sent before an interrupted push counts as used, not as needed.
func TestRoomForTheRest(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 40_500)
	ctx, cancel := context.WithCancel(t.Context())
	broken := client.New(client.Config{Settings: x.settings, Reporter: &breaks{record: x.report, cancel: cancel, after: 25_000}})
	defer broken.Close()
	_, err := broken.Push(ctx, client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000})
	x.wants(err, client.Canceled)
	if n := len(x.segments()); n < 25-8 { // eight were on their way
		t.Fatalf("%d segments were kept", n)
	}
	x.setQuota("52000") // less than what is kept and the whole image together, more with its manifest
	x.pushBig(path, "a")
	x.back("a", path)
}

// The quota of the account counts as well; only whoever runs the server may set it.
func TestNoRoomInTheAccount(t *testing.T) {
	e := localswifttest.Start(t, localswift.Options{Users: []localswift.User{
		{Name: "lab:me", Key: "k", Admin: true}, {Name: "admin:admin", Key: "k", Admin: true, Reseller: true}, {Name: "other:ann", Key: "k"},
	}})
	token, _ := e.SignIn(t, "admin:admin", "k")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.Server.StorageURL(e.URL, "lab:me"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", token)
	req.Header.Set("X-Account-Meta-Quota-Bytes", "5000")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	x := &target{T: t, report: &record{}, dir: t.TempDir(), collection: "lab"}
	x.settings = signin.Settings{User: "lab:me", Key: "k", URL: e.URL, Source: "the test"}
	x.client = x.connect(client.Config{})
	_, err = x.client.Push(t.Context(), client.PushRequest{Path: x.file("a.sif", 7500), Name: "lab/a", Segment: 1000})
	x.wants(err, client.Full)
	if _, _, requests, _ := x.report.take(); puts(requests) > 1 || !strings.Contains(err.Error(), "the account") {
		t.Errorf("%v after %q", err, requests)
	}

	// A colleague is not told of it.
	x.access(client.AccessRequest{Read: to([]string{"other:ann"}), Write: to([]string{"other:ann"})})
	ann := x.connect(client.Config{Settings: signin.Settings{
		User: "other:ann", Key: "k", URL: e.URL, StorageURL: e.Server.StorageURL(e.URL, "lab:me"), Source: "the test",
	}})
	_, err = ann.Push(t.Context(), client.PushRequest{Path: x.sparse("big.sif", 70<<20), Name: "lab/b", Segment: 16 << 20})
	x.wants(err, client.Full)
	x.store = storeOn(t, x.settings)
	if n := len(x.segments()); n > 0 {
		t.Errorf("a colleague sent %d segments", n)
	}
}

// The segments are objects, and so is what makes them one.
func TestNoRoomForSoManyObjects(t *testing.T) {
	x := on(t)
	x.push(x.file("b.sif", 10), "b")
	shown := x.setQuotaOf("Count", "4")
	path := x.file("a.sif", 3000)
	x.report.take()
	_, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000})
	x.wants(err, client.Full)
	if n := len(x.segments()); shown && n > 0 || shown && !strings.Contains(err.Error(), "4 objects are needed") {
		t.Errorf("%d segments were sent: %v", n, err)
	}
	if !shown && !strings.Contains(err.Error(), "let clean remove them") {
		t.Errorf("%q does not say what to do with the segments that were sent", err)
	}
	x.setQuotaOf("Count", "5")
	x.pushBig(path, "a")
	x.back("a", path)
}

// An operation that takes longer than the timeout is unavailable, and says why.
func TestTimeout(t *testing.T) {
	faults := &localswift.Plan{}
	e := localswifttest.Start(t, localswift.Options{Personality: personality, Faults: faults})
	faults.Add(localswift.Rule{Match: localswift.On("", "/lab"), Fault: localswift.Silence()})
	x := &target{T: t, report: &record{}, dir: t.TempDir(), collection: "lab"}
	x.settings = signin.Settings{User: e.User, Key: e.Key, URL: e.URL, Source: "the test"}
	c := x.connect(client.Config{Timeout: 50 * time.Millisecond})
	ctx, cancel := c.Bound(t.Context())
	defer cancel()
	_, err := c.List(ctx, client.ListRequest{Query: "lab/"})
	x.wants(err, client.Unavailable)
	if err == nil || !strings.Contains(err.Error(), "not done within 50ms, the --timeout") {
		t.Errorf("%v", err)
	}
	forever, cancel := x.connect(client.Config{}).Bound(t.Context())
	defer cancel()
	if _, bounded := forever.Deadline(); bounded {
		t.Error("an operation without a timeout has a deadline")
	}
}
