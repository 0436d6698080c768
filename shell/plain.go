package shell

import (
	"bufio"
	"io"
	"strings"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/shell/screen"
)

// plainReader is a lineReader for what can do no more than show a prompt and give a line: a
// terminal that knows no escape sequences, and input that is no terminal. The terminal stays as it
// is, so Ctrl-C is a signal here too.
type plainReader struct {
	screen     *screen.Screen
	interrupts <-chan struct{}
	lines      chan string // closed at the end of input
	more       chan struct{}
	asked      bool // for a line that was not given yet
	closed     chan struct{}
	close      sync.Once
}

func newPlainReader(s *screen.Screen, interrupts <-chan struct{}) *plainReader {
	r := &plainReader{
		screen: s, interrupts: interrupts,
		lines: make(chan string), more: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	go r.read(bufio.NewReader(s.Input()))
	return r
}

// read takes a line off input only when one is asked for: what follows may be meant for a call.
func (r *plainReader) read(in *bufio.Reader) {
	defer close(r.lines)
	for {
		select {
		case <-r.more:
		case <-r.closed:
			return
		}
		line, err := in.ReadString('\n')
		if line == "" && err != nil {
			return
		}
		select {
		case r.lines <- strings.TrimRight(line, "\r\n"):
		case <-r.closed:
			return
		}
	}
}

func (r *plainReader) ReadLine(prompt string) (string, error) {
	if r.screen.Interactive() {
		io.WriteString(r.screen.Terminal(), prompt)
	}
	if !r.asked { // after an interrupt the line is still being read
		r.more <- struct{}{}
		r.asked = true
	}
	select {
	case line, ok := <-r.lines:
		r.asked = false
		if !ok {
			r.Close()
			return "", io.EOF
		}
		return line, nil
	case <-r.interrupts:
		if r.screen.Interactive() {
			io.WriteString(r.screen.Terminal(), "\n")
		}
		return "", errInterrupted
	case <-r.closed:
		return "", io.EOF
	}
}

func (r *plainReader) ask(prompt string) (string, error) { return r.ReadLine(prompt) }

func (r *plainReader) SetHistory([]string) {}

func (r *plainReader) Close() { r.close.Do(func() { close(r.closed) }) }

func (r *plainReader) isClosed() bool {
	select {
	case <-r.closed:
		return true
	default:
		return false
	}
}
