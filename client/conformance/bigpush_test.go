package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// pushBig pushes in segments of 1000 bytes.
func (x *target) pushBig(path, rest string) client.Image {
	x.Helper()
	image, err := x.client.Push(x.Context(), client.PushRequest{Path: path, Name: x.name(rest), Segment: 1000})
	if err != nil {
		x.Fatal(err)
	}
	return image
}

// segments are the names of the segments in the collection.
func (x *target) segments() []string {
	x.Helper()
	var names []string
	for o, err := range x.store.List(x.Context(), x.collection, store.Listing{Prefix: ".segments/"}) {
		if err != nil {
			x.Fatal(err)
		}
		names = append(names, o.Object)
	}
	return names
}

// back pulls an image and fails unless it holds the bytes of a file.
func (x *target) back(rest, path string) {
	x.Helper()
	out := filepath.Join(x.dir, "back")
	if _, err := x.client.Pull(x.Context(), client.PullRequest{Image: x.name(rest), File: out, Force: true}); err != nil {
		x.Error(err)
	} else if x.read(out) != x.read(path) {
		x.Errorf("%s came back with other bytes", rest)
	}
	os.Remove(out)
}

func TestBigThereAndBack(t *testing.T) {
	for _, size := range []int{1000, 1001, 2000, 12345} {
		x := on(t)
		path := x.file("a.sif", size)
		image := x.pushBig(path, "a")
		if image.Size != int64(size) || image.SHA256 == "" || image.URI != x.name("a:latest") {
			t.Errorf("pushed as %+v", image)
		}
		want := (size + 999) / 1000
		if size == 1000 {
			want = 0
		}
		if got := x.segments(); len(got) != want {
			t.Errorf("%d bytes: %d segments: %q", size, len(got), got)
		}
		x.back("a", path)
		if found, err := x.client.Search(t.Context(), client.ListRequest{Query: x.name("")}); err != nil || len(found) != 1 {
			t.Errorf("search gives %q, %v", found, err)
		}
		list, err := x.client.List(t.Context(), client.ListRequest{Query: x.name("")})
		if err != nil || len(list) != 1 || list[0].Size != int64(size) || list[0].SHA256 != image.SHA256 {
			t.Errorf("list gives %+v, %v", list, err)
		}
		x.report.take()
		if _, _, _, moved := again(x, path); moved["push"] != 0 {
			t.Errorf("the same bytes were sent again: %v", moved)
		}
		if left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection}); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("a")}); err != nil {
			t.Error(err)
		}
		if got := x.objects(); got != "[]" {
			t.Errorf("after the delete there is %s", got)
		}
	}
}

func again(x *target, path string) ([]string, []string, []string, map[string]int64) {
	x.pushBig(path, "a")
	return x.report.take()
}

func TestBigReplaces(t *testing.T) {
	x := on(t)
	x.pushBig(x.file("old.sif", 3500), "a")
	old := x.segments()
	newer := x.file("new.sif", 4500)
	x.pushBig(newer, "a")
	for _, name := range x.segments() {
		if slices.Contains(old, name) {
			t.Errorf("%s is left of the image that was replaced", name)
		}
	}
	x.back("a", newer)
	small := x.file("small.sif", 100)
	x.push(small, "a")
	if got := x.objects(); got != "[a-latest.sif]" {
		t.Errorf("replaced by a small one, there is %s", got)
	}
	x.back("a", small)
}

// A file of the same size and date, but with other bytes, never harms the image that is there, and
// leaves none of its segments behind, though there are too many to try all ways to choose among them.
// (Few all the same: OpenStack Swift sends one small segment a second from the tenth on.)
func TestBigSameSizeAndDate(t *testing.T) {
	x := on(t)
	date := time.Now().Add(-time.Hour)
	one, two := x.file("one.sif", 13_500), x.file("two.sif", 13_500)
	for _, path := range []string{one, two} {
		if err := os.Chtimes(path, date, date); err != nil {
			t.Fatal(err)
		}
	}
	x.pushBig(one, "a")
	x.pushBig(one, "b")
	x.pushBig(two, "a")
	has := func(want int) {
		t.Helper()
		if got := len(x.segments()); got != want {
			t.Errorf("%d segments, want %d", got, want)
		}
	}
	has(28)

	// A third that was interrupted goes, and the image stays.
	first := x.segments()[0]
	folder := first[:strings.LastIndexByte(first, '/')+1]
	for i := range 13 {
		part := fmt.Sprint("of a third ", i)
		x.object(fmt.Sprintf("%s%08d-%s", folder, i, sumOf(part)), part, store.Header{})
	}
	left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection, Older: new(time.Duration), Remove: true})
	if err != nil || len(left) != 1 || left[0].Segments != 13 || left[0].Kept != "" || !left[0].Removed {
		t.Errorf("clean removed %+v, %v", left, err)
	}
	has(28)
	x.back("a", two)
	if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("a")}); err != nil {
		t.Error(err)
	}
	has(14)
	x.back("b", one)
}

// breaks fails the push after some segments.
type breaks struct {
	*record
	cancel context.CancelFunc
	after  int64
	moved  int64
}

func (b *breaks) Begin(tr client.Transfer) client.Meter {
	if tr.Verb == "push" || tr.Verb == "copy" {
		return b
	}
	return b.record.Begin(tr)
}

