package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
	lua "github.com/yuin/gopher-lua"
)

// Interactive shows the prompt until the user leaves, by Ctrl-D, exit or quit, or ctx ends.
// Ctrl-C at the prompt clears what was typed; during a call it cancels the call, and the prompt
// comes back with all variables; a second one stops waiting for a call that does not end.
// The error is nil, a *vm.ExitError, or the *SignalError that ended ctx; nothing is left to
// report.
func (s *Session) Interactive(ctx context.Context) error {
	s.machine(Program{})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.ctx = ctx
	if s.c.Signals != nil {
		interrupts, restore := s.c.Signals.interrupts()
		s.interrupts = interrupts
		defer restore()
	}
	if err := s.openReader(); err != nil {
		return err
	}
	defer s.reader.Close()
	stop := context.AfterFunc(ctx, s.reader.Close)
	defer stop()
	s.prompting.Store(true)
	defer s.prompting.Store(false)

	s.banner()
	if err := s.runInit(ctx); err != nil {
		return err
	}
	for {
		source, err := s.readEntry()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			if s.mayLeave() {
				return nil
			}
			continue
		}
		if err := s.enter(ctx, source); err != nil {
			return err
		}
	}
}

// openReader makes what reads lines, and loads the history. The history is not worth a failure.
func (s *Session) openReader() error {
	if s.reader != nil { // a test's
		s.history = &history{}
		return nil
	}
	in, isFile := s.c.Screen.Input().(*os.File)
	if !isFile || !s.c.Screen.Interactive() || s.c.Screen.Plain() {
		s.history = &history{}
		s.reader = newPlainReader(s.c.Screen, s.interrupts)
		return nil
	}
	config := editorConfig{
		in:       in,
		out:      s.c.Screen.Terminal(),
		width:    s.c.Screen.Width,
		complete: s.complete,
	}
	if s.c.Screen.Color() {
		config.paint = highlight
	}
	reader, err := newEditor(config)
	if err != nil {
		return err
	}
	s.reader = reader
	if s.history, err = openHistory(historyPath(s.c.LookupEnv, s.c.Home)); err != nil {
		s.c.Screen.Warn(fmt.Sprintf("history: %v", err))
		s.history.path = ""
	}
	s.history.secrets = secretsOf(s.c.LookupEnv)
	reader.SetHistory(s.history.last())
	return nil
}

// readEntry reads lines until they are a whole entry. The error is io.EOF when the user leaves.
func (s *Session) readEntry() (string, error) {
	var source string
	prompt := s.prompt()
	idle := 0 // Ctrl-C's in a row with nothing typed
	for {
		s.sofar = source
		line, err := s.readLine(prompt)
		switch {
		case errors.Is(err, errInterrupted):
			if source == "" && line == "" {
				if idle++; idle == 2 {
					s.c.Screen.Note("(Ctrl-D or exit leaves the shell)")
				}
			} else {
				idle = 0
			}
			source, prompt = "", s.prompt()
			continue
		case err != nil && source != "" && !s.closed():
			// Ctrl-D in the middle of an entry gives up the entry.
			source, prompt = "", s.prompt()
			continue
		case err != nil:
			return "", io.EOF
		}
		idle = 0
		source += line
		if isCommand(source) {
			return source, nil
		}
		if class, _ := vm.Classify(entry(source)); class == vm.Incomplete {
			source += "\n"
			prompt = continuation(source)
			continue
		}
		return source, nil
	}
}

// entry is what was typed, as package vm takes it: at the prompt a # at the beginning is the length
// of something, and no #! line, and = asks for a value, as it does at the prompt of Lua.
func entry(source string) string {
	if strings.HasPrefix(source, "#") {
		return " " + source
	}
	if value, ok := strings.CutPrefix(strings.TrimLeft(source, " \t"), "="); ok && !strings.HasPrefix(value, "=") {
		return "return " + value
	}
	return source
}

func (s *Session) readLine(prompt string) (string, error) {
	s.c.Screen.Hold()
	defer s.c.Screen.Release()
	return s.reader.ReadLine(prompt)
}

