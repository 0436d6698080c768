package store

import (
	"errors"
	"io"
	"net"
	"sync"
)

// Sender is the body of an upload that can go to a connection within the kernel, as sendfile does
// it: bytes that are in the page cache are not copied into this process and out of it again, which
// is most of what an upload costs beside its hashes. Without TLS, that is.
type Sender interface {
	io.ReaderAt
	// SendAt sends n bytes from off and tells how many went; fewer with an error.
	// errors.ErrUnsupported says that the rest has to be read.
	SendAt(to *net.TCPConn, off, n int64) (int64, error)
}

// sender is what the bodies of this package are made of; each passes on to the next what it does
// not do itself.
type sender interface {
	send(to *net.TCPConn, n int64) (int64, error)
}

// send lets a body send its next n bytes, or says that it cannot.
func send(body io.Reader, to *net.TCPConn, n int64) (int64, error) {
	if s, ok := body.(sender); ok {
		return s.send(to, n)
	}
	return 0, errors.ErrUnsupported
}

// piece is how much is sent at once: little enough that a slow connection moves a piece before
// Stall takes it for one that stands still.
const piece = 256 << 10

var pieces = sync.Pool{New: func() any { return new([piece]byte) }}

// conn is a connection to which a request's body sends itself, if it can. net/http hands a body to
// the ReadFrom of its connection.
type conn struct{ *net.TCPConn }

// ReadFrom sends all of r.
func (c conn) ReadFrom(r io.Reader) (sent int64, err error) {
	if l, ok := r.(*io.LimitedReader); ok {
		for l.N > 0 {
			n, err := send(l.R, c.TCPConn, min(l.N, piece))
			sent, l.N = sent+n, l.N-n
			if errors.Is(err, errors.ErrUnsupported) {
				break
			}
			if err != nil {
				return sent, err
			}
		}
	}
	buf := pieces.Get().(*[piece]byte)
	defer pieces.Put(buf)
	n, err := io.CopyBuffer(struct{ io.Writer }{c.TCPConn}, r, buf[:])
	return sent + n, err
}
