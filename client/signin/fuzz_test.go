package signin

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzSecrets reads a settings file of anything: an error that quotes nothing of it, or what can be
// written and is read back as the same.
func FuzzSecrets(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", "[]", `{"SREGISTRY_CLIENT": "swift"}`, `{"SREGISTRY_CLIENT": 1, "swift": null}`,
		`{"swift": {"SREGISTRY_SWIFT_USER": "ceph:vanessa", "SREGISTRY_SWIFT_TOKEN": "x", "SREGISTRY_SWIFT_URL": "http://h"}}`,
		`{"swift": {"a": {"b": [1]}}, "hub": "x", "swift": {"a": "twice"}}`, `{"swift": {"\u0000": "\ud800"}}`, "{\"a\": \"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		file := File{filepath.Join(dir, "x")}
		if err := os.WriteFile(file.Path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := file.Read()
		if err != nil {
			return
		}
		again, err := s.encode()
		if err != nil {
			t.Fatalf("%q cannot be written again: %v", text, err)
		}
		if err := os.WriteFile(file.Path, again, 0o600); err != nil {
			t.Fatal(err)
		}
		back, err := file.Read()
		if err != nil || back.Active != s.Active || !reflect.DeepEqual(back.Backends, s.Backends) {
			t.Fatalf("%q came back as %+v, not %+v: %v", text, back, s, err)
		}
	})
}