// closed tells whether the reader gives no more lines, whatever is tried.
func (s *Session) closed() bool {
	r, ok := s.reader.(interface{ isClosed() bool })
	return !ok || r.isClosed()
}

// enter runs one entry and shows what comes of it. The error is what ends the shell.
func (s *Session) enter(ctx context.Context, source string) error {
	switch strings.TrimSpace(source) {
	case "":
		return nil
	case "exit", "quit":
		return &vm.ExitError{}
	}
	if err := s.history.Add(source); err != nil {
		s.c.Screen.Warn(fmt.Sprintf("history: %v", err))
		s.history.path = ""
	}
	s.reader.SetHistory(s.history.last())
	if typed := strings.TrimRight(source, " \t\r\n"); strings.HasPrefix(typed, " ") || s.history.tells(typed) {
		s.c.Screen.Typed("> ", "(an entry that is not kept)")
	} else {
		s.c.Screen.Typed("> ", typed)
	}
	if !s.waitForPending(ctx) {
		return context.Cause(ctx) // or nil: back to the prompt
	}
	if command, ok := strings.CutPrefix(strings.TrimSpace(source), "!"); ok {
		return s.system(ctx, command)
	}
	if topic, ok := question(source); ok {
		source = s.helpOn(topic)
	}
	s.entries++
	began := time.Now()
	chunk := fmt.Sprintf("in:%d", s.entries)
	values, err := s.evaluate(ctx, func(ctx context.Context) ([]lua.LValue, error) {
		return s.vm.Eval(ctx, chunk, entry(source))
	})
	took := time.Since(began)
	if text := s.explained; text != "" && ctx.Err() == nil {
		s.explained = ""
		if err := s.page(text); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var exit *vm.ExitError
	switch {
	case errors.As(err, &exit):
		return exit
	case err != nil:
		s.complain(err)
		return nil
	case !vm.Silenced(source):
		err = s.present(source, values)
	}
	if took >= slow {
		s.c.Screen.Note(fmt.Sprintf("(%.2f s)", took.Seconds()))
	}
	return err
}

// slow is from when on it is said how long an entry took.
const slow = 500 * time.Millisecond

// complain shows the error of an entry, in a line or two.
func (s *Session) complain(err error) {
	var failed *client.Error
	if errors.As(err, &failed) && failed.Code == client.Canceled {
		if failed.Op == "run" || failed.Op == "ask" {
			s.c.Screen.Complain("interrupted")
			return
		}
	}
	s.c.Screen.Complain(err.Error())
}

// present shows what an entry gave. Of a verb that changes something the images and files are what
// the user has just typed, and are not shown again, though they are in _; of one that found nothing it
// is said that it did.
func (s *Session) present(source string, values []lua.LValue) error {
	if verb := s.verbOf(source); verb != nil {
		switch {
		case verb.Mutates && !verb.Answers && onlyNames(values):
			return nil
		case verb.Empty != "" && isEmptyList(values):
			s.c.Screen.Note(verb.Empty)
			return nil
		}
	}
	err := s.show(values)
	s.hintAt(source, values)
	return err
}

// hintAt says, when a name alone was entered and leads to nothing, which one is near.
func (s *Session) hintAt(source string, values []lua.LValue) {
	if len(values) != 1 || values[0] != lua.LNil {
		return
	}
	path := strings.TrimSpace(source)
	if near := s.vm.Meant(path); near != "" {
		s.c.Screen.Note(fmt.Sprintf("%s is nil (did you mean %q?)", path, near))
	}
}

// show prints values, a line or more each; nil is nothing.
func (s *Session) show(values []lua.LValue) error {
	var text strings.Builder
	for _, v := range values {
		if v == lua.LNil {
			continue
		}
		line := s.vm.Render(v, s.c.Screen.Width())
		if line == "file (stdout)" { // what io.write gives, to be called on
			continue
		}
		text.WriteString(line + "\n")
	}
	if text.Len() == 0 {
		return nil
	}
	return s.page(text.String())
}
