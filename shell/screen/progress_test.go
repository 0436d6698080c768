package screen

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

const full = "Progress |===================================| 100.0%"

func TestOneTransfer(t *testing.T) {
	b := newBench("oe", nil)
	m := b.Begin(client.Transfer{Verb: "push", Label: "lab/a", Size: 100e6})
	b.err.expect(t, "Progress |-----------------------------------|   0.0%")
	m.Add(20e6)
	b.clock.after(2*time.Second, b.err)
	b.err.expect(t, "Progress |=======----------------------------|  20.0%  10.0 MB/s  0:08 left")
	m.Add(80e6)
	b.clock.after(2*time.Second, b.err)
	if got := b.err.sees(); !strings.HasPrefix(got, "Progress |==================================-|  99.9%") {
		t.Errorf("it says to be done before it is: %s", got)
	}
	m.End(nil)
	m.End(nil)
	b.err.expect(t, full+"\n")
	if b.out.raw.Len() > 0 {
		t.Errorf("on standard output: %q", b.out.raw.String())
	}
	if b.clock.tickers != 0 {
		t.Error("the ticker still runs")
	}
}

func TestTransferThatFailsLeavesNothing(t *testing.T) {
	b := newBench("e", nil)
	b.Note("Creating collection yippy...")
	b.Begin(client.Transfer{Verb: "push", Label: "lab/a", Size: 10}).End(errors.New("broken"))
	b.Begin(client.Transfer{Verb: "hash", Label: "a.sif", Size: 10}).End(nil)
	b.err.expect(t, "Creating collection yippy...\n")
}

func TestHashingIsShownOnlyWhileItRuns(t *testing.T) {
	b := newBench("e", nil)
	m := b.Begin(client.Transfer{Verb: "hash", Label: "a.sif", Size: 10})
	b.err.expect(t, "Hashing  |-----------------------------------|   0.0%")
	m.End(nil)
	b.err.expect(t, "")
}

func TestSeveralTransfers(t *testing.T) {
	b := newBench("oe", nil)
	first := b.Begin(client.Transfer{Verb: "push", Label: "lab/a", Size: 100})
	second := b.Begin(client.Transfer{Verb: "push", Label: "lab/\x1bb", Size: -1})
	first.Add(50)
	second.Add(2000)
	b.clock.after(time.Second, b.err)
	const bars = "Progress |=================------------------|  50.0%  50 B/s  0:01 left  lab/a\n" +
		`Progress 2.0 kB  2.0 kB/s  lab/\x1bb` + "\nIn all   2.0 kB of 2.1 kB  2.0 kB/s  0:00 left"
	b.err.expect(t, bars)
	b.Note("a note")
	b.Warn("a warning")
	b.err.expect(t, "a note\nwarning: a warning\n"+bars)
	second.End(errors.New("no"))
	first.End(nil)
	b.err.expect(t, "a note\nwarning: a warning\n"+full+"  lab/a\n")
}

func TestMoreTransfersThanAreShown(t *testing.T) {
	b := newBench("e", nil)
	var meters []client.Meter
	for i := range 20 {
		meters = append(meters, b.Begin(client.Transfer{Label: fmt.Sprint("lab/", i), Size: 1}))
	}
	if got := b.err.sees(); strings.Count(got, "\n") != 8 || !strings.HasSuffix(got, "\n... and 13 more\nIn all   0 B of 20 B") {
		t.Errorf("it shows:\n%s", got)
	}
	for _, m := range meters {
		m.End(errors.New("no"))
	}
	b.err.expect(t, "")
}

func TestOutputBesideProgress(t *testing.T) {
	// Both streams are one terminal.
	both := newTerminal()
	b := newBench("oe", nil)
	b.Screen = New(Options{In: strings.NewReader(""), Out: both, Err: both, Clock: b.clock, Env: func(string) string { return "" },
		Terminal: func(any) (int, bool) { return 80, true }})
	m := b.Begin(client.Transfer{Label: "lab/a", Size: 1})
	io.WriteString(b.Stdout(), "hello\n")
	both.expect(t, "hello\nProgress |-----------------------------------|   0.0%")
	io.WriteString(b.Stdout(), "half a ")
	both.expect(t, "hello\nhalf a")
	io.WriteString(b.Stdout(), "line\n")
	both.expect(t, "hello\nhalf a line\nProgress |-----------------------------------|   0.0%")
	io.WriteString(b.Stdout(), "open")
	b.Note("note")
	m.End(nil)
	both.expect(t, "hello\nhalf a line\nopen\nnote\n"+full+"\n")
}

func TestNothingIsDrawnDuringAPrompt(t *testing.T) {
	b := newBench("oe", nil)
	io.WriteString(b.Stdout(), "no line break")
	m := b.Begin(client.Transfer{Label: "lab/a", Size: 100})
	n := b.Begin(client.Transfer{Label: "lab/b", Size: 100})
	b.Hold()
	b.err.expect(t, "")
	b.out.expect(t, "no line break\n")
	length := b.err.raw.Len()
	b.Note("meanwhile")
	m.Add(5)
	b.tick()
	m.End(nil)
	fmt.Fprintln(b.Stdout(), "from a task")
	if b.err.raw.Len() != length {
		t.Errorf("written during a prompt: %q", b.err.raw.String()[length:])
	}
	b.Release()
	b.err.expect(t, "meanwhile\n"+full+"  lab/a\nProgress |-----------------------------------|   0.0%  lab/b")
	b.out.expect(t, "no line break\nfrom a task\n")
	n.End(nil)
}

