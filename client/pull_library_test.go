package client

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/library"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// A library that others hold for ever is left out with a warning, and the pull succeeds.
func TestPullPastALockedLibrary(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	e := localswifttest.Start(t, localswift.Options{})
	s := &said{}
	c := New(Config{
		Settings: signin.Settings{User: e.User, Key: e.Key, URL: e.URL}, Reporter: s, FirstWait: 1,
		Library: library.Settings{Database: filepath.Join(dir, "db", "sregistry.db"), Storage: filepath.Join(dir, "shub"), Wait: time.Millisecond},
	})
	t.Cleanup(func() { c.Close() })
	if err := os.WriteFile("a.sif", []byte("hsqs a"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.LibraryAdd(t.Context(), AddRequest{Path: "a.sif", Name: "lab/other"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Push(t.Context(), PushRequest{Path: "a.sif", Name: "lab/a"}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "db", "sregistry.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	c.Close() // so that the library is opened anew
	for file, want := range map[string]string{"": "a-latest.sif", "mine.sif": "mine.sif"} {
		path, err := c.Pull(t.Context(), PullRequest{Image: "lab/a", File: file})
		if err != nil || path != want {
			t.Errorf("%q: %q, %v", file, path, err)
		}
		if content, err := os.ReadFile(want); err != nil || string(content) != "hsqs a" {
			t.Errorf("%s holds %q, %v", want, content, err)
		}
	}
	if warned := strings.Join(s.lines, "\n"); strings.Count(warned, "without the local library") != 1 || !strings.Contains(warned, "the database cannot be locked") {
		t.Errorf("it warns %q", warned)
	}
	if _, err := c.LibraryGet(t.Context(), LocalRequest{Image: "lab/other"}); CodeOf(err) != Unavailable {
		t.Errorf("get: %v", err)
	}
}
