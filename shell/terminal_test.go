//go:build linux

package shell

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sregistry-shell/sregistry-shell/shell/screen"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

func TestKeysOfAllTerminals(t *testing.T) {
	s := sit(t, nil)
	s.want("\x1b[3~\x1b[3~1", "1")                // Delete on an empty line stays
	s.want("12\x1b[D\x1b[3~", "1")                // and deletes elsewhere
	s.want("2\x1b[1~1\x1b[4~3", "123")            // Home and End of tmux
	s.want("2\x1b[H1\x1b[F3", "123")              // and xterm
	s.want("11 + 22\x1b[1;5D3\x1b[1;5C4", "3235") // a word back and on
	s.want("'\x1a'", `""`)                        // Ctrl-Z
	s.begin("\x1aprint('who?') name = io.read()") // after which nothing is read behind a call's back
	s.expect("who?\r\n")                          // or the Enter comes while the terminal is raw, and ends no line
	s.types("vanessa\r")
	s.answer()
	s.want("name", `"vanessa"`)
	s.want("'\x00'", `""`)        // Ctrl-Space
	s.want("'a\x1b[5~b'", `"ab"`) // Page up
	// Keys without a meaning, with Ctrl and with Alt.
	s.want("'\x0f\x11a\x16\x18\x1c\x1d\x1e\x1f\x1b\x14\x1b\x18b\x1b\x1b\x14'", `"ab"`)
	s.types("\x04")
	s.leaves(0)
}

func TestClearedScreen(t *testing.T) {
	s := sit(t, nil)
	s.types("4\x0c2")
	s.expect("\x1b[2J")
	s.types("\r")
	s.expect("42\r\n")
	s.types("\x04")
	s.leaves(0)
}

