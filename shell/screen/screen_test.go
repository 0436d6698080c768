package screen

import (
	"cmp"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeTerminal keeps what a person sees: it obeys the few sequences the screen uses.
type fakeTerminal struct {
	width int
	told  int // the width that programs are told; 0: that it has

	broken map[int]bool // rows that go on in the next one, since the terminal became narrower

	mu    sync.Mutex
	lines []string
	row   int
	col   int
	raw   strings.Builder
	wrote chan struct{} // buffered; a value after every write
}

func newTerminal() *fakeTerminal {
	return &fakeTerminal{width: 80, lines: []string{""}, broken: map[int]bool{}, wrote: make(chan struct{}, 10000)}
}

func (f *fakeTerminal) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.raw.Write(p)
	text := string(p)
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b["):
			end := strings.IndexFunc(text[2:], func(r rune) bool { return r >= '@' }) + 2
			n, _ := strconv.Atoi(text[2:end])
			switch text[end] {
			case 'A':
				f.row -= n
			case 'K':
				f.lines[f.row] = cut(f.lines[f.row], f.col)
				delete(f.broken, f.row)
			case 'J':
				f.lines[f.row] = cut(f.lines[f.row], f.col)
				f.lines = f.lines[:f.row+1]
				maps.DeleteFunc(f.broken, func(row int, _ bool) bool { return row >= f.row })
			case 'm':
			default:
				panic("unknown sequence " + strconv.Quote(text[:end+1]))
			}
			text = text[end+1:]
			continue
		case text[0] == '\r':
			f.col = 0
		case text[0] == '\n':
			f.row++
			f.col = 0
			if f.row == len(f.lines) {
				f.lines = append(f.lines, "")
			}
		default:
			line := pad(f.lines[f.row], f.col)
			rest := ""
			if f.col+1 <= len(line) {
				rest = line[f.col+1:]
			}
			f.lines[f.row] = line[:f.col] + text[:1] + rest
			f.col++
			if f.col > f.width {
				panic("a line is too long: " + f.lines[f.row])
			}
		}
		text = text[1:]
	}
	f.wrote <- struct{}{}
	return len(p), nil
}

// resize makes the terminal as wide, and breaks lines that are longer, or joins them again.
func (f *fakeTerminal) resize(width int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.width = width
	var whole, lines []string
	for row, line := range f.lines {
		if f.broken[row-1] {
			whole[len(whole)-1] += line
		} else {
			whole = append(whole, line)
		}
	}
	clear(f.broken)
	for _, line := range whole {
		line = strings.TrimRight(line, " ")
		for len(line) > width {
			f.broken[len(lines)] = true
			lines = append(lines, line[:width])
			line = line[width:]
		}
		lines = append(lines, line)
	}
	f.lines = lines
	f.row = len(lines) - 1
	f.col = len(lines[f.row])
}

// sees is what is on the terminal, without blanks at line ends.
func (f *fakeTerminal) sees() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, line := range f.lines {
		out = append(out, strings.TrimRight(line, " "))
	}
	return strings.Join(out, "\n")
}

func (f *fakeTerminal) expect(t *testing.T, want string) {
	t.Helper()
	if got := f.sees(); got != want {
		t.Fatalf("on the terminal:\n%s\n--- wanted:\n%s", got, want)
	}
}

// fakeClock goes on only when told to.
type fakeClock struct {
	mu      sync.Mutex
	now     time.Time
	ticks   chan time.Time
	every   time.Duration
	tickers int
}

func newClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ticks: make(chan time.Time)}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Tick(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.every = d
	c.tickers++
	return c.ticks, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.tickers--
	}
}

// after lets time pass and a tick happen, and waits for what it writes.
func (c *fakeClock) after(d time.Duration, f *fakeTerminal) {
	for len(f.wrote) > 0 {
		<-f.wrote
	}
	c.mu.Lock()
	c.now = c.now.Add(d)
	now := c.now
	c.mu.Unlock()
	c.ticks <- now
	<-f.wrote
}

type bench struct {
	*Screen
	out, err *fakeTerminal
	clock    *fakeClock
}

