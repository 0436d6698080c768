package library

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

const (
	shaOne = "725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07" // of "hsqs one"
	shaTwo = "7ab52634532f1fe776432f9b6f5aff9253ef59e1cf955ec36673678a6dfa9aee" // of "hsqs two"
)

func settings(t *testing.T) Settings {
	t.Helper()
	dir := t.TempDir()
	return Settings{Database: filepath.Join(dir, "base", "sregistry.db"), Storage: filepath.Join(dir, "shub"), Wait: 20 * time.Second}
}

func open(t *testing.T, s Settings) *Library {
	t.Helper()
	l := New(s)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// run makes a database of SQL.
func run(t *testing.T, path, statements string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
}

// theirs is a library as sregistry-cli 0.2.39 wrote it, with its files.
func theirs(t *testing.T) (*Library, Settings) {
	t.Helper()
	s := settings(t)
	text, err := os.ReadFile("testdata/sregistry-cli-0.2.39.sql")
	if err != nil {
		t.Fatal(err)
	}
	run(t, s.Database, strings.ReplaceAll(string(text), "/home/vanessa/.singularity/shub", s.Storage))
	for file, content := range map[string]string{
		"lab/tool/v1@" + shaOne + ".sif": "hsqs one", "lab/tool/v2@" + shaOne + ".sif": "hsqs one",
		"library/ubuntu/latest@" + shaOne + ".sif": "hsqs one", "lab/tool/v1@" + shaTwo + ".sif": "hsqs two",
	} {
		write(t, filepath.Join(s.Storage, file), content)
	}
	return open(t, s), s
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func parse(t *testing.T, s string) name.Name {
	t.Helper()
	n, err := name.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func list(t *testing.T, l *Library, query string) (out []string) {
	t.Helper()
	rows, err := l.All(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		out = append(out, strings.NewReplacer(shaOne, "one", shaTwo, "two").Replace(r.String()))
	}
	return out
}

// What sregistry-cli wrote is read, extended and renamed, and stays what it was for it.
func TestTheirs(t *testing.T) {
	ctx := t.Context()
	l, s := theirs(t)
	const old = "library/busybox-latest:latest@d41d8cd98f00b204e9800998ecf8427e"
	want := []string{"lab/tool:v1@one", "lab/tool:v2@one", "library/ubuntu:latest@one", "lab/tool:v1@two", old}
	if diff := cmp.Diff(want, list(t, l, "")); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string]string{"TOOL:v2": "lab/tool:v2@one", "example.org": old, shaTwo[:9]: "lab/tool:v1@two", "nothing": "", "*": strings.Join(want, " ")} {
		if got := strings.Join(list(t, l, query), " "); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	for in, want := range map[string]string{
		"lab/tool:v1": "lab/tool/v1@" + shaTwo, "Lab/Tool:V2": "lab/tool/v2@" + shaOne, "lab/tool:v1@" + shaOne: "lab/tool/v1@" + shaOne,
		"lab/tool:v1@sha256:" + strings.ToUpper(shaOne): "lab/tool/v1@" + shaOne, "ubuntu": "library/ubuntu/latest@" + shaOne,
		"lab/tool-v1.sif": "lab/tool/v1@" + shaTwo, "swift://lab/tool:v2": "lab/tool/v2@" + shaOne,
		"vsoch/lab/tool:v2": "lab/tool/v2@" + shaOne, // as sregistry-cli reads it
	} {
		r, err := l.Find(ctx, parse(t, in))
		if err != nil || r.Image != filepath.Join(s.Storage, want+".sif") {
			t.Errorf("%s: %s, %v", in, r.Image, err)
		}
	}
	if r, err := l.Exact(ctx, parse(t, "vsoch/lab/tool:v2")); err != nil || r != nil {
		t.Errorf("another image stands in: %v, %v", r, err)
	}
	if _, err := l.One(ctx, parse(t, "lab/tool:v1")); !errors.Is(err, ErrAmbiguous) {
		t.Error(err)
	}
	if _, err := l.Find(ctx, parse(t, "lab/none")); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}

	mine := write(t, filepath.Join(t.TempDir(), "mine.sif"), "hsqs three")
	row, created, err := l.Record(ctx, Entry{Name: parse(t, "Lab/Deep/Tool:V3"), Written: "Lab/Deep/Tool:V3", Version: "abc", Image: mine, Metrics: map[string]any{"org.label": "x"}})
	if err != nil || !created || row.Collection != "deep" || row.Name != "tool" || row.Tag != "v3" || row.URI != "Lab/Deep/Tool:V3@abc" || row.Client != "swift" || !row.Unchanged() {
		t.Errorf("%+v, %v, %v", row, created, err)
	}
	if row.Metrics["org.label"] != "x" || row.Metrics["original"] != "Lab/Deep/Tool:V3" || row.Metrics["type"] != "container" || row.Metrics["version"] != nil {
		t.Errorf("metrics %v", row.Metrics)
	}
	// The same again renews the row, which keeps what others wrote of it, and the library's file.
	again, created, err := l.Record(ctx, Entry{Name: parse(t, "lab/tool:v1"), Version: shaOne, Image: mine, Metrics: map[string]any{"new": true}})
	if err != nil || created || again.ID != 1 || !l.Holds(again.Image) || again.Metrics["new"] != true || again.Client != "hub" {
		t.Errorf("%+v, %v, %v", again, created, err)
	}
	if r, _ := l.Find(ctx, parse(t, "lab/tool:v1")); r.ID != 1 {
		t.Errorf("the row that was renewed is not the newest: %+v", r)
	}
	if got := list(t, l, ""); len(got) != 6 || got[5] != "Lab/Deep/Tool:V3@abc" {
		t.Errorf("%v", got)
	}
}

func TestRename(t *testing.T) {
	ctx := t.Context()
	l, s := theirs(t)
	r, err := l.One(ctx, parse(t, "lab/tool:v2"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Rename(ctx, r, parse(t, "lab/tool:v1")); !errors.Is(err, ErrExists) || !isFile(r.Image) {
		t.Errorf("renamed over another: %v", err)
	}
	now, err := l.Rename(ctx, r, parse(t, "new/a/b:v9"))
	want := filepath.Join(s.Storage, "new", "a", "b", "v9@"+shaOne+".sif")
	if err != nil || now.Image != want || !isFile(want) || isFile(r.Image) || now.URI != "new/a/b:v9@"+shaOne {
		t.Errorf("%+v, %v", now, err)
	}
	if kept, err := l.Remove(ctx, now); err != nil || kept != "" || isFile(want) {
		t.Errorf("%q, %v", kept, err)
	}
	if _, err := os.Stat(filepath.Join(s.Storage, "new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folders stay: %v", err)
	}
	mine := write(t, filepath.Join(t.TempDir(), "mine.sif"), "hsqs three")
	row, _, err := l.Record(ctx, Entry{Name: parse(t, "lab/mine"), Version: "3", Image: mine})
	if err == nil {
		row, err = l.Rename(ctx, row, parse(t, "lab/yours"))
	}
	if err != nil || row.Image != mine {
		t.Errorf("a user's file moved to %s, %v", row.Image, err)
	}
	if kept, err := l.Remove(ctx, row); err != nil || kept != mine || !isFile(mine) {
		t.Errorf("a user's file: %q, %v", kept, err)
	}
}

// Nothing is made by asking.
func TestNothingThere(t *testing.T) {
	s := settings(t)
	l := open(t, s)
	if got := list(t, l, ""); len(got) > 0 {
		t.Errorf("%v", got)
	}
	if _, err := l.Find(t.Context(), parse(t, "lab/x")); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(s.Database)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a database was made: %v", err)
	}
	if _, err := New(Settings{Off: "SREGISTRY_DISABLE is set"}).All(t.Context(), ""); !errors.Is(err, ErrOff) || !strings.Contains(err.Error(), "SREGISTRY_DISABLE is set") {
		t.Error(err)
	}
}

// A database that is not understood is left as it is.
func TestForeign(t *testing.T) {
	text, err := os.ReadFile("testdata/sregistry-cli-0.2.39.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, sql string
		want      error
	}{
		{"versioned", string(text) + "PRAGMA user_version = 7;", ErrForeign},
		{"newer", string(text) + "ALTER TABLE container ADD COLUMN digest TEXT;", ErrForeign},
		{"half", "CREATE TABLE collection (id INTEGER NOT NULL, name TEXT, token TEXT, created_at DATETIME)", ErrForeign},
		{"other", "CREATE TABLE recipes (id INTEGER)", ErrForeign},
		{"damaged", "", ErrDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := settings(t)
			if c.sql == "" {
				write(t, s.Database, strings.Repeat("this is no database", 100))
			} else {
				run(t, s.Database, c.sql)
			}
			before, err := os.ReadFile(s.Database)
			if err != nil {
				t.Fatal(err)
			}
			l := open(t, s)
			if _, err := l.All(t.Context(), ""); !errors.Is(err, c.want) || !strings.Contains(err.Error(), s.Database) {
				t.Errorf("reading: %v", err)
			}
			if _, _, err := l.Record(t.Context(), Entry{Name: parse(t, "lab/x")}); !errors.Is(err, c.want) {
				t.Errorf("writing: %v", err)
			}
			if after, err := os.ReadFile(s.Database); err != nil || string(after) != string(before) {
				t.Errorf("the file changed, %v", err)
			}
		})
	}
}

// What lies in the place of the database is named, and is not said to be a want of memory.
func TestNoFileInItsPlace(t *testing.T) {
	s := settings(t)
	if err := os.MkdirAll(s.Database, 0o755); err != nil {
		t.Fatal(err)
	}
	l := open(t, s)
	if _, err := l.All(t.Context(), ""); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), s.Database) {
		t.Errorf("reading: %v", err)
	}
	if _, _, err := l.Record(t.Context(), Entry{Name: parse(t, "lab/x")}); !errors.Is(err, ErrForeign) {
		t.Errorf("writing: %v", err)
	}
}

