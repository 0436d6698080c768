package conformance

import (
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// onClock is the embedded endpoint with a clock that can be put forward.
func onClock(t *testing.T) (x *target, ahead *atomic.Int64) {
	t.Helper()
	ahead = &atomic.Int64{}
	e := localswifttest.Start(t, localswift.Options{Personality: personality, Now: func() time.Time {
		return time.Now().Add(time.Duration(ahead.Load()))
	}})
	x = &target{T: t, report: &record{}, dir: t.TempDir(), collection: "lab"}
	x.settings = signin.Settings{User: e.User, Key: e.Key, URL: e.URL, Source: "the test"}
	x.client = x.connect(client.Config{})
	x.store = storeOn(t, x.settings)
	return x, ahead
}

// listed are the objects that the server lists, segments left out.
func (x *target) listed() (objects []string) {
	x.Helper()
	for o, err := range x.store.List(x.Context(), x.collection, store.Listing{}) {
		if err != nil {
			x.Fatal(err)
		}
		if !strings.HasPrefix(o.Object, ".segments/") {
			objects = append(objects, o.Object)
		}
	}
	return objects
}

// An image that has expired is not there any more, whatever the server lists until it comes round to
// delete it; its segments are leftovers.
func TestExpiredAndListed(t *testing.T) {
	x, ahead := onClock(t)
	small, large := x.file("small.sif", 300), x.file("large.sif", 3500)
	push := func(path, name string, expires *time.Duration) {
		t.Helper()
		if _, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name(name), Segment: 1000, Expires: expires}); err != nil {
			t.Fatal(err)
		}
	}
	push(small, "a:ends", hours(1))
	push(large, "a:large", hours(1))
	push(small, "a:stays", nil)
	push(large, "a:later", hours(3))
	push(large, "b:extended", hours(1))
	push(small, "only:ends", hours(1))
	for _, object := range x.listed() {
		if strings.HasPrefix(object, "b-") { // with another tool: the record does not tell
			now, err := x.store.Stat(t.Context(), store.Key{Container: x.collection, Object: object})
			if err != nil {
				t.Fatal(err)
			}
			if err := x.store.SetExpiry(t.Context(), now.Key, store.Header{ContentType: now.ContentType, Expires: time.Now().Add(9 * time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	ahead.Store(int64(time.Hour + time.Minute)) // so short a time ago that the server has not come round
	if got := len(x.listed()); got != 6 {
		t.Fatalf("the server lists %q", x.listed())
	}
	want := []string{"lab/a-later.sif", "lab/a-stays.sif", "lab/b-extended.sif"}
	if got, err := x.client.Search(t.Context(), client.ListRequest{Query: "lab/"}); err != nil || !slices.Equal(got, want) {
		t.Errorf("search finds %q, %v", got, err)
	}
	var each []string
	for image, err := range x.client.Each(t.Context(), client.ListRequest{}) {
		if err != nil {
			t.Fatal(err)
		}
		each = append(each, image.Path())
	}
	if slices.Sort(each); !slices.Equal(each, want) {
		t.Errorf("each gives %q", each)
	}
	if tags, err := x.client.Versions(t.Context(), client.VersionsRequest{Image: x.name("a")}); err != nil || len(tags) != 2 {
		t.Errorf("versions are %v, %v", tags, err)
	}
	_, err := x.client.Versions(t.Context(), client.VersionsRequest{Image: x.name("only")})
	x.wants(err, client.NotFound)
	if _, images, err := x.client.Matches(t.Context(), []client.DeleteRequest{{Image: x.name("a*")}}); err != nil || len(images) != 2 {
		t.Errorf("the pattern means %v, %v", images, err)
	}
	for _, gone := range []string{"a:ends", "a:large", "a-ends.sif", "a-large.sif"} {
		_, err := x.client.Stat(t.Context(), client.StatRequest{Image: x.name(gone)})
		x.wants(err, client.NotFound)
		_, err = x.client.Pull(t.Context(), client.PullRequest{Image: x.name(gone), File: os.DevNull})
		x.wants(err, client.NotFound)
		_, err = x.client.Inspect(t.Context(), client.InspectRequest{Image: x.name(gone)})
		x.wants(err, client.NotFound)
		_, err = x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name(gone)})
		x.wants(err, client.NotFound)
	}
	x.back("b:extended", large)
	left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection, Remove: true, Older: new(time.Duration)})
	if err != nil || len(left) != 1 || left[0].Object != "a-large.sif" || left[0].Segments != 4 || !left[0].Removed {
		t.Errorf("left behind are %+v, %v", left, err)
	}
	x.back("a:later", large)
	x.back("b:extended", large)

	if _, err := x.client.Push(t.Context(), client.PushRequest{Path: small, Name: x.name("a:ends"), IfAbsent: true}); err != nil {
		t.Errorf("the name of an image that has expired: %v", err)
	}
	push(large, "a:large", nil)
	x.back("a:ends", small)
	x.back("a:large", large)
}

// Where this machine's clock is wrong, or was when an image was pushed, an image is there as long as the
// server has it, and a list tells the same.
func TestExpiredByAnotherClock(t *testing.T) {
	for _, off := range []time.Duration{-2 * time.Hour, 2 * time.Hour} {
		x, ahead := onClock(t)
		ahead.Store(int64(off))
		there := func(want bool) {
			t.Helper()
			images, err := x.client.List(t.Context(), client.ListRequest{Query: "lab/"})
			if err != nil || (len(images) == 1) != want {
				t.Errorf("the server %v ahead: %v, %v", off, images, err)
			}
		}
		if _, err := x.client.Push(t.Context(), client.PushRequest{Path: x.file("a.sif", 300), Name: x.name("a"), Expires: hours(1)}); err != nil {
			t.Fatal(err)
		}
		there(true)
		ahead.Add(int64(time.Hour + time.Minute))
		if len(x.listed()) != 1 {
			t.Fatal("the server lists it no more")
		}
		there(false)
	}
}