// newBench is a screen whose streams are terminals as told: "oe" both, "" none.
func newBench(terminals string, change func(*Options)) *bench {
	b := &bench{out: newTerminal(), err: newTerminal(), clock: newClock()}
	if !strings.Contains(terminals, "o") {
		b.out.width = 1 << 20
	}
	if !strings.Contains(terminals, "e") {
		b.err.width = 1 << 20
	}
	in := strings.NewReader("")
	o := Options{
		In: in, Out: b.out, Err: b.err, Clock: b.clock, Zone: time.UTC,
		Env: func(string) string { return "" },
		Terminal: func(stream any) (int, bool) {
			switch f := stream.(type) {
			case *fakeTerminal:
				return cmp.Or(f.told, f.width), f == b.out && strings.Contains(terminals, "o") || f == b.err && strings.Contains(terminals, "e")
			}
			return 0, strings.Contains(terminals, "i")
		},
	}
	if change != nil {
		change(&o)
	}
	b.Screen = New(o)
	return b
}

func TestWhatGoesToStandardError(t *testing.T) {
	say := func(s *Screen) {
		s.Note("Creating collection yippy...")
		s.Warn("two objects")
		s.Debug("GET /v1")
	}
	const note, warn, debug = "Creating collection yippy...\n", "warning: two objects\n", "debug: GET /v1\n"
	for _, c := range []struct {
		name, terminals string
		change          func(*Options)
		want            string
	}{
		{"terminal", "e", nil, note + warn},
		{"no terminal", "", nil, warn},
		{"a terminal only for output", "o", nil, warn},
		{"verbose", "", func(o *Options) { o.Verbose = true }, note + warn},
		{"quiet", "e", func(o *Options) { o.Quiet = true }, warn},
		{"quiet wins", "", func(o *Options) { o.Quiet, o.Verbose = true, true }, warn},
		{"debug", "", func(o *Options) { o.Debug = true }, warn + debug},
		{"json", "", func(o *Options) { o.JSON, o.Verbose = true, true },
			`{"note":"Creating collection yippy..."}` + "\n" + `{"warning":"two objects"}` + "\n"},
	} {
		b := newBench(c.terminals, func(o *Options) {
			o.Env = func(name string) string { return map[string]string{"NO_COLOR": "1"}[name] }
			if c.change != nil {
				c.change(o)
			}
		})
		say(b.Screen)
		if got := b.err.raw.String(); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
		if got := b.out.raw.String(); got != "" {
			t.Errorf("%s: on standard output: %q", c.name, got)
		}
	}
}

func TestColor(t *testing.T) {
	for _, c := range []struct {
		env      string
		terminal bool
		want     bool
	}{
		{"", true, true},
		{"", false, false},
		{"FORCE_COLOR=1", false, true},
		{"FORCE_COLOR=1 NO_COLOR=1 TERM=dumb", false, true},
		{"FORCE_COLOR=0", false, false},
		{"NO_COLOR=1", true, false},
		{"TERM=dumb", true, false},
		{"TERM=xterm", true, true},
		{"TERM=xterm", false, false},
	} {
		env := map[string]string{}
		for _, each := range strings.Fields(c.env) {
			name, value, _ := strings.Cut(each, "=")
			env[name] = value
		}
		if got := colored(func(name string) string { return env[name] }, c.terminal); got != c.want {
			t.Errorf("%q, terminal %v: %v", c.env, c.terminal, got)
		}
	}
	b := newBench("e", nil)
	b.Warn("x")
	if got := b.err.raw.String(); got != "\x1b[33mwarning: \x1b[0mx\n" {
		t.Errorf("%q", got)
	}
}

func TestSafe(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		"lab/ubuntu-22.04.sif":     "lab/ubuntu-22.04.sif",
		"Straße 日本 👍 \\n":          "Straße 日本 👍 \\n",
		"a\x1b[2Jb":                `a\x1b[2Jb`,
		"a\nb\r\tc\x00\x7f":        `a\nb\r\tc\x00\x7f`,
		"\u009b31m":                `\x9b31m`,
		"gpj.\u202egnp":            `gpj.\u202egnp`,
		"\u2066\u200b\u2028\ufeff": `\u2066\u200b\u2028\ufeff`,
		"\U000e0041":               `\U000e0041`,
		"\xff\xfeok\xc3":           `\xff\xfeok\xc3`,
		"\ufffd":                   "\ufffd",
	} {
		if got := Safe(text); got != want {
			t.Errorf("%q: %s, not %s", text, got, want)
		}
	}
}

func FuzzSafe(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range Safe(text) {
			if dangerous(r) {
				t.Fatalf("%q of %q", r, text)
			}
		}
		if again := Safe(Safe(text)); again != Safe(text) {
			t.Fatalf("twice is more than once: %q", text)
		}
	})
}