func (b *breaks) Add(n int64) {
	b.record.mu.Lock()
	defer b.record.mu.Unlock()
	if b.moved += n; b.moved >= b.after {
		b.cancel()
	}
}

func (b *breaks) End(error) {}

func TestBigGoesOn(t *testing.T) {
	x := on(t)
	old := x.file("old.sif", 2500)
	x.pushBig(old, "a")
	path := x.file("a.sif", 40_000)
	ctx, cancel := context.WithCancel(t.Context())
	broken := client.New(client.Config{Settings: x.settings, Reporter: &breaks{record: x.report, cancel: cancel, after: 20_000}})
	defer broken.Close()
	_, err := broken.Push(ctx, client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000})
	x.wants(err, client.Canceled)
	x.back("a", old)

	kept := 0
	for _, name := range x.segments() {
		if strings.Contains(name, "/40000/1000/") {
			kept++
		}
	}
	if kept == 0 || kept >= 40 {
		t.Fatalf("%d segments of 40 were kept", kept)
	}
	// The server may still take some of the eight that were on their way.
	zero := time.Duration(0)
	for _, c := range []struct {
		older *time.Duration
		kept  bool
	}{{nil, true}, {&zero, false}} {
		left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection, Older: c.older})
		if err != nil || len(left) != 1 || left[0].Segments < kept || left[0].Segments > kept+8 || (left[0].Kept != "") != c.kept || left[0].Removed {
			t.Errorf("clean lists %+v, %v", left, err)
		}
	}
	x.report.take()
	if _, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000}); err != nil {
		t.Fatal(err)
	}
	_, _, requests, _ := x.report.take()
	puts := 0
	for _, r := range requests {
		if strings.HasPrefix(r, "PUT") && strings.Contains(r, "/40000/1000/") {
			puts++
		}
	}
	if puts > 40-kept || puts < 40-kept-8 {
		t.Errorf("%d segments were sent, and %d of 40 were there", puts, kept)
	}
	x.back("a", path)
	if got := len(x.segments()); got != 40 {
		t.Errorf("%d segments are there, want 40", got)
	}
}

func TestCleanOfNoCollection(t *testing.T) {
	x := on(t)
	_, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection})
	x.wants(err, client.NotFound)
	if err != nil && !strings.Contains(err.Error(), "there is no collection "+x.collection) {
		t.Errorf("it says %v", err)
	}
}

func TestCleanRemoves(t *testing.T) {
	x := on(t)
	kept := x.file("kept.sif", 3500)
	x.pushBig(kept, "kept")
	const dir = ".segments/gone-v1.sif/1790000000000000000/2500/1000/"
	x.object(dir+"00000000-"+sumOf("x"), "x", store.Header{})
	x.object(".segments/odd", "x", store.Header{})
	zero := time.Duration(0)
	for _, remove := range []bool{false, true} {
		left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection, Older: &zero, Remove: remove})
		if err != nil || len(left) != 2 || left[0].Object != "gone-v1.sif" || left[0].Removed != remove || left[1].Kept == "" {
			t.Errorf("remove %v: %+v, %v", remove, left, err)
		}
	}
	if got := x.segments(); len(got) != 5 || !slices.Contains(got, ".segments/odd") {
		t.Errorf("left: %q", got)
	}
	x.back("kept", kept)
}

// A manifest that another tool copied goes on working when the image it was copied from goes.
func TestCopiedManifestKeepsItsSegments(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 3500)
	x.pushBig(path, "a")
	var segments []store.Segment
	for i, name := range x.segments() {
		n := int64(1000)
		if i == 3 {
			n = 500
		}
		segments = append(segments, store.Segment{Key: store.Key{Container: x.collection, Object: name}, MD5: name[len(name)-32:], Size: n})
	}
	if _, err := x.store.PutManifest(t.Context(), store.Key{Container: x.collection, Object: "copy-v1.sif"}, segments, store.Header{ContentType: "application/octet-stream"}); err != nil {
		t.Fatal(err)
	}
	x.pushBig(x.file("b.sif", 2500), "a")
	x.back("copy:v1", path)
	zero := time.Duration(0)
	if left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection, Older: &zero, Remove: true}); err != nil || len(left) != 0 {
		t.Errorf("clean takes %+v, %v", left, err)
	}
	x.back("copy:v1", path)
}

func TestBigThatChanges(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 3500)
	touch := &onPush{record: x.report, do: func() {
		later := time.Now().Add(time.Hour)
		if err := os.Chtimes(path, later, later); err != nil {
			t.Error(err)
		}
	}}
	c := client.New(client.Config{Settings: x.settings, Reporter: touch})
	defer c.Close()
	_, err := c.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000})
	x.wants(err, client.Invalid)
	if there, err := x.client.Exists(t.Context(), client.StatRequest{Image: x.name("a")}); err != nil || there {
		t.Errorf("a file that changed was stored: %v, %v", there, err)
	}
	for _, segment := range []int64{-1, 6 << 30} {
		_, err = x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: segment})
		x.wants(err, client.Invalid)
	}
	var e *client.Error
	if !errors.As(err, &e) {
		t.Error(err)
	}
}

// onPush does something when the bytes of a push begin to move.
type onPush struct {
	*record
	do func()
}

func (o *onPush) Begin(tr client.Transfer) client.Meter {
	if tr.Verb == "push" {
		o.do()
	}
	return o.record.Begin(tr)
}