// Whatever is typed, in whatever order, the shell is still there, with the line that then is typed.
func TestAnyKeys(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.sif", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for c := range 32 {
		if c := string(rune(c)); c != "\r" && c != "\n" && c != "\x03" && c != "\x04" && c != "\x1b" {
			keys = append(keys, c)
		}
	}
	for c := range 26 { // Alt with a letter, and with Ctrl too
		keys = append(keys, "\x1b"+string(rune('a'+c)))
		if c := string(rune(1 + c)); c != "\r" && c != "\n" && c != "\x03" && c != "\x04" {
			keys = append(keys, "\x1b"+c)
		}
	}
	keys = append(keys, "\x7f", "\x1b\x7f", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[3~", "\x1b[Z",
		"a", "x.", "fs.", "日", "e\u0301", "👍", " ", `client.push("`, "⏎", "\x1b[200~a\tb\rc\x1b[201~", "\t", "\t\t", "\x12", "\x13", "\x14", "\x17")
	for _, columns := range []int{80, 20, 9} {
		s := sitAt(t, newPerson(t, columns), func(c *Config, _ map[string]string) { c.Where = func() string { return "" } })
		for _, first := range []string{"\x12", "\x13", "\x12a", "\x13a", "\x12\x7f", "\x12\x12", "\x14", "a\x14\x14\x14\x14", "\x1b[A\x1b[B\x12"} { // with no history
			s.types(first)
			s.cancels()
		}
		s.want(`"an entry"`, `"an entry"`)
		asked := 1000 // a number that no key makes
		survives := func(typed string) {
			s.types(typed)
			s.cancels()
			asked++
			s.types(fmt.Sprintf("%d * 1000\r", asked))
			s.expect(fmt.Sprintf("%d000\r\n", asked))
			s.answer()
			s.forget()
		}
		for _, state := range []string{"client.\t", "client.\t\t", "fs.read(\"\t\t", "a\x12", "\x1b[A"} {
			for _, key := range keys {
				survives(state + key)
			}
		}
		rapid.Check(t, func(r *rapid.T) {
			if rapid.IntRange(0, 3).Draw(r, "enters") == 0 {
				s.want(`"an entry"`, `"an entry"`)
			}
			survives(strings.Join(rapid.SliceOfN(rapid.SampledFrom(keys), 1, 30).Draw(r, "keys"), ""))
		})
		s.types("\x04")
		s.leaves(0)
	}
}

// A search ends with what it found at every key that does nothing by itself, and at Delete and Tab,
// which then do what they do.
func TestKeysInASearch(t *testing.T) {
	s := sit(t, nil)
	s.want(`f = "2 x A"`, "")
	s.want(`client = client`, "")
	for _, c := range []struct{ keys, want string }{
		{"zz\x12f =", "> |f = \"2 x A\"\nbck-i-search: f ="},
		{"zz\x12f =\x07", "> zz|"},
		{"\x12f =\x18", "> |f = \"2 x A\""},
		{"\x12f =\x1a", "> |f = \"2 x A\""},
		{"\x12f =\x1b[3~", "> | = \"2 x A\""},
		{"\x12f =\t", ">     |f = \"2 x A\""},
		{"\x12 A\x1b[3~", "> f = \"2 x|A\""},
		// In a search that begins among candidates what is searched for is shown.
		{"client.pu\t\x12", "> client.pu|\nbck-i-search:"},
		{"client.pu\t\t\x12", "> client.pu|\nbck-i-search:"},
		// And the candidates after it.
		{"\x12client = \x05.pu\x12\t", "> client = client.pu|\npull( push("},
	} {
		s.types(c.keys)
		s.sees(80, c.want)
		s.cancels()
	}
	s.types("\x04")
	s.leaves(0)
}

// What is made of an entry that a search found is not what the arrows bring back, when the line is
// given up or goes on.
func TestEntryThatASearchFound(t *testing.T) {
	s := sit(t, nil)
	s.want(`f = "first"`, "")
	s.types("\x12f =")
	s.types("\x01\x0bxyz")
	s.cancels()
	s.types("\x1b[A")
	s.sees(80, `> f = "first"|`)
	s.cancels()
	s.types("\x12f =")
	s.types("\x01\x0bg = {")
	s.more("", ">> ")
	s.types("\x1b[A")
	s.sees(80, `>> f = "first"|`)
	s.cancels()
	s.types("\x04")
	s.leaves(0)
}

// A question as wide as the terminal, or as several of its rows, keeps no key.
func TestQuestionThatFillsItsRows(t *testing.T) {
	s := sit(t, nil)
	s.types("\x04")
	s.leaves(0)
	p := newPerson(t, 40)
	e, err := newEditor(editorConfig{in: p.tty, out: p.tty, width: func() int { return 40 }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, columns := range []int{39, 40, 41, 80} {
		question := strings.Repeat("?", columns-1) + " "
		answered := make(chan string, 1)
		go func() {
			answer, _ := e.ask(question)
			answered <- answer
		}()
		p.expect(question)
		p.types("es\x1b[D\x1b[Dy\r")
		select {
		case answer := <-answered:
			if answer != "yes" {
				t.Errorf("%d columns: %q", columns, answer)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%d columns: no answer", columns)
		}
	}
}

// In the candidates Enter takes one; it runs nothing.
func TestEnterInTheCandidates(t *testing.T) {
	s := sit(t, nil)
	if text, _ := vm.Help("prompt"); !strings.Contains(text, "Enter takes the choice, which runs nothing") {
		t.Error("help does not tell of it")
	}
	for keys, chosen := range map[string]string{"\t": "pull(", "\t\t": "push(", "\t\t\t": "pull(", "\t\x1b[C": "push(", "\t\x1b[D": "push("} {
		s.types("client.pu\t" + keys)
		s.types("\r")
		s.sees(80, "> client."+chosen+"|")
		s.types("\x15")
	}
	s.cancels()
	if strings.Contains(s.all(), "in:") {
		t.Errorf("it ran something: %q", s.all())
	}
	s.types("\x04")
	s.leaves(0)
}

// A folder that hangs keeps no key: what is typed after the Tab comes in its turn.
func TestCompletionInAFolderThatHangs(t *testing.T) {
	s := sit(t, nil)
	release := make(chan struct{})
	defer close(release)
	s.session.folders.patience = patience
	s.session.folders.read = func(string) ([]os.DirEntry, error) {
		<-release
		return nil, nil
	}
	s.want(`#fs.size("x`+"\t\t\x15"+`#"abc"`, "3")
	s.types(`fs.size("x` + "\t")
	s.cancels()
	s.types("\x04")
	s.leaves(0)
}

func TestPaste(t *testing.T) {
	s := sit(t, nil)
	s.types("\x1b[200~function g()\r\treturn 'a\tb'\rend\r\x1b[201~")
	s.expect("end")
	s.want("", "")
	s.want("g()", `"a\tb"`)
	// Into the middle of a line, in a search, among candidates, and twice.
	s.types("1 + 3\x1b[D\x1b[200~2 + \x1b[201~\x1b[200~10 + \x1b[201~")
	s.sees(80, "> 1 + 2 + 10 + |3")
	s.want("0", "16")
	s.types("\x12zz\x1b[200~40 + \x1b[201~")
	s.types("2\r")
	s.expect("42\r\n")
	s.answer()
	s.types("client.pu\t\t\x1b[200~sh\x1b[201~")
	s.sees(80, "> client.push|")
	s.cancels()
	// A long one is drawn a few times, and not for every character.
	before := len(s.all())
	s.types("\x1b[200~" + strings.Repeat("-- a line of a long function\r", 300) + "'long'\x1b[201~")
	s.want("", `"long"`)
	if drawn := len(s.all()) - before; drawn > 100_000 {
		t.Errorf("%d bytes are drawn for it", drawn)
	}
	s.types("\x04")
	s.expect("\x1b[?2004l")
	s.leaves(0)
	if !strings.HasPrefix(strings.SplitAfterN(s.all(), "8080 as ceph:vanessa, from the environment\r\n", 2)[1], "\x1b[?2004h") {
		t.Errorf("bracketed paste is not switched on: %q", s.all())
	}
	if data, _ := os.ReadFile(s.history); !strings.HasPrefix(string(data), `"function g()\n\treturn 'a\tb'\nend"`+"\n") {
		t.Errorf("in the history: %s", data)
	}
}

func TestTerminalWithoutSize(t *testing.T) {
	for _, columns := range []int{0, 1, 2, 3, 10} {
		s := sitAt(t, newPerson(t, columns), nil)
		s.want("1234\x1b[D\x1b[D\x1b[D\x1b[D5\x1b[F", "51234")
		s.types("\x04")
		s.leaves(0)
	}
}

func TestResize(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(name+strings.Repeat("long", 10), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := sit(t, nil)
	// Among candidates that no longer fit; the first key sees the new width, the second what came of it.
	for _, keys := range []string{"\x1b[C\x01", "\x1b[C\x05", "\x1b[C\x1b[A", "\x1b[C\x1b[B"} {
		s.resize(80)
		s.types(`fs.read("` + "\t\t")
		s.expect("\x1b[30;47m")
		s.resize(25)
		s.types(keys)
		s.cancels()
	}
	s.resize(80)
	s.types(`#"` + strings.Repeat("x", 30))
	s.resize(25)
	s.types("\x1b[D\x1b[Cxx\"\r")
	s.expect("32\r\n")
	s.answer()
	s.types("\x04")
	s.leaves(0)
}

func TestHistoryAtThePrompt(t *testing.T) {
	s := sit(t, func(_ *Config, env map[string]string) { env["SREGISTRY_SWIFT_TOKEN"] = "gpBCS9Jt" })
	s.want(`"first"`, `"first"`)
	s.want(`f = "gpBCS9JtiADQ"`, "")
	s.want(`password = "x"`, "")
	s.want(` "not written"`, `"not written"`)
	s.want(`"second"`, `"second"`)
	s.types("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A")
	s.expect(`"first"`)
	if got := s.enter(""); got != `"first"` {
		t.Errorf("the arrow brought %q", got)
	}
	s.types("\x12fir")
	s.cancels()
	// What is entered after going back is kept, and not what the arrows showed on the way.
	s.types("\x1b[A\x1b[A\x1b[B")
	s.want(" .. '!'", `"first!"`)
	s.types("\x1b[A")
	s.expect(`"first" .. '!'`)
	s.cancels()
	s.types("\x12econ") // Ctrl-R
	s.expect(`"s`)
	s.types("\r")
	s.expect("\x1b[?2004l")
	s.answer()
	s.want("1", "1")
	s.types("\x04")
	s.leaves(0)
	data, _ := os.ReadFile(s.history)
	if want := `"\"first\""` + "\n" + `"\"second\""` + "\n" + `"\"first\""` + "\n" + `"\"first\" .. '!'"` + "\n" + `"\"second\""` + "\n" + `"1"` + "\n"; string(data) != want {
		t.Errorf("the file holds %s", data)
	}
}

func TestCompletionAtThePrompt(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	os.WriteFile("aws-is-hard.simg", nil, 0o644)
	s := sit(t, nil)
	s.types("cli\t")
	s.expect("client")
	s.types(".sea\t")
	s.expect("client.search")
	s.cancels()
	s.types(`client.push("aws` + "\t")
	s.expect(`client.push("aws-is-hard.simg"`)
	s.cancels()
	s.want("\t\t1", "1")
	// Twice a tab shows what there is; no key after it harms.
	for _, key := range []string{"\x1b[A", "\x01", "\x05", "\t", "\x1b[C"} {
		s.types("client.\t\t" + key)
		s.cancels()
	}
	s.want("1", "1")
	s.types("\x04")
	s.leaves(0)
}

// Readline divides by zero when a candidate does not fit, and fails when one has wide characters.
func TestCandidatesOfAnyWidth(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"x" + strings.Repeat("long", 50), "xy", "日本語" + strings.Repeat("日", 40), "日本語x", "日本語y", "日曜", "zé1", "zé2", "-", "q\"uote", "esc\x1b[31mape"} {
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2000 {
		if err := os.WriteFile(fmt.Sprintf("n%04d", i), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := sit(t, nil)
	all := []string{"\x1b[A", "\x1b[B", "\x01", "\x05", "\t", "\x1b[D"}
	for i, columns := range []int{80, 20, 41, 120} {
		s.resize(columns)
		for _, word := range []string{"", "x", "日", "日本語", "z", "n", "n0", "q", "e", "no/such/", strings.Repeat("w", 100)} {
			for _, key := range []string{all[i], all[(i+3)%6]} {
				s.types(`fs.read("` + word + "\t\t\t" + key)
				s.cancels()
			}
		}
	}
	s.want(`"still" .. " here"`, `"still here"`)
	s.types("\x04")
	s.leaves(0)
}

func TestDumbTerminal(t *testing.T) {
	s := &sitting{t: t, person: newPerson(t, 80), ended: make(chan error, 1)}
	env := func(name string) string { return map[string]string{"TERM": "dumb"}[name] }
	ctx, signals := watch(context.Background(), func(c chan<- os.Signal, _ ...os.Signal) { s.signals = c }, func(chan<- os.Signal) {})
	defer signals.Stop()
	session := New(Config{Signals: signals, Home: "/home/v", LookupEnv: func(string) (string, bool) { return "", false },
		Screen: screen.New(screen.Options{In: s.tty, Out: s.tty, Err: s.tty, Env: env})})
	defer session.Close()
	go func() { s.ended <- session.Interactive(ctx) }()
	s.expect("\n> ")
	s.types("1 + 1\n")
	s.expect("2\r\n> ")
	s.signals <- os.Interrupt
	s.expect("\r\n> ")
	s.types("function f()\n")
	s.expect(">> ")
	s.types("end\n")
	s.expect("\r\n> ")
	s.types("\x04")
	s.leaves(0)
	if strings.Contains(s.all(), "\x1b") {
		t.Errorf("escape sequences: %q", s.all())
	}
}
