//go:build linux

package shell

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// person sits at a pseudo-terminal: types, and reads what is there.
type person struct {
	t      *testing.T
	master *os.File
	tty    *os.File // the side that the shell has

	mu     sync.Mutex
	seen   strings.Builder
	read   int           // how much of it expect has gone by
	news   chan struct{} // a value when there is more
	hungUp bool
}

// swiftToken is what the tokens of the embedded endpoint look like.
var swiftToken = regexp.MustCompile(`AUTH_tk[0-9a-f]{8}`)

// discreet fails when a token came to the terminal.
func (p *person) discreet() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if swiftToken.MatchString(p.seen.String()) {
		p.t.Error("a token came to the terminal")
	}
}

func newPerson(t *testing.T, columns int) *person {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	// So that Close ends a Read.
	if err := unix.SetNonblock(int(master.Fd()), true); err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, master: master, tty: tty, news: make(chan struct{}, 1)}
	t.Cleanup(p.discreet)
	if columns > 0 {
		p.resize(columns)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 4096)
		for {
			n, err := master.Read(buffer)
			p.mu.Lock()
			p.seen.Write(buffer[:n])
			p.mu.Unlock()
			select {
			case p.news <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		tty.Close()
		p.hangUp()
		<-done
	})
	return p
}

func (p *person) resize(columns int) {
	err := unix.IoctlSetWinsize(int(p.tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) types(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// hangUp closes the terminal.
func (p *person) hangUp() {
	if !p.hungUp {
		p.hungUp = true
		p.master.Close()
	}
}

// expect waits until the text comes, and gives all that came since the last expect.
func (p *person) expect(want string) string {
	p.t.Helper()
	late := time.After(time.Minute) // of a busy machine
	for {
		p.mu.Lock()
		since := p.seen.String()[p.read:]
		if i := strings.Index(since, want); i >= 0 {
			p.read += i + len(want)
			p.mu.Unlock()
			return since[:i+len(want)]
		}
		p.mu.Unlock()
		select {
		case <-p.news:
		case <-late:
			p.t.Fatalf("%q did not come; on the terminal:\n%q", want, since)
		}
	}
}

// all is everything that came.
func (p *person) all() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// sane tells whether the terminal is as a shell leaves it to a program: lines, echo, signals.
func (p *person) sane() bool {
	state, err := unix.IoctlGetTermios(int(p.tty.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	const all = unix.ICANON | unix.ECHO | unix.ISIG
	return state.Lflag&all == all && state.Iflag&unix.ICRNL != 0
}
