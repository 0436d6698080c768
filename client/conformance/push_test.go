package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

func TestThereAndBack(t *testing.T) {
	for _, size := range []int{0, 1, 1<<16 + 1, 3 << 20} {
		x := on(t)
		path := x.file("a.simg", size)
		pushed := x.push(path, "pancake")
		if pushed.Object != "pancake-latest.simg" || pushed.URI != x.name("pancake:latest") {
			t.Errorf("pushed as %+v", pushed)
		}
		sum := sha256.Sum256([]byte(x.read(path)))
		notes, _, _, moved := x.report.take()
		if !slices.Contains(notes, "Creating collection "+x.collection+"...") {
			t.Errorf("notes: %q", notes)
		}
		if moved["push"] != int64(size) || moved["hash"] != int64(size) {
			t.Errorf("progress tells of %v, want %d", moved, size)
		}
		for what, get := range map[string]func() (client.Image, error){
			"stat": func() (client.Image, error) {
				return x.client.Stat(t.Context(), client.StatRequest{Image: x.name("pancake")})
			},
			"list": func() (client.Image, error) {
				all, err := x.client.List(t.Context(), client.ListRequest{Query: x.name("")})
				if err != nil || len(all) != 1 {
					t.Fatalf("list: %v %v", all, err)
				}
				return all[0], nil
			},
		} {
			i, err := get()
			if err != nil || i.SHA256 != hex.EncodeToString(sum[:]) || i.Size != int64(size) || i.Name != "pancake" || i.Tag != "latest" || i.Modified.IsZero() {
				t.Errorf("%s of %d bytes: %+v, %v", what, size, i, err)
			}
		}
		back := filepath.Join(x.dir, "b.simg")
		got, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("pancake:latest"), File: back})
		if err != nil || got != back || x.read(back) != x.read(path) {
			t.Fatalf("%d bytes: pulled %s, %v", size, got, err)
		}
		if _, _, _, moved := x.report.take(); moved["pull"] != int64(size) {
			t.Errorf("progress tells of %v, want %d", moved, size)
		}
		if info, err := os.Stat(back); err != nil || info.Mode().Perm()&0o700 != 0o700 {
			t.Errorf("%v, %v: a SIF is run", info.Mode(), err)
		}
		x.left("a.simg", "b.simg")
	}
}

func TestSameBytesAreNotSent(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 1000)
	x.push(path, "a")
	x.report.take()
	x.push(path, "a")
	_, _, requests, moved := x.report.take()
	for _, r := range requests {
		if strings.HasPrefix(r, "PUT") {
			t.Errorf("sent again: %s", r)
		}
	}
	if moved["push"] != 0 {
		t.Errorf("moved %v", moved)
	}
	if _, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Force: true}); err != nil {
		t.Fatal(err)
	}
	if _, _, _, moved := x.report.take(); moved["push"] != 1000 {
		t.Errorf("force moved %v", moved)
	}
}

func TestPushReplacesWhereTheImageIs(t *testing.T) {
	for _, historic := range []string{"a-v1.simg", "a-v1.sif", "a-v1.img", "a:v1.sif", "a:v1.simg", "a:v1@5d41402abc4b2a76b9719d911017c592.sif"} {
		x := on(t)
		x.object(historic, "old", store.Header{})
		path := x.file("new.sif", 100)
		if image := x.push(path, "a:v1"); image.Object != historic {
			t.Errorf("%s: pushed to %s", historic, image.Object)
		}
		if got := x.objects(); got != "["+historic+"]" {
			t.Errorf("%s: now there is %s", historic, got)
		}
		out := filepath.Join(x.dir, "out")
		if _, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("a:v1"), File: out}); err != nil || x.read(out) != x.read(path) {
			t.Errorf("%s: %v", historic, err)
		}
	}
}

func TestPushIfAbsent(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 10)
	for i, want := range []client.Code{"", client.Exists} {
		_, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Tag: "v1", IfAbsent: true})
		if i == 0 && err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			x.wants(err, want)
		}
	}
}

