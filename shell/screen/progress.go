package screen

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

const (
	redrawEvery = 100 * time.Millisecond
	plainEvery  = 10 * time.Second
	barCells    = 35 // as sregistry drew it
	mostLines   = 8  // of running transfers shown at once
	rateOver    = 5 * time.Second

	// settled is how many ticks a new width must hold before it is believed that the terminal has it:
	// tmux tells its programs of a second change up to 250 ms after it made it.
	settled = 3
)

// meter is one running transfer. All but done is guarded by the screen's lock.
type meter struct {
	s       *Screen
	t       client.Transfer
	started time.Time
	many    bool // others ran beside it, so its lines say what it moves
	ended   bool

	done atomic.Int64

	// The rate: bytes a second, a moving average over rateOver.
	rate   float64
	at     time.Time
	before int64
}

// Begin shows a transfer from now on, unless progress is off.
func (s *Screen) Begin(t client.Transfer) client.Meter {
	now := s.opts.Clock.Now()
	m := &meter{s: s, t: t, started: now, at: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = append(s.running, m)
	if len(s.running) > 1 {
		for _, each := range s.running {
			each.many = true
		}
	}
	if len(s.running) == 1 {
		s.startTicker()
	}
	s.erase()
	s.draw()
	return m
}

// Add counts bytes; the screen looks when it draws.
func (m *meter) Add(n int64) { m.done.Add(n) }

// End takes the transfer's line away, and leaves a full bar when it is done. A second End does
// nothing.
func (m *meter) End(err error) {
	s := m.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.ended {
		return
	}
	m.ended = true
	s.erase()
	for i, each := range s.running {
		if each == m {
			s.running = append(s.running[:i], s.running[i+1:]...)
			break
		}
	}
	if len(s.running) == 0 && s.stop != nil {
		s.stop()
		s.stop = nil
	}
	s.count(m, err)
	if err == nil && m.t.Verb != "hash" {
		switch s.progress() {
		case ProgressAuto:
			line := "Progress |" + strings.Repeat("=", barCells) + "| 100.0%"
			if m.many {
				line += "  " + Safe(m.t.Label)
			}
			s.say(line + "\n")
			return
		case ProgressPlain:
			took := s.opts.Clock.Now().Sub(m.started)
			s.say(fmt.Sprintf("%s %s: done, %s in %s\n", m.t.Verb, Safe(m.t.Label), Size(max(m.t.Size, m.done.Load())), clockTime(took)))
			return
		}
	}
	s.draw()
}

// count adds a transfer that ended to what the transfers beside it have moved; s.mu is held.
func (s *Screen) count(m *meter, err error) {
	switch {
	case len(s.running) == 0:
		s.moved, s.size = 0, 0
	case m.t.Verb != "hash" && err == nil:
		s.moved += m.done.Load()
		s.size += max(m.t.Size, m.done.Load())
	}
}

// sum is the line under several transfers: what all of them have moved, also those that ended
// while others ran; s.mu is held.
func (s *Screen) sum(columns int) string {
	all := meter{t: client.Transfer{Size: s.size}}
	moved := s.moved
	for _, m := range s.running {
		if m.t.Verb == "hash" {
			continue
		}
		moved += m.done.Load()
		all.rate += m.rate
		all.t.Size += max(m.t.Size, m.done.Load())
	}
	all.done.Store(moved)
	text := fmt.Sprintf("In all   %s of %s", Size(max(0, moved)), Size(all.t.Size))
	return cut(text+all.speed("  "), columns-1)
}

// progress is the mode that holds.
func (s *Screen) progress() string {
	switch {
	case s.opts.Quiet:
		return ProgressNone
	case s.opts.Progress == ProgressAuto && !s.errTerm:
		return ProgressNone
	case s.opts.Progress == ProgressPlain && s.opts.JSON:
		return ProgressNone
	}
	return s.opts.Progress
}

// startTicker runs while transfers run; s.mu is held.
func (s *Screen) startTicker() {
	every := redrawEvery
	switch s.progress() {
	case ProgressNone:
		return
	case ProgressPlain:
		every = plainEvery
	}
	ticks, stopTicks := s.opts.Clock.Tick(every)
	quit := make(chan struct{})
	s.stop = func() {
		stopTicks()
		close(quit)
	}
	go func() {
		for {
			select {
			case <-quit:
				return
			case <-ticks:
				s.tick()
			}
		}
	}()
}

func (s *Screen) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Clock.Now()
	for _, m := range s.running {
		m.measure(now)
	}
	if s.progress() == ProgressPlain {
		for _, m := range s.running {
			s.say(m.plain())
		}
		return
	}
	if columns := s.widthOf(s.opts.Err); columns != s.columns {
		s.columns, s.steady = columns, 0
	} else {
		s.steady++
	}
	s.draw()
}

// measure brings the rate up to date.
func (m *meter) measure(now time.Time) {
	passed := now.Sub(m.at)
	if passed <= 0 {
		return
	}
	done := m.done.Load()
	current := max(0, float64(done-m.before)/passed.Seconds())
	if m.rate == 0 {
		m.rate = current
	} else {
		weight := 1 - math.Exp(-float64(passed)/float64(rateOver))
		m.rate += weight * (current - m.rate)
	}
	m.at, m.before = now, done
}

