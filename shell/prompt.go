package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Interactive shows the prompt until the user leaves, by Ctrl-D, exit or quit, or ctx ends.
// Ctrl-C at the prompt clears what was typed; during a call it cancels the call, and the prompt
// comes back with all variables; a second one stops waiting for a call that does not end.
// The error is nil, a *vm.ExitError, or the *SignalError that ended ctx; nothing is left to
// report.
func (s *Session) Interactive(ctx context.Context) error {
	s.machine(Program{})
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
	s.prompting = true
	defer func() { s.prompting = false }()

	s.banner()
	for {
		source, err := s.readEntry()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
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
	reader.SetHistory(s.history.last())
	return nil
}

// readEntry reads lines until they are a whole entry. The error is io.EOF when the user leaves.
func (s *Session) readEntry() (string, error) {
	var source string
	prompt := mainPrompt
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
			source, prompt = "", mainPrompt
			continue
		case err != nil && source != "" && !s.closed():
			// Ctrl-D in the middle of an entry gives up the entry.
			source, prompt = "", mainPrompt
			continue
		case err != nil:
			return "", io.EOF
		}
		idle = 0
		source += line
		if class, _ := vm.Classify(entry(source)); class == vm.Incomplete {
			source += "\n"
			prompt = continuation(source)
			continue
		}
		return source, nil
	}
}

// entry is what was typed, as package vm takes it: at the prompt a # at the beginning is the length
// of something, and no #! line.
func entry(source string) string {
	if strings.HasPrefix(source, "#") {
		return " " + source
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
	if !s.waitForPending(ctx) {
		return context.Cause(ctx) // or nil: back to the prompt
	}
	s.entries++
	values, err := s.evaluate(ctx, fmt.Sprintf("in:%d", s.entries), source)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var exit *vm.ExitError
	switch {
	case errors.As(err, &exit):
		return exit
	case err != nil:
		s.complain(err)
	case !vm.Silenced(source) && !(madeForEffect(source) && onlyImages(values)):
		return s.show(values)
	}
	return nil
}

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

// show prints values, a line or more each; nil is nothing.
func (s *Session) show(values []lua.LValue) error {
	for _, v := range values {
		if v == lua.LNil {
			continue
		}
		line := s.vm.Render(v, s.c.Screen.Width())
		if line == "file (stdout)" { // what io.write gives, to be called on
			continue
		}
		if _, err := io.WriteString(s.c.Screen.Stdout(), line+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// madeForEffect tells whether an entry is nothing but the call of a verb that changes something.
// The images that it was about are what the user has just typed; they are in _ all the same.
func madeForEffect(source string) bool {
	stmts, err := parse.Parse(strings.NewReader("return "+source), "entry")
	if err != nil || len(stmts) != 1 {
		return false
	}
	result, ok := stmts[0].(*ast.ReturnStmt)
	if !ok || len(result.Exprs) != 1 {
		return false
	}
	call, ok := result.Exprs[0].(*ast.FuncCallExpr)
	if !ok {
		return false
	}
	object, name := call.Receiver, call.Method // client:push(...)
	if f, ok := call.Func.(*ast.AttrGetExpr); ok {
		object = f.Object
		if key, ok := f.Key.(*ast.StringExpr); ok {
			name = key.Value
		}
	}
	on, ok := object.(*ast.IdentExpr)
	verb := verbs.Find(name)
	return ok && on.Value == "client" && verb != nil && verb.Mutates
}

// onlyImages tells whether values are an image, or a list of images.
func onlyImages(values []lua.LValue) bool {
	if len(values) != 1 {
		return false
	}
	t, ok := values[0].(*lua.LTable)
	if !ok {
		return false
	}
	if first, ok := t.RawGetInt(1).(*lua.LTable); ok {
		t = first
	}
	record, _ := value.Record(t)
	_, ok = record.(client.Image)
	return ok
}

// outcome is what a call came to.
type outcome struct {
	values []lua.LValue
	err    error
}

// evaluate runs an entry beside the interrupts: the first cancels it, the second stops waiting.
func (s *Session) evaluate(ctx context.Context, chunk, source string) ([]lua.LValue, error) {
	for len(s.interrupts) > 0 {
		<-s.interrupts // of the time before
	}
	call, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan outcome, 1)
	go func() {
		values, err := s.vm.Eval(call, chunk, entry(source))
		done <- outcome{values, err}
	}()
	ended := ctx.Done()
	for interrupted := false; ; {
		select {
		case o := <-done:
			return o.values, o.err
		case <-s.interrupts:
			if interrupted {
				s.pending = done
				return nil, errors.New("not waited for; it may still end or go on for a while")
			}
			interrupted = true
			cancel(&SignalError{os.Interrupt})
		case <-ended:
			// The call ends by itself, and the second signal kills the process.
			ended = nil
		}
	}
}

// idle tells whether the Lua state runs nothing.
func (s *Session) idle() bool {
	if s.pending == nil {
		return true
	}
	select {
	case <-s.pending:
		s.pending = nil
		return true
	default:
		return false
	}
}

// waitForPending waits for a call that an earlier entry left behind, until ctx ends or Ctrl-C
// gives it up. A fresh Lua state would lose the variables, so there is no way around it.
func (s *Session) waitForPending(ctx context.Context) bool {
	if s.idle() {
		return true
	}
	s.c.Screen.Note("waiting for the call before this one to end...")
	select {
	case <-s.pending:
		s.pending = nil
		return true
	case <-s.interrupts:
	case <-ctx.Done():
	}
	return false
}
