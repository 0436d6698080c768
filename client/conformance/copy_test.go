package conformance

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

func (x *target) copy(from, to string, options client.CopyRequest) client.Image {
	x.Helper()
	options.Source, options.Target = x.name(from), x.name(to)
	image, err := x.client.Copy(x.Context(), options)
	if err != nil {
		x.Fatalf("copy %s to %s: %v", from, to, err)
	}
	return image
}

// clean fails unless clean finds nothing in the collection.
func (x *target) clean() {
	x.Helper()
	if left, err := x.client.Clean(x.Context(), client.CleanRequest{Collection: x.collection, Older: new(time.Duration)}); err != nil || len(left) != 0 {
		x.Errorf("left behind: %v, %v", left, err)
	}
}

// onServer fails unless no bytes came through this side.
func (x *target) onServer(do func()) {
	x.Helper()
	x.report.take()
	do()
	_, _, requests, _ := x.report.take()
	for _, r := range requests {
		if strings.HasPrefix(r, "GET ") && strings.Contains(r, ".sif") && !strings.Contains(r, "prefix") {
			x.Errorf("fetched by %s", r)
		}
	}
}

// A copy of a small or a large image is the server's work, keeps the record under the new name, and
// owns its bytes: the source may go.
func TestCopy(t *testing.T) {
	for size, push := range map[int]func(*target, string, string) client.Image{
		500:  (*target).push,
		3500: (*target).pushBig,
	} {
		x := on(t)
		path := x.file("a.sif", size)
		source := push(x, path, "a:v1")
		var copied client.Image
		x.onServer(func() { copied = x.copy("a:v1", "sub/b ü:v2", client.CopyRequest{}) })
		if copied.URI != x.name("sub/b ü:v2") || copied.Object != "sub/b ü-v2.sif" || copied.SHA256 != source.SHA256 || copied.Size != int64(size) || copied.ETag != source.ETag {
			t.Errorf("%d bytes: copied as %+v", size, copied)
		}
		listed, err := x.client.List(t.Context(), client.ListRequest{Query: x.name("sub/")})
		if err != nil || len(listed) != 1 || listed[0].SHA256 != source.SHA256 || listed[0].Tag != "v2" || listed[0].Size != int64(size) {
			t.Errorf("%d bytes: listed as %+v, %v", size, listed, err)
		}
		x.back("a:v1", path)
		if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("a:v1")}); err != nil {
			t.Error(err)
		}
		x.clean()
		x.back("sub/b ü:v2", path)
	}
}

// What lies under the name is treated as a push does.
func TestCopyOverWhatIsThere(t *testing.T) {
	x := on(t)
	one, two := x.file("one.sif", 3500), x.file("two.sif", 4500)
	x.pushBig(one, "a:v1")
	x.pushBig(two, "b:v1")
	x.object("c:v1.sif", "an old tool's", store.Header{})
	x.onServer(func() { x.copy("a:v1", "b:v1", client.CopyRequest{}) })
	x.back("b:v1", one)
	if got := len(x.segments()); got != 8 {
		t.Errorf("%d segments, want 4 of each image", got)
	}
	if image := x.copy("a:v1", "c:v1", client.CopyRequest{}); image.Object != "c:v1.sif" {
		t.Errorf("%s", image.Object)
	}
	x.back("c:v1", one)
	x.report.take()
	x.copy("a:v1", "b:v1", client.CopyRequest{})
	if notes, _, requests, _ := x.report.take(); puts(requests) != 0 || !strings.Contains(fmt.Sprint(notes), "is there already, with the same bytes") {
		t.Errorf("the same again: %q, %q", notes, requests)
	}
	x.copy("a:v1", "b:v1", client.CopyRequest{Force: true})
	if _, _, requests, _ := x.report.take(); puts(requests) == 0 {
		t.Error("force stores nothing")
	}
	_, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a:v1"), Target: x.name("b:v1"), IfAbsent: true})
	x.wants(err, client.Exists)
	// x-1:2 and x:1-2 have one object name.
	x.push(x.file("x.sif", 10), "x-1:2")
	_, err = x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a:v1"), Target: x.name("x:1-2")})
	x.wants(err, client.Exists)
	_, err = x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("none"), Target: x.name("y")})
	x.wants(err, client.NotFound)
	_, err = x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a:v1@" + strings.Repeat("0", 64)), Target: x.name("y")})
	x.wants(err, client.Corrupt)
	_, err = x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a:v1"), Target: x.name("y@" + strings.Repeat("0", 64))})
	x.wants(err, client.Invalid)
	x.clean()
}

