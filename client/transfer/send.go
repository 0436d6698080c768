package transfer

import (
	"errors"
	"io"
	"net"
	"os"
)

// Section is a file from Off on, as the body of an upload: it can be read, and sent from the page
// cache as it is.
type Section struct {
	*os.File
	Off int64
}

// ReadAt reads from a place in the section.
func (s Section) ReadAt(p []byte, at int64) (int, error) { return s.File.ReadAt(p, s.Off+at) }

// SendAt sends n bytes from a place in the section and tells how many went. errors.ErrUnsupported
// says that the rest has to be read and written.
func (s Section) SendAt(to *net.TCPConn, at, n int64) (int64, error) {
	return sendFile(to, s.File, s.Off+at, n)
}

// Metered is r, with add told of each piece that is read or sent. Bytes that are read again,
// because they have to be sent again, are taken back first. For one reader at a time.
func Metered(r io.ReaderAt, add func(int64)) io.ReaderAt { return &metered{r: r, add: add} }

type metered struct {
	r   io.ReaderAt
	add func(int64)
	at  int64
}

func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.r.ReadAt(p, off)
	m.moved(off, int64(n))
	return n, err
}

// SendAt sends, if r can.
func (m *metered) SendAt(to *net.TCPConn, off, n int64) (int64, error) {
	s, ok := m.r.(interface {
		SendAt(to *net.TCPConn, off, n int64) (int64, error)
	})
	if !ok {
		return 0, errors.ErrUnsupported
	}
	sent, err := s.SendAt(to, off, n)
	m.moved(off, sent)
	return sent, err
}

func (m *metered) moved(off, n int64) {
	if off != m.at {
		m.add(off - m.at)
	}
	m.at = off + n
	m.add(n)
}
