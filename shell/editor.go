package shell

import (
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/chzyer/readline"
	"golang.org/x/sys/unix"
)

// errInterrupted says that Ctrl-C was typed while a line was read.
var errInterrupted = errors.New("interrupted")

// lineReader reads what a person types. It is all that the shell knows of a line editor.
type lineReader interface {
	// ReadLine shows the prompt and waits for a line; a pasted one may have several. The error is
	// errInterrupted for Ctrl-C, with what was typed so far, and io.EOF for Ctrl-D on an empty
	// line, for the end of input, and when the reader is closed: then what was typed is gone.
	ReadLine(prompt string) (string, error)
	// SetHistory says what the arrows bring back, oldest first.
	SetHistory(entries []string)
	// Close ends a ReadLine that waits and leaves the terminal as it was found. It may be called
	// from any goroutine, and more than once.
	Close()
}

// completeFunc gives the texts that can follow what was typed, and how many columns of it belong
// to the word that they end.
type completeFunc func(before string) (endings []string, length int)

// editor is a lineReader on a terminal, by github.com/chzyer/readline. There should be one a
// process: it never gives back some of its goroutines.
//
// Readline's faults are kept away from the shell here and in keys: each comment that says why
// something is done names one.
type editor struct {
	rl     *readline.Instance
	keys   *keys
	stdin  *readline.CancelableStdin
	mode   *rawMode
	canvas *canvas

	width     func() int
	columns   int
	onColumns func()

	completions bool // off while a question is asked
	deleting    bool // the mark of the Delete key was just read
	line        []rune
	cursor      int // in line
	history     []string
}

// editorConfig is what an editor works on.
type editorConfig struct {
	in       *os.File
	out      io.Writer
	width    func() int // columns of the terminal, never less than 20
	plain    bool       // no escape sequences of our own
	complete completeFunc
	paint    func(line []rune) []rune // may only add colour
}

func newEditor(c editorConfig) (*editor, error) {
	e := &editor{keys: &keys{in: c.in}, completions: true}
	e.mode = &rawMode{fd: int(c.in.Fd()), ahead: &e.keys.ahead}
	if !c.plain {
		e.mode.out = c.out
	}
	// Readline never returns at width 0 or at that of its prompt; see ReadLine.
	e.width = func() int { return max(20, c.width()) }
	e.columns = e.width()
	e.onColumns = func() {}
	// A line in fewer columns than these is not worth a row of its own for every character.
	e.canvas = &canvas{out: c.out, width: func() int { return max(8, c.width()) }, paint: c.paint}
	// Close must be able to end a pending read, and readline's own does not reach this one.
	e.stdin = readline.NewCancelableStdin(e.keys)
	rl, err := readline.NewEx(&readline.Config{
		Prompt:       mainPrompt,
		Stdin:        e.stdin,
		Stdout:       e.canvas,
		Stderr:       e.canvas,
		FuncGetWidth: e.width,
		// Readline's own watch for a resize writes the widths while they are read; see filter.
		FuncOnWidthChanged:  func(f func()) { e.onColumns = f },
		FuncIsTerminal:      func() bool { return true },
		ForceUseInteractive: true,
		FuncMakeRaw:         e.mode.enter,
		FuncExitRaw:         e.mode.exit,
		FuncFilterInputRune: e.filter,
		EOFPrompt:           "\n", // none
		// The file is ours: readline's is open to everybody, loses entries of several lines, and
		// keeps the browsed line instead of the new one.
		DisableAutoSaveHistory: true,
		HistoryLimit:           mostHistory + 1,
		HistorySearchFold:      true,
		AutoComplete:           completer{e, c.complete},
		Painter:                e.canvas,
		Listener:               readline.FuncListener(e.edited),
	})
	if err != nil {
		return nil, err
	}
	e.rl = rl
	return e, nil
}

// edited sees what a key made of the line, and gives another if that is not to be.
func (e *editor) edited(line []rune, cursor int, key rune) ([]rune, int, bool) {
	if key == 0 {
		// Readline begins a line so, on the goroutine that asks for it, while its own may still be
		// here with the Enter of the line before.
		return nil, 0, false
	}
	before, was := e.line, e.cursor
	if at := slices.Index(line, pasteMark); at >= 0 {
		text := []rune(e.keys.nextPaste())
		e.line, e.cursor = slices.Concat(line[:at], text, line[at+1:]), at+len(text)
		return slices.Clone(e.line), e.cursor, true
	}
	e.line, e.cursor = line, cursor
	if e.rl == nil || e.rl.Operation.IsSearchMode() {
		return nil, 0, false
	}
	e.line, e.cursor = wholeClusters(before, was, line, cursor)
	changed := e.cursor != cursor || len(e.line) != len(line)
	return slices.Clone(e.line), e.cursor, changed
}

// clearScreen empties the terminal, and leaves the cursor where it is.
const clearScreen = "\x1b[2J"

