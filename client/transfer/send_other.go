//go:build !linux

package transfer

import (
	"errors"
	"net"
	"os"
)

// sendFile does nothing: what it saves is not worth a version for each system.
func sendFile(*net.TCPConn, *os.File, int64, int64) (int64, error) { return 0, errors.ErrUnsupported }
