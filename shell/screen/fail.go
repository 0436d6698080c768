package screen

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// program is what an error of a command begins with.
const program = "sregistry-shell: "

// Fail shows the error that ends a command, with the program's name before it; with JSON as
// {"error": {"code", "op", "image", "message", "hint", "done", "failed"}}, without what is empty. Nil and a broken pipe
// are no errors.
func (s *Screen) Fail(err error) {
	if err == nil || BrokenPipe(err) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.JSON {
		s.sayFailure(err, "", "")
		return
	}
	s.say(s.tint(program, red) + errorText(err) + "\n")
}

// FailScript shows the error that ends a script: message, which begins with file and line, and
// the traceback; with JSON as Fail, and "message" and "traceback" are the script's. The cause is
// the *client.Error of the verb that failed, or nil.
func (s *Screen) FailScript(message, traceback string, cause error) {
	if BrokenPipe(cause) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.JSON {
		s.sayFailure(cause, message, traceback)
		return
	}
	text := s.tint(safeLines(message), red) + "\n"
	if traceback != "" {
		text += "stack traceback:\n"
		for line := range strings.Lines(safeLines(traceback)) {
			text += "  " + strings.TrimSpace(line) + "\n"
		}
	}
	s.say(text)
}

// Complain shows the error of a statement at the prompt, which the shell survives.
func (s *Screen) Complain(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say(s.tint(safeLines(message), red) + "\n")
}

// sayFailure writes the JSON form; s.mu is held.
func (s *Screen) sayFailure(err error, message, traceback string) {
	f := failure{Code: client.Internal}
	var e *client.Error
	if errors.As(err, &e) {
		f = failureOf(e)
	} else if err != nil {
		f.Code, f.Message = client.CodeOf(err), err.Error()
		var output *OutputError
		if code, _ := client.FileCode(err); errors.As(err, &output) && code == client.Full {
			f.Code = code
		}
	}
	if message != "" {
		f.Message = message
	}
	f.Traceback = traceback
	s.say(string(encode(map[string]failure{"error": f})) + "\n")
}

// errorText is err as it is shown. The failures inside of a *client.Error are lines of their own;
// a line break in a text from outside is escaped.
func errorText(err error) string {
	e, ok := err.(*client.Error)
	if !ok {
		return safeLines(err.Error())
	}
	head := *e
	head.Failed = nil
	text := Safe(head.Error())
	for _, each := range e.Failed {
		text += "\n  " + strings.ReplaceAll(errorText(each), "\n", "\n  ")
	}
	return text
}

// ErrNobody says that a question could not be asked, because input or output is no terminal.
var ErrNobody = errors.New("nobody to ask")

// Confirm asks a question, "delete 3 images?", on the terminal, outside of a prompt, and waits for
// yes or no; anything but yes is no. The error is ErrNobody, or the context's: then the answer is not waited for.
func (s *Screen) Confirm(ctx context.Context, question string) (bool, error) {
	if !s.CanAsk() {
		return false, ErrNobody
	}
	to := s.opts.Err
	if !s.errTerm {
		to = s.opts.Out
	}
	s.Hold()
	defer s.Release()
	fmt.Fprintf(to, "%s [y/N] ", Safe(question))
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.opts.In).ReadString('\n')
		answer <- line
	}()
	select {
	case line := <-answer:
		if line == "" { // end of input, with no line break echoed
			io.WriteString(to, "\n")
		}
		return Yes(line), nil
	case <-ctx.Done():
		io.WriteString(to, "\n")
		return false, context.Cause(ctx)
	}
}

// Yes tells whether an answer is one: y or yes, in any case.
func Yes(answer string) bool {
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}
