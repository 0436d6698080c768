package conformance

import (
	"context"
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
