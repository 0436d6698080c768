package conformance

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// Of images whose names are one the beginning of the other, a and a/b, the folders of their segments lie in
// one another. What one leaves when it goes is not the other's, though they hold the same bytes.
func TestSegmentsOfANameBelow(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 3500)
	x.object("deep", "something else", store.Header{}) // a name without an extension
	x.pushBig(path, "deep")
	x.pushBig(path, "deep/inner")
	x.pushBig(x.file("b.sif", 2500), "deep")
	x.back("deep/inner", path)
	x.pushBig(path, "deep")
	if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("deep")}); err != nil {
		t.Fatal(err)
	}
	x.back("deep/inner", path)
	x.clean()
}

// Of names too long to stand in those of their segments clean tells all the same which image has which.
func TestSegmentsOfALongName(t *testing.T) {
	x := on(t)
	one, two := strings.Repeat("p/", 320)+"one", strings.Repeat("p/", 320)+"two"
	path := x.file("a.sif", 3500)
	x.pushBig(path, one)
	x.pushBig(path, two)
	if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name(one)}); err != nil {
		t.Fatal(err)
	}
	if got := len(x.segments()); got != 4 {
		t.Errorf("%d segments are left, want 4", got)
	}
	x.back(two, path)
	x.clean()
}

// A large image of which a server may know nothing, for its first segment is lost, keeps the others, as one
// that has lost another: to push it again sends what is missing.
func TestCleanKeepsWhatLostItsFirst(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 3500)
	x.pushBig(path, "a")
	if err := x.store.Delete(t.Context(), store.Key{Container: x.collection, Object: x.segments()[0]}); err != nil {
		t.Fatal(err)
	}
	left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection, Remove: true, Older: new(time.Duration)})
	if err != nil || len(left) != 1 || left[0].Kept == "" || left[0].Removed {
		t.Errorf("clean: %+v, %v", left, err)
	}
	if got := len(x.segments()); got != 3 {
		t.Errorf("%d segments are left, want 3", got)
	}
}

// A manifest that another tool copied goes on working also when the image changed twice since, each time to
// a file of the same date and size that shares segments with the one before.
func TestCopiedManifestOfAnEarlierImage(t *testing.T) {
	x := on(t)
	date := time.Now().Add(-time.Hour)
	content := []byte(x.read(x.file("a.sif", 3500)))
	write := func(name string, changed int) string {
		content[changed*1000+400]++
		path := x.write(name, content)
		if err := os.Chtimes(path, date, date); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first := write("first.sif", 3)
	x.pushBig(first, "a")
	x.copyManifest("copy-v1.sif", 3500)
	x.pushBig(write("second.sif", 3), "a")
	third := write("third.sif", 1)
	x.pushBig(third, "a")
	x.back("copy:v1", first)
	x.back("a", third)
}

// copyManifest stores a large object of all segments that are there, as another tool copies one.
func (x *target) copyManifest(object string, size int64) {
	x.Helper()
	var segments []store.Segment
	for i, name := range x.segments() {
		segments = append(segments, store.Segment{Key: store.Key{Container: x.collection, Object: name}, MD5: name[len(name)-32:], Size: min(1000, size-int64(i)*1000)})
	}
	if _, err := x.store.PutManifest(x.Context(), store.Key{Container: x.collection, Object: object}, segments, store.Header{ContentType: "application/octet-stream"}); err != nil {
		x.Fatal(err)
	}
}

// A push or copy that is to expire, of bytes that are there for good, leaves their segments there for good
// until it has replaced the image; and then, too, when a manifest that another tool copied uses them.
func TestExpiringOverWhatStays(t *testing.T) {
	x, plan, _ := onFaults(t)
	path := x.file("a.sif", 3500)
	request := client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000, Expires: hours(5)}
	stay := func(when string, want int) {
		t.Helper()
		if _, segments := x.ends("a"); segments[-1] != want || len(segments) > 1 && want == 8 {
			t.Errorf("%s: the segments end in %v", when, segments)
		}
	}
	x.pushBig(path, "a")
	x.copy("a", "b", client.CopyRequest{})
	refuse := localswift.Rule{Match: func(r *http.Request) bool { return r.URL.Query().Get("multipart-manifest") == "put" }, Fault: localswift.Answer(400, "no")}
	plan.Add(refuse)
	if _, err := x.client.Push(t.Context(), request); err == nil {
		t.Error("the push succeeded")
	}
	if _, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a"), Target: x.name("b"), Expires: hours(5)}); err == nil {
		t.Error("the copy succeeded")
	}
	stay("what failed", 8)
	plan.Clear()
	if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("b")}); err != nil {
		t.Fatal(err)
	}
	x.copyManifest("copy-v1.sif", 3500)
	if _, err := x.client.Push(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	stay("a manifest that was copied", 4)
	if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("copy:v1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := x.client.Push(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if image, segments := x.ends("a"); image != 5 || segments[6] != 4 {
		t.Errorf("it ends in %d hours, its segments in %v", image, segments)
	}
}

// Where segments that were there already are deleted at the last moment, by somebody who replaces or deletes the
// image at the same time, they are stored anew: before the manifest, which is refused then, or behind it.
func TestSegmentsThatGoMeanwhile(t *testing.T) {
	x, plan, _ := onFaults(t)
	path := x.file("a.sif", 3500)
	isManifest := func(r *http.Request) bool { return r.URL.Query().Get("multipart-manifest") == "put" }
	lose := func(object string, i int) {
		for _, s := range x.segments() {
			if strings.HasPrefix(s, ".segments/"+object) && strings.Contains(s, fmt.Sprintf("/%08d-", i)) {
				if err := x.store.Delete(t.Context(), store.Key{Container: x.collection, Object: s}); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for _, behind := range []bool{false, true} {
		for object, again := range map[string]func(){
			"a-latest.sif": func() { x.pushBig(path, "a") },
			"b-latest.sif": func() { x.copy("a", "b", client.CopyRequest{}) },
		} {
			x.pushBig(path, "a")
			x.copy("a", "b", client.CopyRequest{})
			if err := x.store.Delete(t.Context(), store.Key{Container: x.collection, Object: object}); err != nil {
				t.Fatal(err)
			}
			plan.Add(localswift.Rule{Match: isManifest, Count: 1, Fault: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !behind {
						lose(object, 1)
					}
					next.ServeHTTP(w, r)
					if behind {
						lose(object, 2)
					}
				})
			}})
			again()
			plan.Clear()
			x.back("a", path)
			x.back("b", path)
			x.clean()
		}
	}
}

// Who deletes the segments of an image that was replaced stops when it is back.
func TestReleaseStops(t *testing.T) {
	x, plan, _ := onFaults(t)
	path := x.file("a.sif", 40_000)
	image := x.pushBig(path, "a")
	segments := x.segments()
	back := sync.OnceFunc(func() { x.copyManifest(image.Object, 40_000) })
	plan.Add(localswift.Rule{Match: func(r *http.Request) bool { return r.Method == http.MethodDelete }, Fault: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			back()
			next.ServeHTTP(w, r)
		})
	}})
	x.push(x.file("b.sif", 100), "a")
	if left := len(x.segments()); left < len(segments)-8 {
		t.Errorf("%d segments of %d are left", left, len(segments))
	}
}
