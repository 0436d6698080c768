package conformance

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

func TestPullOfHistoricNames(t *testing.T) {
	x := on(t)
	for _, object := range []string{"a-v1.simg", "b:v1.sif", "c-v1.img", "d:v1@abc.sif", "e/f:v1.sif"} {
		x.object(object, "bytes of "+object, store.Header{})
		image, _ := name.Guess(object)
		for _, written := range []string{image + ":v1", object} {
			out := filepath.Join(x.dir, "out")
			_, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name(written), File: out, Force: true})
			if err != nil || x.read(out) != "bytes of "+object {
				t.Errorf("%s by %s: %v", object, written, err)
			}
		}
	}
}

func TestPullWhere(t *testing.T) {
	x := on(t)
	path := x.file("src/a.sif", 100)
	x.push(path, "b/c:v1")
	t.Chdir(x.dir)
	for file, want := range map[string]string{"": "c-v1.sif", "new/": "new/c-v1.sif", "src": "src/c-v1.sif", "d": "d"} {
		got, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("b/c:v1"), File: file})
		if err != nil || got != want || x.read(got) != x.read(path) {
			t.Errorf("pull to %q gives %q, %v", file, got, err)
		}
	}
	var out bytes.Buffer
	piped := x.connect(client.Config{Stdout: &out})
	if got, err := piped.Pull(t.Context(), client.PullRequest{Image: x.name("b/c:v1"), File: "-"}); err != nil || got != "-" || out.String() != x.read(path) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestPullOverAFile(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 100)
	x.push(path, "a")
	mine := x.write("mine", []byte("mine"))
	pull := func(r client.PullRequest) error {
		r.Image, r.File = x.name("a"), mine
		_, err := x.client.Pull(t.Context(), r)
		return err
	}
	x.wants(pull(client.PullRequest{}), client.Exists)
	if x.read(mine) != "mine" {
		t.Fatal("the file was replaced")
	}
	if err := pull(client.PullRequest{IfMissing: true}); err != nil || x.read(mine) != "mine" {
		t.Errorf("if_missing: %v", err)
	}
	if err := pull(client.PullRequest{Force: true}); err != nil || x.read(mine) != x.read(path) {
		t.Errorf("force: %v", err)
	}
	x.report.take()
	if err := pull(client.PullRequest{}); err != nil {
		t.Errorf("the same bytes: %v", err)
	}
	if _, _, _, moved := x.report.take(); moved["pull"] != 0 {
		t.Errorf("the same bytes were fetched: %v", moved)
	}
	link := filepath.Join(x.dir, "link")
	if err := os.Symlink("mine", link); err != nil {
		t.Fatal(err)
	}
	x.push(x.file("b.sif", 100), "a")
	if _, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("a"), File: link, Force: true}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 || x.read(mine) != x.read(filepath.Join(x.dir, "b.sif")) {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
	x.left("a.sif", "b.sif", "link", "mine")
}

func TestPullChecksWhatWasRecorded(t *testing.T) {
	x := on(t)
	wrong := sha256.Sum256([]byte("other"))
	lie := name.Record{Image: "a", Tag: "v1", SHA256: hex.EncodeToString(wrong[:]), Size: 5}
	x.object("a-v1.sif", "bytes", store.Header{ContentType: lie.ContentType()})
	_, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("a:v1"), File: filepath.Join(x.dir, "out")})
	x.wants(err, client.Corrupt)
	x.left()
}

func TestVersions(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 100)
	x.push(path, "a:v1")
	x.object("b-v1.sif", "plain", store.Header{}) // nobody recorded its SHA-256
	sha := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	md := func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }
	a := x.read(path)
	for image, want := range map[string]client.Code{
		"a:v1@sha256:" + sha(a): "", "a:v1@" + sha(a): "", "a:v1@" + md(a): "",
		"a:v1@" + sha("x"): client.Corrupt, "a:v1@" + md("x"): client.Corrupt, "a:v1@v1": client.Invalid,
		"b:v1@" + sha("plain"): "", "b:v1@" + sha("x"): client.Corrupt, "b:v1@" + md("plain"): "",
	} {
		out := filepath.Join(x.dir, "out")
		_, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name(image), File: out})
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", image, err)
			} else if err := os.Remove(out); err != nil {
				t.Error(err)
			}
			continue
		}
		x.wants(err, want)
		x.left("a.sif")
	}
}

