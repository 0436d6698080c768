//go:build linux

package shell

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/library"
)

// What a verb changes is not shown again, whatever name it or its client was given, and of a list with
// nothing in it a sentence stands alone.
func TestEffectBelongsToTheVerb(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.sif", []byte("an image"), 0o644); err != nil {
		t.Fatal(err)
	}
	embedded := func() *client.Client {
		dir := t.TempDir()
		c, err := client.NewEmbedded(dir, client.Config{Library: library.Settings{Database: filepath.Join(dir, "library.db")}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	own := embedded()
	t.Cleanup(func() { own.Close() }) // the session closes the others
	s := sit(t, func(c *Config, _ map[string]string) {
		c.Connect = func(context.Context) (*client.Client, error) { return own, nil }
		c.Open = func(client.ConnectRequest) (*client.Client, error) { return embedded(), nil }
	})
	for _, silent := range []string{
		`client.push("a.sif", "lab/a")`,
		`client:push("a.sif", "lab/b")`,
		`client["push"]("a.sif", "lab/c")`,
		`b = connect{embedded="there"}`,
		`b.push("a.sif", "lab/a")`,
		`b:push("a.sif", "lab/b") -- as a method`,
		`connect{embedded="there"}.push("a.sif", "lab/c")`,
		`connect{embedded="there"}:push("a.sif", "lab/d")`,
		`up = client.push`,
		`up("a.sif", "lab/d")`,
		`up {path="a.sif", name="lab/e"}`,
		`my = {servers = {b = b}}`,
		`my.servers.b.push("a.sif", "lab/e")`,
		`b.copy("lab/a", "lab/f")`,
		`client.delete("lab/e")`,
	} {
		s.want(silent, "")
	}
	if got := s.enter("_"); !strings.HasPrefix(got, "uri:") || !strings.Contains(got, "lab/e") {
		t.Errorf("_ is %q", got)
	}
	for _, c := range []struct{ entry, want string }{
		{`b.clean()`, "nothing was left behind"},
		{`client.clean()`, "nothing was left behind"},
		{`library.images("none")`, "no image in the local library"},
		{`find = b.search`, ""},
		{`find("lab/none")`, "no image matches"},
		{`my.servers.b:list("none")`, "no image matches"},
		{`connect{embedded="elsewhere"}.collections()`, "no collection"},
	} {
		s.want(c.entry, c.want)
	}
	if got := s.enter(`b.share("lab/a", {set_key=true})`); !strings.HasPrefix(got, `"http`) {
		t.Errorf("share shows %q", got)
	}
	// What only contains such a call is shown.
	s.want(`function deploy() return b.push("a.sif", "lab/g") end`, "")
	if got := s.enter(`deploy()`); !strings.Contains(got, "lab/g") {
		t.Errorf("deploy() shows %q", got)
	}
	s.want(`b.push("a.sif", "lab/h").size`, "8")
	s.want(`tostring(b.push("a.sif", "lab/i"))`, `"lab/i:latest"`)
	s.want(`({})`, "{}")
	s.types("\x04")
	s.leaves(0)
}
