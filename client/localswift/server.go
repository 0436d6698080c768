package localswift

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// stopPatience is how long a stopping server waits for running requests.
const stopPatience = 10 * time.Second

// Server is a Swift endpoint over one data directory.
type Server struct {
	opt    Options
	dir    string
	users  []User
	secret []byte // signs tokens

	mu     sync.Mutex
	store  *store
	closed bool

	tokens     sync.Map     // User.Name -> issued
	running    atomic.Int64 // requests under way
	generation atomic.Int64 // tokens of earlier ones are void
	trans      atomic.Int64
	manifests  manifestCache
	expired    atomic.Int64 // when expired objects were last removed, Unix seconds
}

// Open prepares an endpoint over o.Dir and opens no listener. It is cheap: the
// index is opened by the first request, or by Ready. An error names the
// directory.
func Open(o Options) (*Server, error) {
	s := &Server{opt: o}
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("data directory %s: %w", o.Dir, err)
	}
	return s, nil
}

func (s *Server) open() (err error) {
	o := &s.opt
	if o.Dir == "" {
		return errors.New("no directory given")
	}
	if s.dir, err = filepath.Abs(o.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenLife == 0 {
		o.TokenLife = 24 * time.Hour
	}
	if o.MaxObject == 0 {
		o.MaxObject = o.Personality.maxObject()
	}
	key, err := loadKey(s.dir)
	if err != nil {
		return err
	}
	s.secret = tokenSecret(key)
	s.users = slices.Clone(o.Users)
	if len(s.users) == 0 {
		s.users = []User{{Name: "local:local", Key: key, Admin: true}}
	}
	for i := range s.users {
		u := &s.users[i]
		account, _, ok := strings.Cut(u.Name, ":")
		if !ok || account == "" {
			return fmt.Errorf("user %q: the name must have the form account:user", u.Name)
		}
		if u.Account == "" {
			u.Account = "AUTH_" + account
		}
	}
	return nil
}

// Ready opens the index and, after a crash, clears away what was left half
// done. The first request does the same; call Ready to learn of an error early.
func (s *Server) Ready() error {
	_, err := s.data()
	return err
}

// errClosed says that the server was closed.
var errClosed = errors.New("closed")

// data returns the open store.
func (s *Server) data() (*store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store != nil {
		return s.store, nil
	}
	if s.closed {
		return nil, fmt.Errorf("data directory %s: %w", s.opt.Dir, errClosed)
	}
	st, err := openStore(s.dir, !s.opt.NoSync)
	if err != nil {
		if cause := unusable(s.dir); cause != nil {
			err = cause
		}
		return nil, fmt.Errorf("data directory %s: %w", s.opt.Dir, err)
	}
	s.store = st
	return st, nil
}

// Users returns those who may sign in, keys included.
func (s *Server) Users() []User { return slices.Clone(s.users) }

// Close gives the data directory back. Requests that still run fail.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.store == nil {
		return nil
	}
	err := s.store.close(s.running.Load() == 0)
	s.store = nil
	return err
}

// Serve answers requests on ln until ctx ends, then lets running requests
// finish for at most ten seconds and closes the rest. It returns nil after such
// a stop. It does not close the Server.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	h := &http.Server{
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.WithoutCancel(ctx), stoppingKey{}, (<-chan struct{})(ended))
		},
		Handler:           s.Handler(),
		ReadHeaderTimeout: time.Minute,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          quietLog,
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		close(ended)
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
		defer cancel()
		err := h.Shutdown(bound)
		if err != nil {
			err = h.Close()
		}
		stopped <- err
	}()
	if err := h.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// stoppingKey is for the channel of a request's context that closes when the
// server begins to stop.
type stoppingKey struct{}

// stopping is that channel; nil, which never closes, outside Serve.
func stopping(ctx context.Context) <-chan struct{} {
	ch, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return ch
}

// StorageURL is the storage URL a user is given who reaches the server at base,
// such as "http://127.0.0.1:8080"; "" if there is no such user.
func (s *Server) StorageURL(base, user string) string {
	for i := range s.users {
		if s.users[i].Name == user {
			return base + s.opt.Personality.storagePath(&s.users[i])
		}
	}
	return ""
}

// IsLoopback tells whether a listener at addr ("127.0.0.1:8080") can be reached
// from this machine only. An empty host means every interface.
func IsLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	if host == "localhost" {
		return true
	}
	if h, _, ok := strings.Cut(host, "%"); ok {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}
