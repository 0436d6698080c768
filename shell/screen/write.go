package screen

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// OutputError says that standard output took no more. When its reader has gone away (a broken
// pipe: `search | head -1`) that is no failure worth a word: Fail is silent about it.
type OutputError struct{ Err error }

// Error names the reason without the words of the operating system around it.
func (e *OutputError) Error() string { return "write standard output: " + reason(e.Err) }

// Unwrap gives the reason, a syscall.Errno, to errors.Is.
func (e *OutputError) Unwrap() error { return e.Err }

// BrokenPipe tells whether err is that the reader of standard output has gone away.
func BrokenPipe(err error) bool {
	var e *OutputError
	return errors.As(err, &e) && errors.Is(e.Err, syscall.EPIPE)
}

// reason drops the "write /dev/stdout:" of the os package.
func reason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return err.Error()
}

// Stdout takes what a script prints, and writes it at once. Progress steps aside for it. An
// error is an *OutputError.
func (s *Screen) Stdout() io.Writer { return stdout{s} }

// Stderr takes text for standard error that is neither a note nor a warning nor an error.
func (s *Screen) Stderr() io.Writer { return stderr{s} }

// Writing tells since when standard output is being written to, and whether it is. It never waits, as all
// else does while a reader takes nothing.
func (s *Screen) Writing() (since time.Time, is bool) {
	at := s.writing.Load()
	return time.Unix(0, at), at != 0
}

// Data takes an image that is pulled to standard output: as it is, and no transcript keeps it.
func (s *Screen) Data() io.Writer { return data{s} }

type data struct{ s *Screen }

func (w data) Write(p []byte) (int, error) {
	w.s.writing.Store(time.Now().UnixNano())
	defer w.s.writing.Store(0)
	return w.s.opts.Out.Write(p)
}

type stdout struct{ s *Screen }

func (w stdout) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.print(p)
}

// File is the file behind standard output, for a command that needs it itself, such as an editor;
// nil when there is none. Progress steps aside.
func (w stdout) File() *os.File { return w.s.file(w.s.opts.Out) }

func (s *Screen) file(stream io.Writer) *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	f, _ := stream.(*os.File)
	return f
}

// print writes to standard output; s.mu is held. While a prompt is pending a task may print: its
// text comes at once where it is piped away, and after the prompt where it would tear the line.
func (s *Screen) print(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.keep(string(p), false)
	if s.outTerm && s.held {
		s.waiting = append(s.waiting, later{s.opts.Out, string(p)})
		return len(p), nil
	}
	if s.outTerm {
		s.erase()
	}
	n, err := s.Data().Write(p)
	if s.outTerm {
		s.partial = p[len(p)-1] != '\n'
		s.draw()
	}
	if err != nil {
		return n, &OutputError{err}
	}
	return n, nil
}

type stderr struct{ s *Screen }

// File is the file behind standard error, as for standard output.
func (w stderr) File() *os.File { return w.s.file(w.s.opts.Err) }

func (w stderr) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.say(string(p))
	return len(p), nil
}

// later is text that waits for the end of a prompt.
type later struct {
	to   io.Writer
	text string
}

// say writes text, which ends its line, to standard error; s.mu is held. Nobody can be told when
// standard error fails.
func (s *Screen) say(text string) {
	s.keep(text, true)
	if s.held && s.errTerm {
		s.waiting = append(s.waiting, later{s.opts.Err, text})
		return
	}
	s.erase()
	if s.errTerm {
		s.freshLine()
	}
	io.WriteString(s.opts.Err, text)
	s.draw()
}

// freshLine ends a line that standard output began on the terminal; s.mu is held.
func (s *Screen) freshLine() {
	if s.partial {
		io.WriteString(s.opts.Out, "\n")
		s.partial = false
	}
}

// Note shows an event worth a line: on a terminal, or when Verbose; not when Quiet.
func (s *Screen) Note(text string) {
	if s.opts.Quiet || !s.errTerm && !s.opts.Verbose {
		return
	}
	s.sayAs("note", "", 0, text)
}

// Warn shows what is odd but stops nothing. It is shown always.
func (s *Screen) Warn(text string) { s.sayAs("warning", "warning: ", yellow, text) }

// Plan shows what a dry run would have done. It is shown always: it is what was asked for.
func (s *Screen) Plan(text string) { s.sayAs("plan", "", 0, text) }

// Debug shows a request or an answer, when Debug is set.
func (s *Screen) Debug(text string) {
	if s.opts.Debug {
		s.sayAs("debug", "debug: ", faint, text)
	}
}

func (s *Screen) sayAs(kind, prefix string, color int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.JSON {
		s.say(string(encode(map[string]string{kind: text})) + "\n")
		return
	}
	s.say(s.tint(prefix, color) + Safe(text) + "\n")
}

// Colours, as parameters of the SGR sequence.
const (
	faint  = 2
	red    = 31
	yellow = 33
)

func (s *Screen) tint(text string, color int) string {
	if text == "" || !s.errTint {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", color, text)
}

// colored is the rule for one stream: FORCE_COLOR before NO_COLOR before TERM=dumb before what
// the stream is. FORCE_COLOR=0 and an empty variable say nothing.
func colored(env func(string) string, terminal bool) bool {
	switch force := env("FORCE_COLOR"); {
	case force != "" && force != "0":
		return true
	case env("NO_COLOR") != "", env("TERM") == "dumb":
		return false
	}
	return terminal
}
