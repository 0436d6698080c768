//go:build linux

package shell

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	env := map[string]string{"NO_COLOR": "1", "TERM": "xterm", "SREGISTRY_HISTORY": s.history, "PAGER": ""}
	ctx, signals := watch(context.Background(),
		func(c chan<- os.Signal, _ ...os.Signal) { s.signals = c }, func(chan<- os.Signal) {})
	c := Config{
		Signals: signals, Home: "/home/vanessa", Database: "/home/vanessa/.singularity/sregistry.db",
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
	// A busy machine does not come to a folder or a listing as soon as a person expects candidates.
	s.session.folders.patience, s.session.remote.patience, s.session.local.patience = time.Minute, time.Minute, time.Minute
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
