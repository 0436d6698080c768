package shell

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHistoryPath(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		home string
		want string
	}{
		{nil, "/home/v", "/home/v/.local/state/sregistry-shell/history"},
		{nil, "", ""},
		{map[string]string{"XDG_STATE_HOME": "/state"}, "/home/v", "/state/sregistry-shell/history"},
		{map[string]string{"XDG_STATE_HOME": "relative"}, "/home/v", "/home/v/.local/state/sregistry-shell/history"},
		{map[string]string{"SREGISTRY_HISTORY": "/h"}, "/home/v", "/h"},
		{map[string]string{"SREGISTRY_HISTORY": ""}, "/home/v", ""},
	} {
		got := historyPath(func(name string) (string, bool) { v, ok := c.env[name]; return v, ok }, c.home)
		if got != c.want {
			t.Errorf("%v: %s, not %s", c.env, got, c.want)
		}
	}
}

func open(t *testing.T, path string) *history {
	t.Helper()
	h, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "sub", "history")
	h := open(t, path)
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("a folder is made before there is an entry")
	}
	const function = "function f()\n\treturn \"⏎\"\nend"
	for _, entry := range []string{
		"client.search()", "client.search()", "", "  ", function, " secretly", `x = connect{token="abc"}`,
		`password = "x"`, `os.getenv("SREGISTRY_SWIFT_KEY")`, `c = connect{user="u", key = "k"}`, "for key, value in pairs(t) do end", "f() \n",
		" again secretly", "f()", "f()",
	} {
		if err := h.Add(entry); err != nil {
			t.Fatal(err)
		}
	}
	written := []string{"client.search()", function, "for key, value in pairs(t) do end", "f()"}
	if got := open(t, path).last(); cmp.Diff(written, got) != "" {
		t.Errorf("in the file: %s", cmp.Diff(written, got))
	}
	if data, _ := os.ReadFile(path); strings.Count(string(data), "\n") != len(written) {
		t.Errorf("the file holds %s", data)
	}
	if got := len(h.last()); got != 11 {
		t.Errorf("%d entries in memory: %q", got, h.last())
	}
	info, _ := os.Stat(path)
	folder, _ := os.Stat(filepath.Dir(path))
	if info.Mode().Perm() != 0o600 || folder.Mode().Perm() != 0o700 {
		t.Errorf("modes %v, %v", info.Mode(), folder.Mode())
	}
}

func TestHistoryOfAnOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	os.WriteFile(path, []byte("\"one\"\nnot json\n\"two\"\n\"two\"\n\"cut of"), 0o644)
	h := open(t, path)
	if diff := cmp.Diff([]string{"one", "two"}, h.last()); diff != "" {
		t.Error(diff)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("it stays readable for others: %v", info.Mode())
	}
}

func TestHistoryIsOff(t *testing.T) {
	for _, path := range []string{"", os.DevNull} {
		h := open(t, path)
		if err := h.Add("x"); err != nil {
			t.Error(err)
		}
		if len(h.last()) != 1 {
			t.Error("nothing in memory")
		}
	}
}

func TestHistoryThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	h, _ := openHistory(filepath.Join(file, "history"))
	if err := h.Add("x"); err == nil {
		t.Error("no error")
	}
}

func TestHistoryIsShared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	// A file that is long enough for each shell to cut it down as it starts.
	var long strings.Builder
	for i := range trimHistory + 1 {
		fmt.Fprintf(&long, "\"old %d\"\n", i)
	}
	os.WriteFile(path, []byte(long.String()), 0o600)
	var group sync.WaitGroup
	for shell := range 8 {
		group.Go(func() {
			h, err := openHistory(path)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range 20 {
				if err := h.Add(fmt.Sprintf("shell %d, entry %d", shell, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	data, _ := os.ReadFile(path)
	for shell := range 8 {
		for i := range 20 {
			if entry := fmt.Sprintf("\"shell %d, entry %d\"\n", shell, i); !strings.Contains(string(data), entry) {
				t.Errorf("lost: %s", entry)
			}
		}
	}
	if strings.Contains(string(data), "\"old 0\"") || !strings.Contains(string(data), fmt.Sprintf("\"old %d\"", trimHistory)) {
		t.Error("it was not cut down to the last entries")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".history-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A line that a full disk cut short is lost, and not the one behind it.
func TestHistoryBehindATornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte("\"one\"\n\"tw"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Add("three"); err != nil {
		t.Fatal(err)
	}
	if h, err = openHistory(path); err != nil || len(h.entries) != 2 || h.entries[0] != "one" || h.entries[1] != "three" {
		t.Errorf("%q, %v", h.entries, err)
	}
}
