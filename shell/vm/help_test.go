package vm

import (
	"errors"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
)

func errPartial() error {
	return &client.Error{Op: "push", Code: client.Partial, Err: errors.New("1 of 2 failed")}
}

func TestHelp(t *testing.T) {
	for _, topic := range append(Topics(), "", "client.push", "client.stat") {
		text, ok := Help(topic)
		if !ok || text == "" || strings.HasSuffix(text, "\n") {
			t.Errorf("help on %q: %v, %q", topic, ok, text)
		}
		for line := range strings.Lines(text) {
			if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
				t.Errorf("help on %q has blanks at the end of %q", topic, line)
			}
		}
	}
	if _, ok := Help("nonsense"); ok {
		t.Error("help on nonsense")
	}
	overview, _ := Help("")
	for _, verb := range verbs.All() {
		if !strings.Contains(overview, verb.Usage()) {
			t.Errorf("%s is missing in the overview", verb.Written())
		}
		text, _ := Help(verb.Written())
		for _, p := range verb.Params {
			if !strings.Contains(text, p.Name+" ") || !strings.Contains(text, p.Help) {
				t.Errorf("%s of %s is missing", p.Name, verb.Name)
			}
		}
	}
}

func TestHelpInLua(t *testing.T) {
	b := newBench(t, nil)
	push, _ := Help("push")
	for source, want := range map[string]string{
		`help(client.push)`: push, `help("push")`: push, `help("client.push")`: push, `help("push()")`: push,
		`help(fs.size)`: `fs.size(path)`, `help(fs)`: "fs: files and folders", `help("fs")`: "fs: files and folders",
		`help()`: "Images in storage:", `help(client)`: "Images in storage:", `print(help)`: "Images in storage:",
		`help(help)`: "Images in storage:", `help(string.format)`: "string.format(format, ...)\n\nValues as text",
		`help("print")`: "print(...)", `help(string)`: "string: part of Lua 5.1\n\n  string.byte(s [, i, j])",
		`help(require)`: "require(module)", `help(traceback)`: "traceback()",
		`help(library)`: "The local library:", `help(library.get)`: "library.get(image): ",
		`help(client.get)`: "library.get(image): ", `help("rm")`: "library.rm(",
	} {
		if got := b.run(t, source); !strings.HasPrefix(got, want) {
			t.Errorf("%s\n%s", source, got)
		}
	}
	for source, want := range map[string]string{
		`help("psuh")`:         `test.lua:1: there is no help on "psuh" (did you mean "push"?)`,
		`help(5)`:              `test.lua:1: there is no help on a number`,
		`help(function() end)`: `test.lua:1: that function has no help; it is one of your own`,
	} {
		if got := b.fails(t, source).Message; got != want {
			t.Errorf("%s\n%s", source, got)
		}
	}
}

func TestShadowedModules(t *testing.T) {
	b := newBench(t, nil)
	for _, source := range []string{`path = "x.sif"`, `path = "y.sif"`, `local fs = 1`} {
		if _, err := b.Eval(t.Context(), "in:1", source); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.warns) != 1 || !strings.Contains(b.warns[0], `path = require "path"`) {
		t.Errorf("%q", b.warns)
	}
	b = newBench(t, nil)
	b.run(t, `time = os.time()`)
	if len(b.warns) != 0 {
		t.Errorf("a script that works was warned: %q", b.warns)
	}
	b.fails(t, `fs = {} fs.size("x")`)
	if len(b.warns) != 2 {
		t.Errorf("%q", b.warns)
	}
}