func TestPullOfNothing(t *testing.T) {
	x := on(t)
	pull := func(image string) error {
		_, err := x.client.Pull(t.Context(), client.PullRequest{Image: image, File: filepath.Join(x.dir, "out")})
		return err
	}
	err := pull(x.name("a"))
	x.wants(err, client.NotFound)
	if !strings.Contains(err.Error(), "no collection") {
		t.Errorf("%v does not say that the collection is missing", err)
	}
	x.push(x.file("a.sif", 1), "b")
	x.wants(pull(x.name("a")), client.NotFound)
	x.wants(pull(x.name("b:v2")), client.NotFound)
	x.wants(pull("no/such"), client.NotFound) // RGW knows no names of two characters
	x.left("a.sif")
}

func TestCanceledPullLeavesNothing(t *testing.T) {
	x := on(t)
	x.push(x.file("a.sif", 4<<20), "a")
	ctx, cancel := context.WithCancel(t.Context())
	c := x.connect(client.Config{})
	x.report.take()
	stop := &stopper{record: x.report, cancel: cancel}
	c.Close()
	c = client.New(client.Config{Settings: x.settings, Reporter: stop})
	defer c.Close()
	_, err := c.Pull(ctx, client.PullRequest{Image: x.name("a"), File: filepath.Join(x.dir, "out")})
	x.wants(err, client.Canceled)
	x.left("a.sif")
}

// stopper cancels as soon as the bytes of a pull move.
type stopper struct {
	*record
	cancel context.CancelFunc
}

func (s *stopper) Begin(t client.Transfer) client.Meter { return s }
func (s *stopper) Add(n int64)                          { s.cancel() }
func (s *stopper) End(error)                            {}

func TestPullAll(t *testing.T) {
	x := on(t)
	for _, n := range []string{"a", "b", "c"} {
		x.push(x.file(n+".sif", 10), n)
	}
	rs := []client.PullRequest{{Image: x.name("a"), File: x.dir + "/out/"}, {Image: x.name("none"), File: x.dir + "/out/"}, {Image: x.name("c"), File: x.dir + "/out/"}}
	_, err := x.client.PullAll(t.Context(), rs)
	x.wants(err, client.Partial)
	if e := err.(*client.Error); len(e.Done) != 2 || len(e.Failed) != 1 || e.Failed[0].Code != client.NotFound {
		t.Errorf("%+v", e)
	}
	if x.read(x.dir+"/out/c-latest.sif") != x.read(x.dir+"/c.sif") {
		t.Error("the item behind the failed one was not pulled")
	}
	same := []client.PullRequest{{Image: x.name("a"), File: "f"}, {Image: x.name("b"), File: "f"}}
	_, err = x.client.PullAll(t.Context(), same)
	x.wants(err, client.Invalid)
}

func TestPullIfMissingIntoAFolder(t *testing.T) {
	x := on(t)
	path := x.file("src/a.sif", 10)
	x.push(path, "a")
	for range 2 {
		got, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("a"), File: filepath.Join(x.dir, "src"), IfMissing: true})
		if err != nil || x.read(got) != x.read(path) {
			t.Errorf("%s, %v", got, err)
		}
	}
	_, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("none"), File: filepath.Join(x.dir, "new") + "/"})
	x.wants(err, client.NotFound)
	x.left("src")
}

func TestPullAllToOneFile(t *testing.T) {
	x := on(t)
	x.push(x.file("a.sif", 10), "one/cake")
	x.push(x.file("b.sif", 20), "two/cake")
	rs := []client.PullRequest{{Image: x.name("one/cake"), File: x.dir + "/out/", Force: true}, {Image: x.name("two/cake"), File: x.dir + "/out/", Force: true}}
	_, err := x.client.PullAll(t.Context(), rs)
	x.wants(err, client.Partial)
	if client.ExitStatus(err) != client.Invalid.ExitStatus() {
		t.Errorf("%v exits %d", err, client.ExitStatus(err))
	}
}

func TestPullThroughALinkToNothing(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 10)
	x.push(path, "a")
	link := filepath.Join(x.dir, "link")
	if err := os.Symlink("behind.sif", link); err != nil {
		t.Fatal(err)
	}
	if _, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("a"), File: link}); err != nil {
		t.Fatal(err)
	}
	x.left("a.sif", "behind.sif", "link")
}
