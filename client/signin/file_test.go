package signin

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// written is a settings file as sregistry-cli 0.2.39 writes it.
const written = `{
    "SREGISTRY_CLIENT": "swift",
    "hub": {
        "base": "https://singularity-hub.org/api"
    },
    "swift": {
        "SREGISTRY_SWIFT_AUTHTYPE": "legacy",
        "SREGISTRY_SWIFT_USER": "ceph:vanessa",
        "SREGISTRY_SWIFT_TOKEN": "geheim",
        "SREGISTRY_SWIFT_URL": "http://172.17.0.1:8080",
        "SREGISTRY_SHELL": "ipython"
    },
    "globus": {"SREGISTRY_GLOBUS_TRANSFER": {"expires_at_seconds": 1549000000, "scope": "x<y"}, "SREGISTRY_GLOBUS_NONE": null},
    "other": 5
}`

func settingsFile(t *testing.T, content string, mode os.FileMode) (File, func(string) string) {
	t.Helper()
	home := t.TempDir()
	path := filepath.Join(home, ".sregistry")
	if content != "" {
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // whatever the umask
			t.Fatal(err)
		}
	}
	return File{path}, func(name string) string {
		if name == "HOME" {
			return home
		}
		return ""
	}
}

func TestSettingsFileIsTheLastSource(t *testing.T) {
	f, get := settingsFile(t, written, 0o644)
	s, err := FromEnvironment(get)
	if err != nil || s.User != "ceph:vanessa" || s.Key != "geheim" || s.URL != "http://172.17.0.1:8080" || s.From != FromFile || !strings.Contains(s.Source, f.Path) {
		t.Fatalf("%v %v", s, err)
	}
	with := func(name, value string) func(string) string {
		return func(n string) string {
			if n == name {
				return value
			}
			return get(n)
		}
	}
	if _, err := FromEnvironment(with(envUser, "u")); err == nil || !strings.Contains(err.Error(), "SREGISTRY_SWIFT_TOKEN, SREGISTRY_SWIFT_URL not set") {
		t.Errorf("the environment is mixed with the file: %v", err)
	}
	if _, err := FromEnvironment(with(envNoCache, "true")); err == nil {
		t.Error("the file is read although it is off")
	}
	if err := os.WriteFile(f.Path, []byte(`{"swift": {"SREGISTRY_SWIFT_USER": "geheim"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := FromEnvironment(get); err == nil || !strings.Contains(err.Error(), "is not JSON") || strings.Contains(err.Error(), "geheim") {
		t.Errorf("a damaged file: %v", err)
	}
	if err := f.Change(func(*Secrets) error { return nil }); err == nil {
		t.Error("a damaged file is written over")
	}
	if err := os.WriteFile(f.Path, []byte(`{"swift": {"SREGISTRY_SWIFT_USER": "u"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := FromEnvironment(get); err == nil || !strings.Contains(err.Error(), "which the settings file") {
		t.Errorf("half a file: %v", err)
	}
	for _, want := range []bool{true, false} {
		if tightened, err := f.Tighten(); tightened != want || err != nil {
			t.Errorf("%v %v, want %v", tightened, err, want)
		}
	}
}

func TestSettingsFileIsMerged(t *testing.T) {
	f, _ := settingsFile(t, written, 0o644)
	link := File{f.Path + "-link"}
	if err := os.Symlink(f.Path, link.Path); err != nil {
		t.Fatal(err)
	}
	err := link.Change(func(s *Secrets) error {
		s.Backends["swift"][envUser] = "ceph:<other>"
		delete(s.Backends["swift"], "SREGISTRY_SHELL")
		s.Active = ""
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link.Path); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
	if info, err := os.Stat(f.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	text, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("ceph:vanessa", "ceph:<other>", ",\n        \"SREGISTRY_SHELL\": \"ipython\"", "", "\n    \"SREGISTRY_CLIENT\": \"swift\",", "").Replace(written)
	var got, wanted any
	if json.Unmarshal(text, &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil || fmt.Sprint(got) != fmt.Sprint(wanted) {
		t.Errorf("%s\nwant %s", text, want)
	}
	if !strings.Contains(string(text), "1549000000") || !strings.Contains(string(text), "\n        \"base\"") {
		t.Errorf("%s", text)
	}
}

// What stands in the place of a table of settings.
func TestSettingsFileWithoutATable(t *testing.T) {
	env := map[string]string{envUser: "a:b", envKey: "k", envURL: "http://h:1"}
	set := func(s *Secrets) error { s.Backends[fileBackend] = map[string]string{envUser: "a:b"}; return nil }
	f, _ := settingsFile(t, `{"swift": null, "hub": null}`, 0o600)
	if saved, _, err := f.Remember(func(name string) string { return env[name] }); !saved || err != nil {
		t.Errorf("null: %v %v", saved, err)
	}
	if s, err := f.Read(); err != nil || s.Backends[fileBackend][envUser] != "a:b" {
		t.Errorf("null: %v %v", s.Backends, err)
	}
	const number = `{"swift": 3}`
	f, _ = settingsFile(t, number, 0o600)
	if err := f.Change(set); err == nil || !strings.Contains(err.Error(), f.Path+": swift is there, and no table of settings") {
		t.Errorf("a number: %v", err)
	}
	if text, _ := os.ReadFile(f.Path); string(text) != number {
		t.Errorf("a number: it is written over: %s", text)
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if tightened, err := (File{dir}).Tighten(); tightened || err != nil {
		t.Errorf("a folder: %v %v", tightened, err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("a folder: %v %v", info.Mode(), err)
	}
}

// Many write at once, and nothing is lost.
func TestSettingsFileUnderManyWriters(t *testing.T) {
	f, _ := settingsFile(t, "", 0)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if err := f.Change(func(s *Secrets) error {
				s.Backends[fmt.Sprint("b", i)] = map[string]string{"K": "v"}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s, err := f.Read(); err != nil || len(s.Backends) != 16 {
		t.Errorf("%d backends, %v", len(s.Backends), err)
	}
}

func TestRemember(t *testing.T) {
	f, _ := settingsFile(t, `{"hub": {"base": "x"}}`, 0o644)
	env := map[string]string{envUser: "a:b", envKey: "k", envURL: "http://h:1"}
	get := func(name string) string { return env[name] }
	if saved, _, err := f.Remember(get); !saved || err != nil {
		t.Fatal(err)
	}
	s, err := f.Read()
	if err != nil || fmt.Sprint(s.Backends) != "map[hub:map[base:x] swift:map[SREGISTRY_SWIFT_AUTHTYPE:legacy SREGISTRY_SWIFT_TOKEN:k SREGISTRY_SWIFT_URL:http://h:1 SREGISTRY_SWIFT_USER:a:b]]" {
		t.Errorf("%v %v", s.Backends, err)
	}
	for user, want := range map[string]bool{"a:b": false, "a:c": true} {
		env[envUser] = user
		saved, differs, err := f.Remember(get)
		if saved || differs != want || err != nil {
			t.Errorf("%s: %v %v %v", user, saved, differs, err)
		}
	}
	if again, err := f.Read(); err != nil || again.Backends["swift"][envUser] != "a:b" {
		t.Errorf("replaced: %v", err)
	}
	if saved, _, err := (File{}).Remember(get); saved || err != nil {
		t.Errorf("without a file: %v %v", saved, err)
	}
}
