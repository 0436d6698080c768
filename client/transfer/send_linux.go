package transfer

import (
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// sendFile is sendfile(2). The place is given with each call, so that any number of connections
// can be sent from one open file. What goes wrong on the file's side is left to a read to find out.
func sendFile(to *net.TCPConn, f *os.File, off, n int64) (sent int64, err error) {
	out, err := to.SyscallConn()
	if err != nil {
		return 0, errors.ErrUnsupported
	}
	in, err := f.SyscallConn()
	if err != nil {
		return 0, errors.ErrUnsupported
	}
	var failed error
	waited := out.Write(func(socket uintptr) bool {
		for sent < n {
			var k int
			// Control keeps the file open meanwhile, and unlike Read lets others in.
			if err := in.Control(func(file uintptr) {
				k, failed = unix.Sendfile(int(socket), int(file), &off, int(n-sent))
			}); err != nil {
				failed = err
				return true
			}
			switch {
			case errors.Is(failed, unix.EINTR):
				continue
			case errors.Is(failed, unix.EAGAIN):
				failed = nil
				return false
			case failed != nil:
				return true
			case k <= 0:
				failed = errors.ErrUnsupported // the file ends here
				return true
			}
			sent += int64(k)
		}
		return true
	})
	switch {
	case waited != nil:
		return sent, waited
	case failed == nil, errors.Is(failed, unix.EPIPE), errors.Is(failed, unix.ECONNRESET), errors.Is(failed, unix.ETIMEDOUT):
		return sent, failed
	}
	return sent, errors.ErrUnsupported
}