func TestOneObjectNameForTwoImages(t *testing.T) {
	x := on(t)
	x.push(x.file("a.sif", 10), "ubuntu:18.04-cuda")
	_, err := x.client.Push(t.Context(), client.PushRequest{Path: x.file("b.sif", 10), Name: x.name("ubuntu-18.04:cuda")})
	x.wants(err, client.Exists)
	if there, err := x.client.Exists(t.Context(), client.StatRequest{Image: x.name("ubuntu-18.04:cuda")}); err != nil || there {
		t.Errorf("the other image exists: %v, %v", there, err)
	}
	if there, err := x.client.Exists(t.Context(), client.StatRequest{Image: x.name("ubuntu:18.04-cuda")}); err != nil || !there {
		t.Errorf("the image exists: %v, %v", there, err)
	}
}

func TestSeveralObjectsOfOneName(t *testing.T) {
	x := on(t)
	x.object("a-v1.simg", "old", store.Header{})
	x.object("a:v1.sif", "new!", store.Header{})
	newest, err := x.client.List(t.Context(), client.ListRequest{Query: x.name("")})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(newest, func(a, b client.Image) int { return b.Modified.Compare(a.Modified) })
	x.report.take()
	out := filepath.Join(x.dir, "out")
	if _, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("a:v1"), File: out}); err != nil {
		t.Fatal(err)
	}
	if int64(len(x.read(out))) != newest[0].Size {
		t.Errorf("took %q, not the newest, %v", x.read(out), newest[0])
	}
	if _, warns, _, _ := x.report.take(); len(warns) != 1 || !strings.Contains(warns[0], "a-v1.simg") {
		t.Errorf("warnings: %q", warns)
	}
	_, err = x.client.Push(t.Context(), client.PushRequest{Path: x.file("a.sif", 10), Name: x.name("a:v1")})
	x.wants(err, client.Invalid)
	_, err = x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("a:v1")})
	x.wants(err, client.Invalid)
	if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("a-v1.simg")}); err != nil {
		t.Error(err)
	}
	if got := x.objects(); got != "[a:v1.sif]" {
		t.Errorf("left: %s", got)
	}
}

func TestNames(t *testing.T) {
	for rest, object := range map[string]string{
		"b/c:v1":       "b/c-v1.sif",
		"x y+z%41:1#2": "x y+z%41-1#2.sif",
		"übung:ß":      "übung-ß.sif",
		"日本:語":         "日本-語.sif",
		"q'\"&;=?:v":   "q'\"&;=?-v.sif",
		"a:TaG":        "a-TaG.sif",
	} {
		x := on(t)
		path := x.file("a.sif", 33)
		image := x.push(path, rest)
		if image.Object != object || image.URI != x.name(rest) {
			t.Errorf("%s became %+v", rest, image)
		}
		found, err := x.client.Search(t.Context(), client.ListRequest{Query: x.name("")})
		if err != nil || len(found) != 1 || found[0] != x.name(object) {
			t.Fatalf("%s: search gives %q, %v", rest, found, err)
		}
		for _, name := range []string{found[0], x.name(rest), image.URI} {
			i, err := x.client.Stat(t.Context(), client.StatRequest{Image: name})
			if err != nil || i.URI != image.URI || i.SHA256 == "" {
				t.Errorf("%s: stat gives %+v, %v", name, i, err)
			}
		}
	}
}

func TestCapitals(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 10)
	if image := x.push(path, "New/Image:TaG"); image.Object != "new/image-TaG.sif" {
		t.Errorf("a new image became %s", image.Object)
	}
	x.object("As-Typed.sif", "x", store.Header{})
	if image := x.push(path, "As:Typed"); image.Object != "As-Typed.sif" {
		t.Errorf("an image that is there as typed became %s", image.Object)
	}
	if _, err := x.client.Stat(t.Context(), client.StatRequest{Image: x.name("NEW/IMAGE:TaG")}); err != nil {
		t.Error(err)
	}
}

func TestExtensionAndNaming(t *testing.T) {
	x := on(t)
	squash := x.write("noext", []byte("hsqs and so on"))
	if image := x.push(squash, "by-content"); image.Object != "by-content-latest.simg" {
		t.Errorf("became %s", image.Object)
	}
	odd := x.write("odd.dat", []byte("what is this"))
	x.report.take()
	if image := x.push(odd, "odd"); image.Object != "odd-latest.sif" {
		t.Errorf("became %s", image.Object)
	}
	if _, warns, _, _ := x.report.take(); len(warns) != 1 {
		t.Errorf("warnings: %q", warns)
	}
	colon := x.connect(client.Config{Naming: name.Colon})
	image, err := colon.Push(t.Context(), client.PushRequest{Path: squash, Name: x.name("c:v1")})
	if err != nil || image.Object != "c:v1.sif" {
		t.Errorf("%+v, %v", image, err)
	}
}