func TestMove(t *testing.T) {
	x := on(t)
	path, small := x.file("a.sif", 3500), x.file("b.sif", 50)
	x.pushBig(path, "a:v1")
	x.push(small, "b:v1")
	dry := x.connect(client.Config{DryRun: true})
	before := x.objects()
	for _, image := range []string{"a:v1", "b:v1"} {
		if _, err := dry.Copy(t.Context(), client.CopyRequest{Source: x.name(image), Target: x.name("dry"), Move: true}); err != nil {
			t.Error(err)
		}
	}
	if after := x.objects(); after != before {
		t.Errorf("after a dry run there is %s", after)
	}
	_, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a:v1"), Target: x.name("a:v1"), Move: true})
	x.wants(err, client.Invalid)
	x.onServer(func() { x.copy("a:v1", "c:v1", client.CopyRequest{Move: true}) })
	x.onServer(func() { x.copy("b:v1", "d:v1", client.CopyRequest{Move: true}) })
	x.back("c:v1", path)
	x.back("d:v1", small)
	if found, err := x.client.Search(t.Context(), client.ListRequest{Query: x.name("")}); err != nil || len(found) != 2 || len(x.segments()) != 4 {
		t.Errorf("left: %q, %v; %q", found, err, x.segments())
	}
	x.clean()
	// The copy is there already: what is left of a move is the delete.
	x.push(small, "e:v1")
	x.copy("e:v1", "d:v1", client.CopyRequest{Move: true})
	_, err = x.client.Stat(t.Context(), client.StatRequest{Image: x.name("e:v1")})
	x.wants(err, client.NotFound)
}

// To another collection, which is made, by the server as well.
func TestCopyAcrossCollections(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 3500)
	x.pushBig(path, "a:v1")
	other := *x
	other.collection += "-other"
	t.Cleanup(other.sweep)
	x.onServer(func() {
		if _, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a:v1"), Target: other.name("a:v1"), Move: true}); err != nil {
			t.Fatal(err)
		}
	})
	if got := x.objects(); got != "[]" {
		t.Errorf("left: %s", got)
	}
	other.back("a:v1", path)
	other.clean()
}

// A copy that was interrupted goes on: segments that are there are not copied again.
func TestCopyGoesOn(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 23500)
	x.pushBig(path, "a:v1")
	ctx, cancel := context.WithCancel(t.Context())
	broken := client.New(client.Config{Settings: x.settings, Reporter: &breaks{record: x.report, cancel: cancel, after: 3000}})
	defer broken.Close()
	_, err := broken.Copy(ctx, client.CopyRequest{Source: x.name("a:v1"), Target: x.name("b:v1")})
	x.wants(err, client.Canceled)
	kept := len(x.segments()) - 24
	if kept < 1 || kept > 23 {
		t.Fatalf("%d segments were copied", kept)
	}
	x.report.take()
	x.copy("a:v1", "b:v1", client.CopyRequest{})
	notes, _, requests, _ := x.report.take()
	if n := puts(requests); n > 24-kept+1 || !strings.Contains(fmt.Sprint(notes), "resuming") {
		t.Errorf("%d were kept and %d stored; %q", kept, n, notes)
	}
	x.back("b:v1", path)
	x.clean()
}

// Images of other tools have no record: a small one gets a copy without, and a large one, whose
// segments no server can tell of, is read and gets one.
func TestCopyOfOtherTools(t *testing.T) {
	x := on(t)
	x.object("old:v1.sif", "of sregistry-cli", store.Header{})
	x.foreign("big-v1.sif", strings.Repeat("one", 400), strings.Repeat("two", 400), "end")
	if image := x.copy("old:v1", "new:v2", client.CopyRequest{}); image.Object != "new-v2.sif" || image.Tag != "v2" || image.SHA256 != "" {
		t.Errorf("%+v", image)
	}
	image := x.copy("big:v1", "big:v2", client.CopyRequest{})
	if image.SHA256 == "" || image.Size != 2403 || len(x.segments()) != 3 {
		t.Errorf("%+v, segments %q", image, x.segments())
	}
	want := x.write("want", []byte(strings.Repeat("one", 400)+strings.Repeat("two", 400)+"end"))
	if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("big:v1")}); err != nil {
		t.Error(err)
	}
	x.back("big:v2", want)
	x.clean()
}