// fraction is how much is done: less than 1 until End says so.
func (m *meter) fraction() float64 {
	if m.t.Size <= 0 {
		return 0
	}
	return min(max(0, float64(m.done.Load())/float64(m.t.Size)), 0.999)
}

// speed is the rate and the time left, as far as they are known.
func (m *meter) speed(between string) string {
	if m.rate <= 0 {
		return ""
	}
	text := between + Size(int64(m.rate)) + "/s"
	if left := m.t.Size - m.done.Load(); m.t.Size > 0 && left > 0 {
		if seconds := float64(left) / m.rate; seconds < 1e6 {
			text += between + clockTime(time.Duration(seconds*float64(time.Second))) + " left"
		}
	}
	return text
}

// line is the transfer as it is drawn on a terminal of that many columns.
func (m *meter) line(columns int) string {
	title := "Progress"
	if m.t.Verb == "hash" {
		title = "Hashing "
	}
	var text string
	if m.t.Size < 0 {
		text = title + " " + Size(max(0, m.done.Load()))
	} else {
		bar := min(barCells, max(5, columns-24))
		full := int(m.fraction() * float64(bar))
		text = fmt.Sprintf("%s |%s%s| %5.1f%%", title, strings.Repeat("=", full), strings.Repeat("-", bar-full), math.Floor(m.fraction()*1000)/10)
	}
	text += m.speed("  ")
	if m.many {
		text += "  " + Safe(m.t.Label)
	}
	return cut(text, columns-1)
}

func (m *meter) plain() string {
	text := fmt.Sprintf("%s %s: %s", m.t.Verb, Safe(m.t.Label), Size(max(0, m.done.Load())))
	if m.t.Size > 0 {
		text += fmt.Sprintf(" of %s, %.1f%%", Size(m.t.Size), math.Floor(m.fraction()*1000)/10)
	}
	return text + m.speed(", ") + "\n"
}

// draw shows the running transfers at the bottom of the terminal, over those that are there
// already; s.mu is held.
func (s *Screen) draw() {
	if s.held || s.partial || len(s.running) == 0 || s.progress() != ProgressAuto {
		return
	}
	columns := s.widthOf(s.opts.Err)
	if len(s.drawn) > 0 && columns != s.drawnAt && !s.isSettled(columns) {
		return // nobody knows how many rows the lines take now
	}
	if s.plainTerm {
		// A terminal without escape sequences can only take back the line it is in.
		line := s.running[0].line(columns)
		if n := len(s.running); n > 1 {
			line = cut(fmt.Sprintf("%s (and %d more)", s.running[0].line(columns-16), n-1), columns-1)
		}
		io.WriteString(s.opts.Err, "\r"+pad(line, s.width))
		s.drawn, s.drawnAt, s.width = []int{0}, columns, textCells(line)
		return
	}
	var lines []string
	for i, m := range s.running {
		if i == mostLines-1 && len(s.running) > mostLines {
			lines = append(lines, fmt.Sprintf("... and %d more", len(s.running)-i))
			break
		}
		lines = append(lines, m.line(columns))
	}
	if len(lines) > 1 {
		lines = append(lines, s.sum(columns))
	}
	var b strings.Builder
	b.WriteString(s.top())
	before := s.rows()
	s.drawn, s.drawnAt = nil, columns
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(line + "\x1b[K")
		s.drawn = append(s.drawn, textCells(line))
	}
	if len(lines) < before {
		b.WriteString("\x1b[J")
	}
	io.WriteString(s.opts.Err, b.String())
}

// erase takes the progress lines off the terminal; s.mu is held.
func (s *Screen) erase() {
	if len(s.drawn) == 0 {
		return
	}
	if s.plainTerm {
		io.WriteString(s.opts.Err, "\r"+strings.Repeat(" ", s.width)+"\r")
	} else {
		io.WriteString(s.opts.Err, s.top()+"\x1b[J")
	}
	s.drawn, s.width = nil, 0
}

// top is the way to the beginning of the progress lines.
func (s *Screen) top() string {
	if rows := s.rows(); rows > 1 {
		return fmt.Sprintf("\r\x1b[%dA", rows-1)
	}
	return "\r"
}

// isSettled tells whether the terminal has been that wide for long enough.
func (s *Screen) isSettled(columns int) bool { return columns == s.columns && s.steady >= settled }

// rows is how many rows the progress lines take: a terminal that became narrower has broken them. Until
// that is sure they are counted as what they were, for a remainder of a bar on the terminal is better than
// to take away a line above it, which is somebody's.
func (s *Screen) rows() int {
	rows, columns := 0, s.widthOf(s.opts.Err)
	if !s.isSettled(columns) {
		columns = max(columns, s.drawnAt)
	}
	for _, cells := range s.drawn {
		rows += 1 + max(0, cells-1)/columns
	}
	return rows
}
