package client

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile/imagefiletest"
	"github.com/sregistry-shell/sregistry-shell/client/library"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// kept is a client with a library of its own.
func kept(t *testing.T, e *localswifttest.Endpoint) *Client {
	dir := t.TempDir()
	c := New(Config{
		Settings: signin.Settings{User: e.User, Key: e.Key, URL: e.URL},
		Library:  library.Settings{Database: filepath.Join(dir, "sregistry.db"), Storage: filepath.Join(dir, "shub")},
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// What the library records of an image is what an inspection tells: of a file that is added, and of
// one that is pulled.
func TestTheLibraryKeepsTheInspection(t *testing.T) {
	e := localswifttest.Start(t, localswift.Options{})
	c, colleague := kept(t, e), kept(t, e)
	path := filepath.Join(t.TempDir(), "a.sif")
	image := imagefiletest.SIF(t, imagefiletest.Options{
		Arch: []string{"arm64"}, Sign: imagefiletest.Key(), Labels: map[string]string{"etag": "mine", "size": "XL", "image": "no"},
	})
	if err := os.WriteFile(path, image, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.LibraryAdd(t.Context(), AddRequest{Path: path, Name: "lab/a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Push(t.Context(), PushRequest{Path: path, Name: "lab/a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := colleague.Pull(t.Context(), PullRequest{Image: "lab/a"}); err != nil {
		t.Fatal(err)
	}
	remote, err := c.Inspect(t.Context(), InspectRequest{Image: "lab/a"})
	if err != nil || remote.Arch != "arm64" || len(remote.Labels) == 0 || len(remote.Signers) == 0 {
		t.Fatalf("in storage it is %+v, %v", remote, err)
	}
	text, err := json.Marshal(remote)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for who, c := range map[string]*Client{"added": c, "pulled": colleague} {
		d, err := c.LibraryInspect(t.Context(), LocalRequest{Image: "lab/a"})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		for field := range want {
			got[field] = d.Metrics[field]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-remote +library):\n%s", who, diff)
		}
		if d.Metrics["collection"] != "lab" || d.Metrics["image"] != "a" || d.Metrics["etag"] == "mine" {
			t.Errorf("%s: the names are %v", who, d.Metrics)
		}
	}
}

// An image is taken whatever it says of itself.
func TestTheLibraryTakesWhatIsDamaged(t *testing.T) {
	c := kept(t, localswifttest.Start(t, localswift.Options{}))
	whole := imagefiletest.SIF(t, imagefiletest.Options{})
	wordy := imagefiletest.SIF(t, imagefiletest.Options{Labels: map[string]string{"long": strings.Repeat("x", mostMetrics)}})
	for name, has := range map[string]struct {
		content []byte
		problem string
	}{
		"cut":   {whole[:200], "damaged"},
		"wordy": {wordy, "256 KiB"},
		"text":  {[]byte("no image at all"), ""},
		"whole": {whole, ""},
	} {
		path := filepath.Join(t.TempDir(), name+".sif")
		if err := os.WriteFile(path, has.content, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := c.LibraryAdd(t.Context(), AddRequest{Path: path, Name: "lab/" + name}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Push(t.Context(), PushRequest{Path: path, Name: "lab/" + name}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Pull(t.Context(), PullRequest{Image: "lab/" + name}); err != nil {
			t.Errorf("%s is not pulled: %v", name, err)
		}
		d, err := c.LibraryInspect(t.Context(), LocalRequest{Image: "lab/" + name})
		if err != nil {
			t.Fatal(err)
		}
		problems, _ := json.Marshal(d.Metrics["problems"])
		if has.problem == "" && string(problems) != "null" || !strings.Contains(string(problems), has.problem) {
			t.Errorf("%s has the problems %s", name, problems)
		}
		if text, _ := json.Marshal(d.Metrics); len(text) > mostMetrics {
			t.Errorf("%s: %d bytes are kept", name, len(text))
		}
	}
}
