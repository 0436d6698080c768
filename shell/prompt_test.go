//go:build linux

package shell

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
)

func TestBanner(t *testing.T) {
	s := sit(t, nil)
	const want = "[client|swift] [database|sqlite:////home/vanessa/.singularity/sregistry.db]\r\n" +
		"http://127.0.0.1:8080 as ceph:vanessa, from the environment\r\n"
	if got := s.all(); !strings.HasPrefix(got, want) {
		t.Errorf("it begins with %q", got)
	}
	s.types("\x04")
	s.leaves(0)
}

func TestValues(t *testing.T) {
	s := sit(t, nil)
	s.want(`1 + 1`, "2")
	s.want(`"a" .. "b"`, `"ab"`)
	s.want(`x = 5`, "")
	s.want(`x`, "5")
	s.want(`nil`, "")
	s.want(`#"four"`, "4")
	s.want(`1, "two", nil, 3`, "1\n\"two\"\n3")
	s.want(`x;`, "")
	s.want(`nothing_like_it`, "")
	s.want(`clien`, `clien is nil (did you mean "client"?)`)
	s.want(`image = {size = 1}`, "")
	s.want(`image.sise`, `image.sise is nil (did you mean "image.size"?)`)
	s.want(`x; -- said nothing`, "")
	s.want(`_`, "5")
	s.want(``, "")
	s.want(`print("hello")`, "hello")
	s.want(`io.write("no line break")`, "no line break")
	s.want(`"after it"`, `"after it"`)
	s.types("\x04")
	s.leaves(0)
}

func TestErrorsAreOneLine(t *testing.T) {
	s := sit(t, nil)
	s.want(`error("oh")`, "in:1: oh")
	s.want(`x y`, "in:2: unexpected symbol near 'y'")
	s.want(`client.search()`, "in:3: sign in: no settings")
	s.want(`client.psuh()`, `in:4: client has no function "psuh" (did you mean "push"?)`)
	s.types("\x04")
	s.leaves(0)
}

func TestWaysToLeave(t *testing.T) {
	for keys, status := range map[string]int{"\x04": 0, "exit\r": 0, " quit \r": 0, "exit(3)\r": 3, "os.exit(4)\r": 4} {
		s := sit(t, nil)
		s.types(keys)
		s.leaves(status)
	}
}

func TestSeveralLines(t *testing.T) {
	s := sit(t, nil)
	s.more("function f(a)", ">> ")
	s.more("if a then", ">>> ")
	s.more("return 'yes'", ">>> ")
	s.more("end", ">> ")
	s.want("end", "")
	s.want("f(1)", `"yes"`)
	// Given up in the middle, by either key.
	for _, key := range []string{"\x03", "\x04"} {
		s.more("for i = 1, 3 do", ">> ")
		s.types(key)
		s.expect("\n")
		s.answer()
	}
	s.want("f(1)", `"yes"`)
	// The entry comes back as one line, and runs.
	s.types("\x1b[A\x1b[A\x1b[A")
	s.expect("⏎end")
	s.types("\r")
	s.answer()
	s.types("\x04")
	s.leaves(0)
}

func TestStayAfterAProgram(t *testing.T) {
	p := newPerson(t, 80)
	session := New(Config{Home: "/home/v", LookupEnv: func(string) (string, bool) { return "", false },
		Screen: screen.New(screen.Options{In: p.tty, Out: p.tty, Err: p.tty, Env: func(string) string { return "" }})})
	defer session.Close()
	if err := session.Run(context.Background(), Program{Name: "-e", Source: "x = 41"}); err != nil {
		t.Fatal(err)
	}
	s := &sitting{t: t, person: p, ended: make(chan error, 1)}
	go func() { s.ended <- session.Interactive(context.Background()) }()
	s.expect(mainPrompt)
	s.want("x + 1", "42")
	s.types("\x04")
	s.leaves(0)
}