func TestPlainProgress(t *testing.T) {
	b := newBench("", func(o *Options) { o.Progress = ProgressPlain })
	m := b.Begin(client.Transfer{Verb: "push", Label: "lab/a", Size: 3e9})
	if b.clock.every != 10*time.Second {
		t.Errorf("a line every %v", b.clock.every)
	}
	m.Add(1e9)
	b.clock.after(10*time.Second, b.err)
	m.Add(2e9)
	b.clock.mu.Lock()
	b.clock.now = b.clock.now.Add(9 * time.Second)
	b.clock.mu.Unlock()
	m.End(nil)
	want := "push lab/a: 1.0 GB of 3.0 GB, 33.3%, 100.0 MB/s, 0:20 left\npush lab/a: done, 3.0 GB in 0:19\n"
	if got := b.err.raw.String(); got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestNoProgress(t *testing.T) {
	for name, b := range map[string]*bench{
		"no terminal": newBench("o", nil),
		"quiet":       newBench("oe", func(o *Options) { o.Quiet = true }),
		"none":        newBench("oe", func(o *Options) { o.Progress = ProgressNone }),
	} {
		m := b.Begin(client.Transfer{Label: "lab/a", Size: 10})
		m.Add(10)
		if b.clock.tickers != 0 {
			t.Errorf("%s: a ticker runs", name)
		}
		m.End(nil)
		if got := b.err.raw.String(); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestDumbTerminal(t *testing.T) {
	b := newBench("e", func(o *Options) {
		o.Env = func(name string) string { return map[string]string{"TERM": "dumb"}[name] }
	})
	first := b.Begin(client.Transfer{Label: "lab/a", Size: 10})
	second := b.Begin(client.Transfer{Label: "lab/b", Size: 10})
	b.err.expect(t, "Progress |-----------------------------------|   0.0%  lab/a (and 1 more)")
	b.Note("note")
	second.End(nil)
	first.End(errors.New("no"))
	b.err.expect(t, "note\n"+full+"  lab/b\n")
	if strings.Contains(b.err.raw.String(), "\x1b") {
		t.Error("escape sequences for a dumb terminal")
	}
}

func TestNarrowTerminal(t *testing.T) {
	for width := range 60 {
		b := newBench("e", nil)
		b.err.width = width
		if width == 0 { // a terminal that does not know its size
			b.err.width = 80
		}
		m := b.Begin(client.Transfer{Label: "日本/" + strings.Repeat("x", 100), Size: 10}).(*meter)
		m.many, m.rate = true, 1000
		b.tick()
		m.End(errors.New("no"))
		b.err.expect(t, "")
	}
}

func TestResizedTerminal(t *testing.T) {
	b := newBench("e", nil)
	b.Note("before")
	first := b.Begin(client.Transfer{Verb: "push", Label: "lab/a", Size: 100})
	second := b.Begin(client.Transfer{Verb: "push", Label: "lab/b", Size: 100})
	for _, width := range []int{30, 20, 50, 80} {
		b.err.resize(width)
		for range settled + 1 {
			b.tick()
		}
		if got := strings.Split(b.err.sees(), "\n"); len(got) != 4 || got[0] != "before" || !strings.HasPrefix(got[1], "Progress |-") || !strings.HasPrefix(got[3], "In all") {
			t.Errorf("%d columns: %q", width, got)
		}
	}
	for _, m := range []client.Meter{first, second} {
		b.err.resize(b.err.width / 2)
		for range settled + 1 {
			b.tick()
		}
		m.End(errors.New("no"))
	}
	b.err.expect(t, "before\n")
}

// A terminal that is made narrow and wide again may tell of the first when the second is done: what was
// there before stays, whatever becomes of the bars.
func TestTerminalResizedTwice(t *testing.T) {
	for ticks := range 2 * settled {
		for _, end := range []bool{false, true} {
			b := newBench("e", nil)
			b.Note("the first")
			b.Note("the second")
			m := b.Begin(client.Transfer{Verb: "push", Label: "lab/a", Size: 100})
			n := b.Begin(client.Transfer{Verb: "push", Label: "lab/b", Size: 100})
			b.err.resize(30)
			b.err.resize(80)
			b.err.told = 30
			for range min(ticks, settled) { // as long as tmux keeps it to itself
				b.tick()
			}
			if end {
				n.End(errors.New("no"))
				b.Note("the third")
			}
			b.err.told = 0
			for range ticks {
				b.tick()
			}
			if got := b.err.sees(); !strings.HasPrefix(got, "the first\nthe second\n") {
				t.Errorf("after %d ticks, end %v: %q", ticks, end, got)
			}
			m.End(errors.New("no"))
			n.End(errors.New("no"))
			if got := b.err.sees(); !strings.HasPrefix(got, "the first\nthe second\n") {
				t.Errorf("after %d ticks, end %v, at the end: %q", ticks, end, got)
			}
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	b := newBench("oe", nil)
	b.err.wrote = make(chan struct{}, 1e6)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			m := b.Begin(client.Transfer{Label: fmt.Sprint(i), Size: 100})
			for range 100 {
				m.Add(1)
			}
			b.Note("note")
			b.tick()
			fmt.Fprintln(b.Stdout(), "out")
			m.End(nil)
		})
	}
	group.Wait()
	if got := strings.Count(b.err.sees(), "100.0%"); got != 20 {
		t.Errorf("%d of 20 bars are left:\n%s", got, b.err.sees())
	}
}
