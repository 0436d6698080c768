package store

import (
	"errors"
	"net"
)

// isDial tells whether a connection could not even be made, to the server or to the proxy before it.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}
