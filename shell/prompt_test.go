//go:build linux

package shell

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
)

// sitting is a person at a shell that runs.
type sitting struct {
	*person
	t       *testing.T
	session *Session
	signals chan<- os.Signal
	history string
	ended   chan error
}

// sit starts a shell on a terminal of 80 columns.
func sit(t *testing.T, change func(*Config, map[string]string)) *sitting {
	return sitAt(t, newPerson(t, 80), change)
}

func sitAt(t *testing.T, p *person, change func(*Config, map[string]string)) *sitting {
	t.Helper()
	s := &sitting{person: p, t: t, history: filepath.Join(t.TempDir(), "history"), ended: make(chan error, 1)}
	env := map[string]string{"NO_COLOR": "1", "TERM": "xterm", "SREGISTRY_HISTORY": s.history}
	ctx, signals := watch(context.Background(),
		func(c chan<- os.Signal, _ ...os.Signal) { s.signals = c }, func(chan<- os.Signal) {})
	c := Config{
		Signals: signals, Home: "/home/vanessa",
		Where:     func() string { return "http://127.0.0.1:8080 as ceph:vanessa, from the environment" },
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Connect: func(context.Context) (*client.Client, error) {
			return nil, &client.Error{Op: "sign in", Code: client.Invalid, Err: errors.New("no settings")}
		},
	}
	if change != nil {
		change(&c, env)
	}
	c.Screen = screen.New(screen.Options{In: p.tty, Out: p.tty, Err: p.tty, Env: func(name string) string { return env[name] }})
	s.session = New(c)
	go func() { s.ended <- s.session.Interactive(ctx) }()
	t.Cleanup(func() {
		signals.Stop()
		s.session.Close()
	})
	s.expect(mainPrompt)
	return s
}

// enter types a line, waits for the next prompt, and gives what came between.
func (s *sitting) enter(line string) string {
	s.t.Helper()
	s.types(line + "\r")
	s.expect("\n") // of the echo
	return s.answer()
}

// answer waits for the next prompt, and gives what came before it, without escape sequences.
func (s *sitting) answer() string {
	s.t.Helper()
	// Readline begins a prompt by clearing what is below.
	out := s.expect("\x1b[2K\r" + mainPrompt)
	return strings.TrimSpace(strings.ReplaceAll(strip(out), "\r", ""))
}

func (s *sitting) leaves(want int) {
	s.t.Helper()
	if err := <-s.ended; Status(err) != want {
		s.t.Errorf("it ended with %v, status %d, not %d", err, Status(err), want)
	}
	if !s.sane() {
		s.t.Error("the terminal was left raw")
	}
}

// strip takes escape sequences out.
func strip(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if strings.HasPrefix(text[i:], "\x1b[") {
			for i += 2; i < len(text) && text[i] < '@'; i++ {
			}
			continue
		}
		b.WriteByte(text[i])
	}
	return strings.TrimSuffix(b.String(), mainPrompt)
}

// begin types a line, and waits until it is taken.
func (s *sitting) begin(line string) {
	s.t.Helper()
	s.types(line + "\r")
	s.expect("\n")
}

// cancels types Ctrl-C and waits for the next prompt.
func (s *sitting) cancels() {
	s.t.Helper()
	s.types("\x03")
	s.expect("^C")
	s.expect("\n")
	s.answer()
}

// more types a line of an entry that goes on, behind the prompt that is given.
func (s *sitting) more(line, prompt string) {
	s.t.Helper()
	s.types(line + "\r")
	s.expect("\n")
	s.expect("\x1b[2K\r" + prompt)
}

func (s *sitting) want(line, want string) {
	s.t.Helper()
	if got := s.enter(line); got != want {
		s.t.Errorf("%s: %q, not %q", line, got, want)
	}
}

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

func TestKeysOfAllTerminals(t *testing.T) {
	s := sit(t, nil)
	s.want("\x1b[3~\x1b[3~1", "1")                // Delete on an empty line stays
	s.want("12\x1b[D\x1b[3~", "1")                // and deletes elsewhere
	s.want("2\x1b[1~1\x1b[4~3", "123")            // Home and End of tmux
	s.want("2\x1b[H1\x1b[F3", "123")              // and xterm
	s.want("11 + 22\x1b[1;5D3\x1b[1;5C4", "3235") // a word back and on
	s.want("'\x1a'", `""`)                        // Ctrl-Z
	s.want("'\x00'", `""`)                        // Ctrl-Space
	s.want("'a\x1b[5~b'", `"ab"`)                 // Page up
	s.types("\x04")
	s.leaves(0)
}

func TestPaste(t *testing.T) {
	s := sit(t, nil)
	s.types("\x1b[200~function g()\r\treturn 'a\tb'\rend\r\x1b[201~")
	s.expect("end")
	s.want("", "")
	s.want("g()", `"a\tb"`)
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
	s := sit(t, nil)
	s.types(`#"` + strings.Repeat("x", 30))
	s.resize(25)
	s.types("\x1b[D\x1b[Cxx\"\r")
	s.expect("32\r\n")
	s.answer()
	s.types("\x04")
	s.leaves(0)
}

