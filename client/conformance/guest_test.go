package conformance

import (
	"cmp"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// withGuest is a target whose server has a second account, and a client of a user of that, who
// works in the target's account. name is what an access list calls the user.
func withGuest(t *testing.T) (x *target, guest *client.Client, name string) {
	t.Helper()
	x = on(t)
	second := secondUser(x.settings)
	if os.Getenv("SREGISTRY_TEST_SERVER") == "" {
		e := localswifttest.Start(t, localswift.Options{Personality: personality, Users: []localswift.User{
			{Name: "lab:owner", Key: "k", Admin: true}, {Name: "guests:ann", Key: "secret-of-ann", Admin: true},
		}})
		x.settings = signin.Settings{User: "lab:owner", Key: "k", URL: e.URL, Source: "the test"}
		x.client, x.store = x.connect(client.Config{}), storeOn(t, x.settings)
		second = signin.Settings{User: "guests:ann", Key: "secret-of-ann", URL: e.URL, Source: "the test"}
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	defer base.CloseIdleConnections()
	session, err := signin.SignIn(t.Context(), x.settings, base)
	if err != nil {
		t.Fatal(err)
	}
	second.StorageURL = session.StorageURL
	guest = x.connect(client.Config{Settings: second})
	who, err := guest.Whoami(t.Context(), client.WhoamiRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return x, guest, cmp.Or(who.ID, second.User)
}

// secondUser is the settings of a user of another account on the server of the environment.
func secondUser(owner signin.Settings) signin.Settings {
	s := signin.Settings{User: os.Getenv("SREGISTRY_TEST_USER2"), Key: os.Getenv("SREGISTRY_TEST_TOKEN2"), URL: owner.URL, Source: "the test"}
	if owner.Way == signin.KeystoneV3 {
		s.Way, s.Keystone = owner.Way, owner.Keystone
		s.Project, s.ProjectID = os.Getenv("SREGISTRY_TEST_PROJECT2"), ""
	}
	return s
}

// A colleague with rights on one collection searches, lists, pulls and pushes there, large images,
// too; what is forbidden is denied, and says what.
func TestRightsOfAColleague(t *testing.T) {
	x, guest, name := withGuest(t)
	small, large := x.file("small.sif", 300), x.file("large.sif", 3500)
	x.push(small, "s:v1")
	x.pushBig(large, "l:v1")
	ctx := t.Context()
	pull := func(image, want string) {
		t.Helper()
		out := x.dir + "/out"
		if _, err := guest.Pull(ctx, client.PullRequest{Image: x.name(image), File: out, Force: true}); err != nil || x.read(out) != x.read(want) {
			t.Errorf("pull %s: %v", image, err)
		}
	}
	denied := func(what string, err error) {
		t.Helper()
		if client.CodeOf(err) != client.Denied {
			t.Errorf("%s: %v (%s), want denied", what, err, client.CodeOf(err))
		}
	}
	push := func(path, image string) error {
		_, err := guest.Push(ctx, client.PushRequest{Path: path, Name: x.name(image), Segment: 1000})
		return err
	}
	_, err := guest.Search(ctx, client.ListRequest{Query: x.name("")})
	denied("search without rights", err)
	_, err = guest.Pull(ctx, client.PullRequest{Image: x.name("s:v1"), File: x.dir + "/out"})
	denied("pull without rights", err)
	denied("push without rights", push(small, "s:v2"))

	account, _, _ := strings.Cut(name, ":")
	got := x.access(client.AccessRequest{Read: to([]string{name})})
	wholeAccounts := !slices.Equal(got.Read, []string{name})
	if _, warns, _, _ := x.report.take(); wholeAccounts {
		if !slices.Equal(got.Read, []string{account}) || len(warns) != 1 || !strings.Contains(warns[0], "everybody of "+account) {
			t.Errorf("%s may read is shown as %v, with the warnings %q", name, got.Read, warns)
		}
	}
	if found, err := guest.Search(ctx, client.ListRequest{Query: x.name("")}); err != nil || len(found) != 2 {
		t.Errorf("search: %q, %v", found, err)
	}
	if list, err := guest.List(ctx, client.ListRequest{Query: x.name("")}); err != nil || len(list) != 2 || list[0].SHA256 == "" {
		t.Errorf("list: %v, %v", list, err)
	}
	pull("s:v1", small)
	pull("l:v1", large)
	denied("push with the right to read", push(small, "s:v2"))
	denied("large push with the right to read", push(large, "l:v2"))
	_, err = guest.Delete(ctx, client.DeleteRequest{Image: x.name("s:v1")})
	denied("delete with the right to read", err)
	_, err = guest.Access(ctx, client.AccessRequest{Collection: x.collection, Public: to(true)})
	denied("access by a guest", err)
	if strings.Count(err.Error(), "owner") != 1 {
		t.Errorf("%q says a thing twice", err)
	}
	_, err = guest.Push(ctx, client.PushRequest{Path: small, Name: x.collection + "-other/s"})
	if err == nil {
		// Where containers are of whoever makes them, it is the guest's own.
		other := *x
		other.collection += "-other"
		own := secondUser(x.settings)
		if os.Getenv("SREGISTRY_TEST_SERVER") == "" {
			own.User, own.Key = name, "secret-of-ann"
		}
		other.store = storeOn(t, own)
		other.sweep()
	} else {
		denied("push to a collection that is not there", err)
	}

	x.report.take()
	x.access(client.AccessRequest{Write: to([]string{name})})
	_, warns, _, _ := x.report.take()
	if told := strings.Join(warns, "\n"); strings.Contains(told, "may also change who may use it") != wholeAccounts || strings.Contains(told, "what they push is theirs") != wholeAccounts {
		t.Errorf("to let somebody write, who is trusted with all where names mean whole accounts (%v), warns %q", wholeAccounts, warns)
	}
	if err := push(small, "g:v1"); err != nil {
		t.Errorf("push: %v", err)
	}
	if err := push(large, "h:v1"); err != nil {
		t.Errorf("large push: %v", err)
	}
	pull("g:v1", small)
	pull("h:v1", large)
	for _, image := range []string{"g:v1", "h:v1"} {
		if _, err := guest.Delete(ctx, client.DeleteRequest{Image: x.name(image)}); err != nil {
			t.Errorf("delete %s: %v", image, err)
		}
	}
	if got := len(x.segments()); got != 4 {
		t.Errorf("%d segments, want those of the owner's image", got)
	}
	if used, err := guest.Usage(ctx, client.UsageRequest{Collection: x.collection}); err != nil || len(used) != 1 || used[0].Objects != 6 {
		t.Errorf("usage: %v, %v", used, err)
	}

	x.access(client.AccessRequest{Read: to([]string{}), Write: to([]string{})})
	_, err = guest.Pull(ctx, client.PullRequest{Image: x.name("s:v1"), File: x.dir + "/out", Force: true})
	denied("pull after the rights were taken", err)
	for _, told := range func() []string { n, w, r, _ := x.report.take(); return slices.Concat(n, w, r) }() {
		if strings.Contains(told, "secret-of-ann") {
			t.Errorf("told: %s", told)
		}
	}
}

// A public collection is read by everybody who knows where it is, large images, too.
func TestPublic(t *testing.T) {
	x := on(t)
	small, large := x.file("small.sif", 300), x.file("large.sif", 3500)
	x.push(small, "s:v1")
	x.pushBig(large, "l:v1")
	base := http.DefaultTransport.(*http.Transport).Clone()
	defer base.CloseIdleConnections()
	session, err := signin.SignIn(t.Context(), x.settings, base)
	if err != nil {
		t.Fatal(err)
	}
	where := session.StorageURL + "/" + x.collection + "/"
	x.access(client.AccessRequest{Public: to(true)})
	for object, path := range map[string]string{"s-v1.sif": small, "l-v1.sif": large} {
		if status, body := x.fetch("GET", where+object, ""); status != 200 || body != x.read(path) {
			t.Errorf("%s: %d, %d bytes", object, status, len(body))
		}
	}
	if status, body := x.fetch("GET", where, ""); status != 200 || !strings.Contains(body, "s-v1.sif") {
		t.Errorf("the listing: %d", status)
	}
	x.access(client.AccessRequest{Public: to(false)})
	if status, _ := x.fetch("GET", where+"s-v1.sif", ""); status != 401 {
		t.Errorf("after it: %d", status)
	}
}

// A colleague with rights on one collection alone moves images of tens of MiB there, in parallel both ways, and
// replaces the owner's: all of an image is in the collection.
func TestColleagueMovesLargeImages(t *testing.T) {
	x, guest, name := withGuest(t)
	const size, segment = 36 << 20, 8 << 20
	push := func(by *client.Client, file, image string) {
		t.Helper()
		if _, err := by.Push(t.Context(), client.PushRequest{Path: x.file(file, size), Name: x.name(image), Segment: segment}); err != nil {
			t.Fatal(err)
		}
	}
	pull := func(file, image string) {
		t.Helper()
		x.report.take()
		out := filepath.Join(x.dir, "out")
		if _, err := guest.Pull(t.Context(), client.PullRequest{Image: x.name(image), File: out, Force: true}); err != nil {
			t.Fatal(err)
		}
		_, _, requests, _ := x.report.take()
		ranges := 0
		for _, r := range requests {
			if strings.Contains(r, "bytes=") {
				ranges++
			}
		}
		if ranges < 3 || x.read(out) != x.read(filepath.Join(x.dir, file)) {
			t.Errorf("%s came by %d ranges, or as other bytes", image, ranges)
		}
	}
	push(x.client, "mine.sif", "mine")
	x.access(client.AccessRequest{Read: to([]string{name}), Write: to([]string{name})})
	pull("mine.sif", "mine")
	push(guest, "hers.sif", "hers")
	pull("hers.sif", "hers")
	push(guest, "better.sif", "mine")
	pull("better.sif", "mine")
	if got, want := len(x.segments()), 2*((size+segment-1)/segment); got != want {
		t.Errorf("%d segments, want %d: those of two images", got, want)
	}
	for _, image := range []string{"mine", "hers"} { // on some servers only she may
		if _, err := guest.Delete(t.Context(), client.DeleteRequest{Image: x.name(image)}); err != nil {
			t.Error(err)
		}
	}
	if left := x.segments(); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}