func TestQuestionAtThePrompt(t *testing.T) {
	s := sit(t, func(c *Config, _ map[string]string) {
		c.Connect = func(context.Context) (*client.Client, error) { return &client.Client{}, nil }
	})
	for _, answer := range []string{"n\r", "\r", "\x03", "\x04"} {
		s.begin(`client.delete({"lab/a", "lab/b"})`)
		s.expect("delete 2 images, from lab/a to lab/b? [y/N] ")
		s.types("\t\x12\x13\x14a\x14\x14\x14\x7f" + answer)
		s.expect("\n")
		got := s.answer()
		if !strings.Contains(got, "nothing was done") && !strings.Contains(got, "interrupted") {
			t.Errorf("after %q: %q", answer, got)
		}
	}
	s.types("\x1b[A")
	s.expect("client.delete") // the answers are not in the history
	s.cancels()
	s.types("\x04")
	s.leaves(0)
}

// A question is shown as it is, whatever is in a name: the line editor fails at an escape sequence that is
// cut short, and takes others for a colour.
func TestQuestionWithEscapes(t *testing.T) {
	p := newPerson(t, 80)
	session := New(Config{Home: "/home/v", LookupEnv: func(string) (string, bool) { return "", false },
		Screen: screen.New(screen.Options{In: p.tty, Out: p.tty, Err: p.tty, Env: func(string) string { return "" }})})
	defer session.Close()
	if err := session.openReader(); err != nil {
		t.Fatal(err)
	}
	defer session.reader.Close()
	session.prompting.Store(true)
	for _, question := range []string{"delete \x1b", "delete \x1b[", "delete \x1b[31mred", "delete \x1b]0;title\a", "delete 日本語 é"} {
		said := make(chan bool)
		go func() {
			yes, err := session.confirm(context.Background(), question+"?")
			said <- yes && err == nil
		}()
		p.expect(screen.Safe(question) + "? [y/N] ")
		p.types("y\r")
		if !<-said {
			t.Errorf("%q: a yes is none", question)
		}
	}
}

func TestInitFile(t *testing.T) {
	with := func(source string, change func(*Config)) func(*Config, map[string]string) {
		config := filepath.Join(t.TempDir(), "sregistry-shell")
		if err := os.Mkdir(config, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(config, "init.lua"), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
		return func(c *Config, env map[string]string) {
			env["XDG_CONFIG_HOME"] = filepath.Dir(config)
			change(c)
		}
	}
	s := sit(t, with("lab = 'my lab'", func(*Config) {}))
	s.want("lab", `"my lab"`)
	s.types("\x04")
	s.leaves(0)

	s = sit(t, with("lab = 'my lab'", func(c *Config) { c.NoInit = true }))
	s.want("lab", "")
	s.types("\x04")
	s.leaves(0)

	s = sit(t, with("lab = 1\nerror('oh')", func(*Config) {}))
	if !strings.Contains(s.all(), "init.lua:2: oh\r\n") {
		t.Errorf("it says %q", s.all())
	}
	s.want("lab", "1")
	s.types("\x04")
	s.leaves(0)
}

func TestQuestions(t *testing.T) {
	s := sit(t, nil)
	want := s.enter("help(client.push)")
	if !strings.Contains(want, "client.push(path, name [, options])") {
		t.Errorf("help says %q", want)
	}
	for _, question := range []string{"client.push?", "?push", "push?", "? client.push", "client:push ?", "help push", " help  client.push;"} {
		s.want(question, want)
	}
	if got := s.enter("?"); !strings.Contains(got, "push") {
		t.Errorf("? says %q", got)
	}
	if got := s.enter("psuh?"); !strings.Contains(got, `did you mean "push"?`) {
		t.Errorf("a wrong question: %q", got)
	}
	s.types("\x04")
	s.leaves(0)
}

func TestShellCommands(t *testing.T) {
	s := sit(t, nil)
	s.want("!echo hello; echo there >&2", "hello\nthere")
	s.want("!exit 3", "(exit status 3)")
	s.want("!test -t 0 && test -t 1 && test -t 2 && echo a terminal", "a terminal")
	s.want("!echo {  # no Lua", "{")
	s.types("\x04")
	s.leaves(0)
}