func TestPushRefuses(t *testing.T) {
	x := on(t)
	ok := x.file("a.sif", 10)
	for _, c := range []struct {
		r    client.PushRequest
		code client.Code
	}{
		{client.PushRequest{Path: filepath.Join(x.dir, "none.sif"), Name: x.name("a")}, client.NotFound},
		{client.PushRequest{Path: x.dir, Name: x.name("a")}, client.Invalid},
		{client.PushRequest{Path: ok, Name: x.name("../a")}, client.Invalid},
		{client.PushRequest{Path: ok, Name: "docker://a"}, client.Invalid},
		{client.PushRequest{Path: ok, Name: x.name("a:v1"), Tag: "v1"}, client.Invalid},
		{client.PushRequest{Path: ok, Name: x.name("a"), Tag: "v/1"}, client.Invalid},
		{client.PushRequest{Path: ok, Name: x.name("a@" + strings.Repeat("0", 64))}, client.Invalid},
	} {
		_, err := x.client.Push(t.Context(), c.r)
		x.wants(err, c.code)
	}
	if there, err := x.store.HasContainer(t.Context(), x.collection); err != nil || there {
		t.Errorf("a refused push made the collection: %v, %v", there, err)
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	x := on(t)
	dry := x.connect(client.Config{DryRun: true})
	path := x.file("a.sif", 10)
	for _, name := range []string{"a", "b"} {
		if _, err := dry.Push(t.Context(), client.PushRequest{Path: path, Name: x.name(name)}); err != nil {
			t.Fatal(err)
		}
	}
	if there, err := x.store.HasContainer(t.Context(), x.collection); err != nil || there {
		t.Errorf("the collection is there: %v, %v", there, err)
	}
	x.push(path, "a")
	if _, err := dry.Delete(t.Context(), client.DeleteRequest{Image: x.name("a")}); err != nil {
		t.Fatal(err)
	}
	if _, err := dry.Pull(t.Context(), client.PullRequest{Image: x.name("a"), File: x.dir + "/sub/"}); err != nil {
		t.Fatal(err)
	}
	if got := x.objects(); got != "[a-latest.sif]" {
		t.Errorf("objects: %s", got)
	}
	x.left("a.sif")
	notes, _, _, _ := x.report.take()
	if text := strings.Join(notes, "\n"); strings.Count(text, "would create collection") != 1 || !strings.Contains(text, "would delete") || !strings.Contains(text, "would pull") {
		t.Errorf("notes: %q", notes)
	}
}

// No list would ever show an image among the segments.
func TestPushAmongSegments(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 10)
	x.push(path, "a")
	x.object(".segments/there.sif", "of another tool", store.Header{})
	for _, name := range []string{".segments/hid", ".segments/hid:v1", ".Segments/hid.sif", ".segments/there.sif"} {
		_, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name(name), Force: true})
		x.wants(err, client.Invalid)
		_, err = x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a"), Target: x.name(name)})
		x.wants(err, client.Invalid)
	}
	x.push(path, ".segmentsx/b")
	if got := x.objects(); got != "[.segments/there.sif .segmentsx/b-latest.sif a-latest.sif]" {
		t.Errorf("objects: %s", got)
	}
}