// filter sees every key before readline does, on readline's own goroutine.
func (e *editor) filter(r rune) (rune, bool) {
	if r == 0 { // the end: the terminal may be closed already
		return r, true
	}
	if now := e.width(); now != e.columns {
		e.columns = now
		e.onColumns()
		// In fewer columns a choice among candidates that no longer fit would divide by zero.
		e.rl.Operation.ExitCompleteMode(true)
	}
	deleting := e.deleting
	e.deleting = false
	searching := e.rl.Operation.IsSearchMode()
	switch {
	case r == pasteMark:
		// The text goes into the line, and not into what is searched for or completed.
		if searching {
			e.rl.Operation.ExitSearchMode(false)
		}
		e.rl.Operation.ExitCompleteMode(true)
	case r == deleteMark:
		e.deleting = true
		return e.nothing(), true
	case isUnbound(r):
		// Readline would put it into the line, where nobody sees it, and Lua takes none.
		return e.nothing(), true
	case r == readline.CharTab && searching:
		// The candidates would be there and not be shown.
		e.nothing()
	case r == readline.CharDelete && deleting && len(e.line) == 0:
		// A Delete key on an empty line would leave the shell.
		return r, false
	case r == readline.CharInterrupt:
		// It would only leave the search or the candidates, and not the line.
		if searching {
			e.rl.Operation.ExitSearchMode(true)
		}
		e.rl.Operation.ExitCompleteMode(true)
	case r == readline.CharKill:
		// From a choice among candidates it would go on showing them when they are forgotten, and
		// divide by zero.
		e.rl.Operation.ExitCompleteMode(true)
	case r == readline.CharCtrlL && e.mode.out != nil:
		// Readline goes to the top and leaves there what was on the screen.
		io.WriteString(e.mode.out, clearScreen)
	case (r == readline.CharBckSearch || r == readline.CharFwdSearch) && (len(e.history) == 0 || !e.completions):
		// Readline fails when the search of an empty history is given up.
		return e.nothing(), true
	case r == readline.CharBckSearch || r == readline.CharFwdSearch:
		// The candidates would be taken away together with what is searched for.
		e.rl.Operation.ExitCompleteMode(true)
	case r == readline.CharTranspose && len(e.line) < 2:
		// With nothing to swap it would go beyond the end of the line, and fail there.
		return e.nothing(), true
	case r == readline.CharCtrlZ:
		// It would stop the parent of this process too. To return false here would leave readline
		// reading while a call runs.
		return e.nothing(), true
	}
	return r, true
}

// nothing is a key that does nothing. It ends a search first, with what was found: the key would go
// back to what was there before.
func (e *editor) nothing() rune {
	if e.rl.Operation.IsSearchMode() {
		e.rl.Operation.ExitSearchMode(false)
		e.rl.Operation.Refresh()
	}
	return readline.CharBell
}

// isUnbound tells whether a key is none of a text, and none that readline knows: Ctrl with one of
// O Q V X \ ] ^ _, and Alt-Ctrl-T, of which it makes a character that is none and that no line may hold.
func isUnbound(r rune) bool {
	return r == 15 || r == 17 || r == 22 || r == 24 || 28 <= r && r < ' ' || r == readline.MetaTranspose
}

func (e *editor) ReadLine(prompt string) (string, error) {
	// Readline itself has the same short one for all, for what is drawn is not its own: it never returns
	// where a prompt fills its rows.
	e.canvas.begin(prompt)
	line, err := e.rl.Readline()
	if e.isClosed() {
		// Readline gives what was typed before the end of input as if Enter had followed.
		return "", io.EOF
	}
	// What a search found is edited in its place in readline's history.
	e.SetHistory(e.history)
	switch {
	case errors.Is(err, readline.ErrInterrupt):
		return expand(line), errInterrupted
	case err != nil:
		return "", io.EOF
	}
	return expand(line), nil
}

// isClosed tells whether there will be no more lines.
func (e *editor) isClosed() bool { return e.mode.isClosed() || e.keys.ended.Load() }

// ask reads a line that is no statement.
func (e *editor) ask(prompt string) (string, error) {
	e.completions = false
	e.rl.ResetHistory()
	defer func() { e.completions = true }()
	return e.ReadLine(prompt)
}

func (e *editor) SetHistory(entries []string) {
	e.history = entries
	e.rl.ResetHistory()
	for _, entry := range entries {
		e.rl.SaveHistory(oneLine(entry))
	}
}

func (e *editor) Close() {
	if e.mode.close() {
		e.stdin.Close()
		e.rl.Close()
	}
}

// rawMode is the state of the terminal. The terminal is raw only while a line is read, so that
// Ctrl-C in a call is a signal; close leaves that state for good.
type rawMode struct {
	fd    int
	out   io.Writer     // for the switch of bracketed paste; nil for a terminal that knows none
	ahead *atomic.Int64 // is told how much was typed before

	mu     sync.Mutex
	before *readline.State
	closed bool
}

func (m *rawMode) enter() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.before != nil {
		return nil
	}
	state, err := readline.MakeRaw(m.fd)
	if err != nil {
		return err
	}
	m.before = state
	if n, err := unix.IoctlGetInt(m.fd, fionread); err == nil {
		m.ahead.Store(int64(n))
	}
	if m.out != nil {
		io.WriteString(m.out, "\x1b[?2004h")
	}
	return nil
}

func (m *rawMode) exit() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.before == nil {
		return nil
	}
	if m.out != nil {
		io.WriteString(m.out, "\x1b[?2004l")
	}
	err := readline.Restore(m.fd, m.before)
	m.before = nil
	return err
}

// close tells whether it was the first.
func (m *rawMode) close() bool {
	m.mu.Lock()
	first := !m.closed
	m.closed = true
	m.mu.Unlock()
	m.exit()
	return first
}

func (m *rawMode) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// completer adapts a completeFunc.
type completer struct {
	e *editor
	f completeFunc
}

func (c completer) Do(line []rune, pos int) ([][]rune, int) {
	if !c.e.completions || c.f == nil {
		return nil, 0
	}
	endings, length := c.f(expand(string(line[:pos])))
	length = min(length, pos)
	word := string(line[pos-length : pos])
	_, cells := cutCells(word, c.e.columns)
	if !narrow(word) {
		length = 0 // readline pads by its characters, not its columns, and fails when they are fewer
	}
	var out [][]rune
	for _, ending := range fitting(endings, cells, c.e.columns) {
		out = append(out, []rune(ending))
	}
	return out, length
}
