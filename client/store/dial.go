package store

import (
	"errors"
	"net"
)

// isDial tells whether a connection could not even be made.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