// THE PROMOTE FLOW: what was promoted stays, bit for bit, whatever happens to where it came from.
// SREGISTRY_TEST_PROMOTE=600 does it with as many megabytes and usual segments.
func TestPromote(t *testing.T) {
	x := on(t)
	size, segment := 200_000, int64(10_000)
	if mb := intEnv(t, "SREGISTRY_TEST_PROMOTE", 0); mb > 0 {
		size, segment = mb*1_000_000, 0
	}
	push := func(path, name string) {
		t.Helper()
		if _, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name(name), Segment: segment}); err != nil {
			t.Fatal(err)
		}
	}
	first, second := x.file("first.sif", size), x.file("second.sif", size)
	push(first, "t:latest")
	x.onServer(func() { x.copy("t:latest", "t:v1", client.CopyRequest{}) })
	push(second, "t:latest")
	x.back("t:latest", second)
	x.back("t:v1", first)
	if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("t:latest")}); err != nil {
		t.Fatal(err)
	}
	if left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection, Remove: true, Older: new(time.Duration)}); err != nil || len(left) != 0 {
		t.Errorf("clean: %v, %v", left, err)
	}
	x.back("t:v1", first)
	if found, err := x.client.Search(t.Context(), client.ListRequest{Query: x.name("")}); err != nil || !slices.Equal(found, []string{x.name("t-v1.sif")}) {
		t.Errorf("there is %q, %v", found, err)
	}
	os.Remove(first)
}

// Two images cannot both be one copy, least of all when they are moved: one would be gone.
func TestCopyAllOfOneName(t *testing.T) {
	x := on(t)
	x.push(x.file("a.sif", 10), "a")
	x.push(x.file("b.sif", 11), "b")
	for _, second := range []string{"c", "C", "c:latest"} {
		for _, move := range []bool{false, true} {
			_, err := x.client.CopyAll(t.Context(), []client.CopyRequest{
				{Source: x.name("a"), Target: x.name("c"), Move: move}, {Source: x.name("b"), Target: x.name(second), Move: move},
			})
			x.wants(err, client.Invalid)
		}
	}
	if got := x.objects(); got != "[a-latest.sif b-latest.sif]" {
		t.Errorf("there is %s", got)
	}
	if _, err := x.client.CopyAll(t.Context(), []client.CopyRequest{
		{Source: x.name("a"), Target: x.name("c")}, {Source: x.name("b"), Target: x.name("c:v2")}, {Source: x.name("a"), Target: x.name("c:latest")},
	}); err != nil {
		t.Error(err)
	}
}

// A list that moves one image to where another of it is moved away from is refused: the first one could
// replace the second before.
func TestCopyAllInARow(t *testing.T) {
	x := on(t)
	newest, older := x.file("a.sif", 10), x.file("b.sif", 11)
	x.push(newest, "a")
	x.push(older, "a:prev")
	for _, target := range []string{"a:prev", "A:prev", "a-prev.sif"} {
		for _, source := range []string{"a:prev", "a-prev.sif"} {
			row := []client.CopyRequest{
				{Source: x.name("a"), Target: x.name(target), Move: true}, {Source: x.name(source), Target: x.name("a:old"), Move: true},
			}
			_, err := x.client.CopyAll(t.Context(), row)
			x.wants(err, client.Invalid)
			slices.Reverse(row)
			_, err = x.client.CopyAll(t.Context(), row)
			x.wants(err, client.Invalid)
		}
	}
	if got := x.objects(); got != "[a-latest.sif a-prev.sif]" {
		t.Errorf("there is %s", got)
	}
	for _, r := range []client.CopyRequest{{Source: "a:prev", Target: "a:old"}, {Source: "a", Target: "a:prev"}} {
		x.copy(r.Source, r.Target, client.CopyRequest{Move: true})
	}
	x.back("a:old", older)
	x.back("a:prev", newest)
}
