package conformance

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// ends are when the image and each of its segments end, in whole hours from now; -1: never.
func (x *target) ends(rest string) (image int, segments map[int]int) {
	x.Helper()
	in := func(at time.Time) int {
		if at.IsZero() {
			return -1
		}
		return int(time.Until(at).Round(time.Hour) / time.Hour)
	}
	i, err := x.client.Stat(x.Context(), client.StatRequest{Image: x.name(rest)})
	if err != nil {
		x.Fatal(err)
	}
	segments = map[int]int{}
	for _, object := range x.segments() {
		o, err := x.store.Stat(x.Context(), store.Key{Container: x.collection, Object: object})
		if err != nil {
			x.Fatal(err)
		}
		segments[in(o.Expires)]++
	}
	return in(i.Expires), segments
}

// An image that expires does so with all its segments, which stay an hour longer, and what is
// pushed without stays, also where an expiring push left segments.
func TestPushExpires(t *testing.T) {
	x := on(t)
	small, large := x.file("small.sif", 300), x.file("large.sif", 3500)
	push := func(path, name string, expires *time.Duration) {
		t.Helper()
		if _, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name(name), Segment: 1000, Expires: expires}); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(name string, want int, segments map[int]int) {
		t.Helper()
		got, of := x.ends(name)
		if got != want || len(of) != len(segments) {
			t.Errorf("%s ends in %d hours, its segments in %v; want %d and %v", name, got, of, want, segments)
		}
		for in, n := range segments {
			if of[in] != n {
				t.Errorf("%s: segments end in %v, want %v", name, of, segments)
			}
		}
	}
	push(small, "s", hours(30))
	expect("s", 30, nil)
	push(small, "s", hours(40))
	expect("s", 40, nil)
	push(small, "s", nil)
	expect("s", -1, nil)
	push(large, "l", hours(30))
	expect("l", 30, map[int]int{31: 4})
	x.copy("l", "m", client.CopyRequest{})
	expect("m", -1, map[int]int{31: 4, -1: 4})
	x.copy("l", "m", client.CopyRequest{Expires: hours(50)})
	expect("m", 50, map[int]int{31: 4, 51: 4})
	x.copy("m", "m2", client.CopyRequest{Move: true})
	expect("m2", -1, map[int]int{31: 4, -1: 4})
	push(large, "l", nil)
	expect("l", -1, map[int]int{-1: 8})
	x.back("l", large)
	x.clean()
	x.copy("s", "s2", client.CopyRequest{Expires: hours(20)})
	expect("s2", 20, map[int]int{-1: 8})
	x.copy("s2", "s3", client.CopyRequest{})
	expect("s3", -1, map[int]int{-1: 8})
}

// What is to expire at once is refused, and not stored for good.
func TestExpiresAtOnce(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 300)
	x.push(path, "a")
	_, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("b"), Expires: hours(0)})
	x.wants(err, client.Invalid)
	_, err = x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a"), Target: x.name("b"), Expires: hours(0)})
	x.wants(err, client.Invalid)
	if got := x.objects(); got != "[a-latest.sif]" {
		t.Errorf("there is %s", got)
	}
}

// The segments of an interrupted push end with the image that goes on with them.
func TestExpiresGoesOn(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 19500)
	ctx, cancel := context.WithCancel(t.Context())
	broken := client.New(client.Config{Settings: x.settings, Reporter: &breaks{record: x.report, cancel: cancel, after: 12000}})
	defer broken.Close()
	_, err := broken.Push(ctx, client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000, Expires: hours(10)})
	x.wants(err, client.Canceled)
	if len(x.segments()) == 0 {
		t.Fatal("nothing was kept")
	}
	x.pushBig(path, "a")
	if image, segments := x.ends("a"); image != -1 || segments[-1] != 20 {
		t.Errorf("the image ends in %d hours, the segments in %v", image, segments)
	}
	x.back("a", path)
}

// Segments of an image that expired are leftovers like others, also of a copy; those of an image that
// lost one before stay, as nobody can prove that it does not use them.
func TestCleanWhatExpired(t *testing.T) {
	x := on(t)
	kept, gone, broken := x.file("kept.sif", 3500), x.file("gone.sif", 4500), x.file("broken.sif", 5500)
	x.pushBig(kept, "kept")
	x.pushBig(gone, "gone")
	x.copy("gone", "copied", client.CopyRequest{Expires: hours(5)})
	x.pushBig(broken, "broken")
	segments := func(object string) (found []string) {
		for _, s := range x.segments() {
			if strings.HasPrefix(s, ".segments/"+object+"/") {
				found = append(found, s)
			}
		}
		return found
	}
	remove := func(object string) {
		t.Helper()
		if err := x.store.Delete(t.Context(), store.Key{Container: x.collection, Object: object}); err != nil {
			t.Fatal(err)
		}
	}
	// As the server does it: the manifest first, and once a segment before.
	remove("gone-latest.sif")
	remove("copied-latest.sif")
	remove(segments("broken-latest.sif")[2])
	left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection, Remove: true, Older: new(time.Duration)})
	if err != nil {
		t.Fatal(err)
	}
	removed := map[string]int{}
	for _, l := range left {
		if l.Removed {
			removed[l.Object] += l.Segments
		}
	}
	if removed["gone-latest.sif"] != 5 || removed["copied-latest.sif"] != 5 || len(segments("gone-latest.sif"))+len(segments("copied-latest.sif")) != 0 {
		t.Errorf("removed %v, left %q", removed, x.segments())
	}
	if got := len(segments("kept-latest.sif")); got != 4 {
		t.Errorf("%d segments of the image that stays", got)
	}
	x.back("kept", kept)
	if got := len(segments("broken-latest.sif")); got != 5 {
		t.Errorf("%d segments of the image that lost one", got)
	}
	if _, err := x.client.Push(t.Context(), client.PushRequest{Path: broken, Name: x.name("broken"), Segment: 1000, Force: true}); err != nil {
		t.Fatal(err)
	}
	x.back("broken", broken)
	x.clean()
}