// Who holds the database for ever makes others give up, and a context that ends at once.
func TestLocked(t *testing.T) {
	_, s := theirs(t)
	s.Wait = time.Millisecond
	l := open(t, s)
	db, err := sql.Open("sqlite", s.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.All(t.Context(), ""); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	s.Wait = time.Hour
	if _, err := open(t, s).All(canceled, ""); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFromEnvironment(t *testing.T) {
	for _, c := range []struct {
		env           map[string]string
		home          string
		database, off string
		storage       string
	}{
		{nil, "/h", "/h/.singularity/sregistry.db", "", "/h/.singularity/shub"},
		{map[string]string{"SREGISTRY_DATABASE": "/d/"}, "/h", "/d/sregistry.db", "", "/h/.singularity/shub"},
		{map[string]string{"SREGISTRY_DATABASE": "/d", "SREGISTRY_STORAGE": "/s"}, "", "/d/sregistry.db", "", "/s"},
		{nil, "", "", "there is no home: set HOME, or SREGISTRY_DATABASE and SREGISTRY_STORAGE", ""},
		{map[string]string{"SREGISTRY_DISABLE": "True"}, "/h", "", "SREGISTRY_DISABLE is set", ""},
		{map[string]string{"SINGULARITY_DISABLE_CACHE": "y"}, "/h", "", "SINGULARITY_DISABLE_CACHE is set", ""},
		{map[string]string{"SREGISTRY_DISABLE": "no"}, "/h", "/h/.singularity/sregistry.db", "", "/h/.singularity/shub"},
	} {
		s := FromEnvironment(func(v string) string { return c.env[v] }, c.home)
		if s.Database != c.database || s.Storage != c.storage || s.Off != c.off || s.On() != (c.off == "") {
			t.Errorf("%v: %+v", c.env, s)
		}
	}
}