func TestPushAllReportsTogether(t *testing.T) {
	x := on(t)
	good := x.file("a.sif", 10)
	rs := []client.PushRequest{
		{Path: good, Name: x.name("a")},
		{Path: x.dir + "/none", Name: x.name("b")},
		{Path: good, Name: x.name("c:")},
		{Path: good, Name: x.name("d"), Jobs: jobs(2)},
	}
	_, err := x.client.PushAll(t.Context(), rs)
	x.wants(err, client.Partial)
	e := err.(*client.Error)
	if len(e.Done) != 2 || len(e.Failed) != 2 || client.ExitStatus(err) != client.Partial.ExitStatus() {
		t.Errorf("%+v", e)
	}
	_, err = x.client.PushAll(t.Context(), rs[1:2])
	if client.ExitStatus(err) != client.NotFound.ExitStatus() {
		t.Errorf("failures of one code: %v exits %d", err, client.ExitStatus(err))
	}
	images, err := x.client.PushAll(t.Context(), []client.PushRequest{rs[0], rs[3]})
	if err != nil || len(images) != 2 || images[1].Name != "d" {
		t.Errorf("%v, %v", images, err)
	}
}

// Two files cannot both be one image: which of them it would be is left to chance.
func TestPushAllOfOneName(t *testing.T) {
	x := on(t)
	a, b := x.file("a.sif", 10), x.file("b.sif", 11)
	for _, second := range []string{"x", "X", "x:latest"} {
		_, err := x.client.PushAll(t.Context(), []client.PushRequest{{Path: a, Name: x.name("x")}, {Path: b, Name: x.name(second)}})
		x.wants(err, client.Invalid)
	}
	if there, err := x.store.HasContainer(t.Context(), x.collection); there || err != nil {
		t.Errorf("something was made: %v, %v", there, err)
	}
	if _, err := x.client.PushAll(t.Context(), []client.PushRequest{
		{Path: a, Name: x.name("x")}, {Path: b, Name: x.name("x:v2")}, {Path: a, Name: x.name("x:latest")},
	}); err != nil {
		t.Error(err)
	}
}

func TestPushOverAnExactName(t *testing.T) {
	x := on(t)
	for _, object := range []string{"cake-latest.simg", "plain.sif", "README"} {
		x.object(object, "old", store.Header{})
		for i, size := range []int{50, 3500} {
			path := x.file("new.sif", size)
			pushed, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name(object), Segment: 1000})
			if err != nil || pushed.Object != object || pushed.SHA256 == "" || pushed.Size != int64(size) {
				t.Errorf("%s, push %d: %+v, %v", object, i, pushed, err)
			}
			listed, err := x.client.List(t.Context(), client.ListRequest{Query: x.name(object)})
			if err != nil || len(listed) != 1 || listed[0].SHA256 != pushed.SHA256 || listed[0].URI != pushed.URI || listed[0].Size != int64(size) {
				t.Errorf("%s, push %d: listed as %+v, %v", object, i, listed, err)
			}
		}
	}
}

// A file that changes while it is sent is an error, and the image that was there stays.
func TestPushOfAFileThatChanges(t *testing.T) {
	for what, change := range map[string]func(f *os.File) error{
		"longer":  func(f *os.File) error { _, err := f.WriteAt([]byte("more"), 200_000); return err },
		"shorter": func(f *os.File) error { return f.Truncate(70_000) },
		"empty":   func(f *os.File) error { return f.Truncate(0) },
	} {
		for _, segment := range []int64{0, 50_000} {
			x := on(t)
			old := x.file("old.sif", 100)
			x.push(old, "a")
			path := x.file("new.sif", 200_000)
			c := client.New(client.Config{Settings: x.settings, Reporter: &onPush{record: x.report, do: func() {
				f, err := os.OpenFile(path, os.O_WRONLY, 0)
				if err == nil {
					err = change(f)
					f.Close()
				}
				if err != nil {
					t.Error(err)
				}
			}}})
			defer c.Close()
			_, err := c.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: segment})
			x.wants(err, client.Invalid)
			if err == nil || !strings.Contains(err.Error(), "the file changed while it was sent; push it again when it is finished") {
				t.Errorf("%s, in segments of %d: %v", what, segment, err)
			}
			x.back("a", old)
		}
	}
}

// A file that is larger than a server can take in segments is refused before anything is read.
func TestPushBeyondAllSegments(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 10)
	if err := os.Truncate(path, 5<<40); err != nil {
		t.Fatal(err)
	}
	for _, segment := range []int64{0, 1000, 5 << 30} {
		_, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: segment})
		x.wants(err, client.Invalid)
	}
	if there, err := x.store.HasContainer(t.Context(), x.collection); there || err != nil {
		t.Errorf("something was stored: %v, %v", there, err)
	}
}
