package client

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// NewEmbedded makes a client with a Swift endpoint of its own, inside this process, which keeps
// its objects below dir. No port is opened: connections go through memory.
//
// A dry run makes no folder: where there is none it looks at an empty one, which goes with Close.
func NewEmbedded(dir string, cfg Config) (*Client, error) {
	place, leave := dir, func() error { return nil }
	if _, err := os.Stat(dir); cfg.DryRun && dir != "" && errors.Is(err, fs.ErrNotExist) {
		empty, err := os.MkdirTemp("", "sregistry-shell-")
		if err != nil {
			return nil, fail("open", dir, err)
		}
		place, leave = empty, func() error { return os.RemoveAll(empty) }
	}
	server, err := localswift.Open(localswift.Options{Dir: place})
	if err != nil {
		return nil, fail("open", dir, errors.Join(err, leave()))
	}
	if err := server.Ready(); err != nil {
		return nil, fail("open", dir, errors.Join(err, server.Close(), leave()))
	}
	ln := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, ln) }()
	user := server.Users()[0]
	cfg.Settings = signin.Settings{User: user.Name, Key: user.Key, URL: "http://embedded", Folder: dir, Source: "embedded"}
	cfg.Dial = ln.dial
	c := New(cfg)
	c.closer = func() error {
		stop()
		return errors.Join(<-done, server.Close(), leave())
	}
	return c, nil
}

// pipeListener is a net.Listener whose connections are dialed within the process.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Accept waits for a dial.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and refuses dials.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is a name, for there is no address.
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "embedded" }
