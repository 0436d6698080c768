// Package screen is the one owner of the terminal. Whatever a person or another program gets to
// see of this one goes through it.
//
// # What goes where
//
//   - Standard output carries results and what a script prints, and nothing else, so that it can
//     be piped. Everything else goes to standard error.
//   - Each stream decides for itself whether it is a terminal. A prompt needs a terminal for
//     input and for output; notes and progress need one for standard error. Without it only
//     warnings and errors are written there, so that cron sends no mail about a success.
//     Verbose writes the notes all the same, Progress "plain" a line every ten seconds.
//   - Quiet drops notes and progress; never warnings and errors. Debug adds a line a request.
//   - JSON makes every result one JSON value a line (a list: a line an element), and every line
//     on standard error one JSON object.
//   - An error is one line, `sregistry-shell: pull no/such: no such image`, lower case, without
//     a full stop; what to do about it follows a semicolon.
//   - Text from outside (names, answers of servers) is shown with its control characters and
//     direction marks escaped: see Safe.
//   - Colour, for each stream: FORCE_COLOR before NO_COLOR before TERM=dumb before "is it a
//     terminal".
//
// # Progress
//
// A running transfer is one line at the bottom of the terminal, updated in place. Only the screen
// draws, and it takes the lines away before anything else is written. A transfer that is done
// leaves its full bar; one that failed leaves nothing. While a prompt is pending nothing at all is
// drawn or written: what was said meanwhile is shown when the prompt is done.
//
// It never reads the clock or the operating system's idea of a terminal behind the back of its
// tests: both are in Options. All methods may be called from any goroutine.
package screen

import (
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// Progress modes.
const (
	ProgressAuto  = "auto"  // on a terminal, lines updated in place; otherwise nothing
	ProgressPlain = "plain" // a line every ten seconds, terminal or not
	ProgressNone  = "none"
)

// Options say where a Screen writes and how much. The zero value of a field is its default.
type Options struct {
	In       io.Reader // standard input
	Out, Err io.Writer // standard output and standard error

	Quiet    bool   // no notes, no progress
	Verbose  bool   // notes even where no terminal is
	Debug    bool   // the request lines
	JSON     bool   // results and errors as JSON
	Progress string // ProgressAuto when empty

	Env func(string) string // os.Getenv

	// For tests.
	Terminal func(stream any) (width int, is bool) // asks the operating system
	Clock    Clock                                 // the real one
	Zone     *time.Location                        // of the dates in tables; the local one
}

// Screen is the owner. It implements client.Reporter.
type Screen struct {
	opts              Options
	writing           atomic.Int64 // since when standard output is written to, in nanoseconds; 0 when it is not
	inTerm            bool
	outTerm, errTerm  bool
	outColor, errTint bool
	plainTerm         bool // TERM=dumb: no escape sequences but carriage return

	mu         sync.Mutex
	transcript *transcript // nil: nobody keeps one
	running    []*meter
	moved      int64   // bytes of transfers that ended while others ran
	size       int64   // and of how many
	drawn      []int   // the columns of the lines of progress that are on the terminal now
	drawnAt    int     // how wide it was then
	columns    int     // how wide it was at the last tick
	steady     int     // ticks since it has been so
	width      int     // widest line of a dumb terminal that has to be covered
	partial    bool    // standard output is in the middle of a line, on a terminal
	held       bool    // a prompt is pending
	waiting    []later // what was said meanwhile
	stop       func()  // ends the ticker
}

// New is a Screen on the given streams.
func New(o Options) *Screen {
	if o.In == nil {
		o.In = os.Stdin
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Err == nil {
		o.Err = os.Stderr
	}
	if o.Env == nil {
		o.Env = os.Getenv
	}
	if o.Terminal == nil {
		o.Terminal = systemTerminal
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Progress == "" {
		o.Progress = ProgressAuto
	}
	s := &Screen{opts: o}
	_, s.inTerm = o.Terminal(o.In)
	_, s.outTerm = o.Terminal(o.Out)
	_, s.errTerm = o.Terminal(o.Err)
	s.outColor = colored(o.Env, s.outTerm)
	s.errTint = colored(o.Env, s.errTerm)
	s.plainTerm = o.Env("TERM") == "dumb"
	return s
}

// systemTerminal asks the operating system. Only a file can be a terminal.
func systemTerminal(stream any) (width int, is bool) {
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return width, true
}

// Interactive tells whether a prompt can be shown: somebody types, and sees what they type.
func (s *Screen) Interactive() bool { return s.inTerm && s.outTerm }

// CanAsk tells whether a question can be asked and answered.
func (s *Screen) CanAsk() bool { return s.inTerm && (s.errTerm || s.outTerm) }

// JSON tells whether results and errors are JSON.
func (s *Screen) JSON() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.JSON
}

// SetJSON makes them JSON from now on.
func (s *Screen) SetJSON() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.JSON = true
}

// Width is the number of columns of standard output, 80 where it is unknown: a terminal without
// a size says 0.
func (s *Screen) Width() int { return s.widthOf(s.opts.Out) }

// Fold is the function Fold to the width of the terminal behind standard output; without one a text
// stays as it is.
func (s *Screen) Fold(text string) string {
	if !s.outTerm {
		return text
	}
	return Fold(text, s.Width())
}

// Height is the number of rows of the terminal behind standard output; 0 where it is unknown.
func (s *Screen) Height() int {
	f, ok := s.opts.Out.(*os.File)
	if !ok {
		return 0
	}
	_, height, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return height
}

func (s *Screen) widthOf(stream any) int {
	if w, _ := s.opts.Terminal(stream); w > 0 {
		return w
	}
	return 80
}

// Color tells whether standard output takes colours.
func (s *Screen) Color() bool { return s.outColor }

// Plain tells whether the terminal takes no escape sequences (TERM=dumb).
func (s *Screen) Plain() bool { return s.plainTerm }

// Input is standard input.
func (s *Screen) Input() io.Reader { return s.opts.In }

// Terminal is standard output for what shows the prompt, between Hold and Release.
func (s *Screen) Terminal() io.Writer { return s.opts.Out }

// Hold is called before a prompt waits for a line: from then on nothing is drawn or written to
// the terminal except by the prompt, until Release. A line that standard output began is ended.
func (s *Screen) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.freshLine()
	s.held = true
}

// Release ends Hold, and shows what was said meanwhile.
func (s *Screen) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
	for _, each := range s.waiting {
		io.WriteString(each.to, each.text)
		s.partial = each.to == s.opts.Out && !strings.HasSuffix(each.text, "\n")
	}
	s.waiting = nil
	s.draw()
}

// Close takes progress off the terminal. The Screen may be used on.
func (s *Screen) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.freshLine()
}