func TestInterruptAtThePrompt(t *testing.T) {
	s := sit(t, nil)
	s.want("x = 1", "")
	s.types("x = 2")
	s.cancels()
	s.want("x", "1")
	s.cancels()
	s.types("\x03")
	s.expect("(Ctrl-D or exit leaves the shell)")
	s.answer()
	s.types("\x04")
	s.leaves(0)
}

func TestInterruptOfACall(t *testing.T) {
	s := sit(t, nil)
	s.want("x = 1", "")
	s.begin("print('begun') while true do end")
	s.expect("begun\r\n")
	if !s.sane() {
		t.Error("Ctrl-C is no signal during a call")
	}
	s.signals <- os.Interrupt
	if got := s.answer(); got != "interrupted" {
		t.Errorf("it says %q", got)
	}
	s.want("x", "1")
	s.want("pcall(tostring, x)", "true\n\"1\"")
	s.types("\x04")
	s.leaves(0)
}

func TestTypedAheadOfACall(t *testing.T) {
	// What is typed while a call runs is for the next prompt, Ctrl-D too.
	s := sit(t, nil)
	s.begin("print('begun') for i = 1, 3e6 do end")
	s.expect("begun\r\n")
	s.types("print('next')\r\x04")
	s.expect("\x1b[?2004lnext\r\n")
	s.leaves(0)
}

func TestSecondInterruptStopsWaiting(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := sit(t, func(c *Config, _ map[string]string) {
		c.Connect = func(context.Context) (*client.Client, error) {
			entered <- struct{}{}
			<-release // whatever the context says
			return nil, &client.Error{Op: "sign in", Code: client.Canceled, Err: errors.New("interrupted")}
		}
	})
	s.want("x = 1", "")
	s.begin("client.search()")
	<-entered
	s.signals <- os.Interrupt
	s.signals <- os.Interrupt
	if got := s.answer(); got != "not waited for; it may still end or go on for a while" {
		t.Errorf("it says %q", got)
	}
	// An entry waits for it, and Ctrl-C gives the waiting up.
	s.begin("x")
	s.expect("waiting for the call before this one to end...")
	s.signals <- os.Interrupt
	s.answer()
	s.begin("x")
	s.expect("waiting for the call before this one to end...")
	close(release)
	if got := s.answer(); got != "1" {
		t.Errorf("x is %q", got)
	}
	s.types("\x04")
	s.leaves(0)
}

func TestSignalsLeaveTheTerminalSane(t *testing.T) {
	for signal, status := range map[os.Signal]int{syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		s := sit(t, nil)
		s.types("print('half typed')")
		s.expect("typed')")
		if s.sane() {
			t.Fatal("the prompt edits no line")
		}
		s.signals <- signal
		s.leaves(status)
		if strings.Contains(s.all(), "\nhalf typed") {
			t.Error("it ran what was half typed")
		}

		s = sit(t, nil)
		s.begin("print('begun') while true do end")
		s.expect("begun\r\n")
		s.signals <- signal
		s.leaves(status)
	}
}

func TestHangUp(t *testing.T) {
	s := sit(t, nil)
	marker := filepath.Join(t.TempDir(), "marker")
	s.types("io.open('" + marker + "', 'w'):close()")
	s.expect("close()")
	s.hangUp()
	if err := <-s.ended; Status(err) != 0 {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("it ran what was half typed")
	}
}

func TestHistoryAtThePrompt(t *testing.T) {
	s := sit(t, nil)
	s.want(`"first"`, `"first"`)
	s.want(` "not written"`, `"not written"`)
	s.want(`"second"`, `"second"`)
	s.types("\x1b[A\x1b[A\x1b[A")
	s.expect(`"first"`)
	if got := s.enter(""); got != `"first"` {
		t.Errorf("the arrow brought %q", got)
	}
	s.types("\x12fir")
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
	if want := `"\"first\""` + "\n" + `"\"second\""` + "\n" + `"\"first\""` + "\n" + `"\"second\""` + "\n" + `"1"` + "\n"; string(data) != want {
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
		s.types("\t" + answer)
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

func TestQuestions(t *testing.T) {
	s := sit(t, nil)
	want := s.enter("help(client.push)")
	if !strings.Contains(want, "client.push(path, name [, options])") {
		t.Errorf("help says %q", want)
	}
	for _, question := range []string{"client.push?", "?push", "push?", "? client.push", "client:push ?"} {
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

func TestTasksAtThePrompt(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-release
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	s := sit(t, func(c *Config, _ map[string]string) { connectTo(c, server.URL) })
	s.begin(`t = async("stat", "lab/a")`)
	s.expect("\r[1] > ")
	for _, answer := range []string{"n\r", "\x03"} {
		s.types("\x04")
		s.expect("still running: ")
		s.expect("cancel and leave? [y/N] ")
		s.types(answer)
		s.expect("\n")
		s.expect("\r[1] > ")
	}
	s.types("half a li")
	close(release)
	s.types("ne")
	s.expect("half a line")
	s.types("\x03")
	s.expect("warning: ")
	s.expect("failed: ")
	s.expect("\r> ")
	s.types("\x04")
	s.leaves(0)
}
