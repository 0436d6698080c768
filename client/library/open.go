package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // the driver
)

// Library is a library that is opened when it is needed first. Its methods may be called from any
// goroutine.
type Library struct {
	s Settings

	mu   sync.Mutex
	db   *sql.DB
	file os.FileInfo // of the database that db has open
}

// New is the library of these settings. It opens nothing.
func New(s Settings) *Library { return &Library{s: s} }

// Settings say where the library is.
func (l *Library) Settings() Settings { return l.s }

// Close closes the database, if it was opened.
func (l *Library) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.close()
}

func (l *Library) close() error {
	if l.db == nil {
		return nil
	}
	err := l.db.Close()
	l.db = nil
	return err
}

// errNone says that there is no database yet, which is an empty library.
var errNone = errors.New("no database")

// open gives the database, and makes it if somebody is about to write. The lock is held.
func (l *Library) open(ctx context.Context, write bool) (*sql.DB, error) {
	if !l.s.On() {
		if l.s.Off != "" {
			return nil, fmt.Errorf("%w: %s", ErrOff, l.s.Off)
		}
		return nil, ErrOff
	}
	info, err := os.Stat(l.s.Database)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !write:
		return nil, errNone
	case errors.Is(err, fs.ErrNotExist):
		if info, err = l.create(); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // SQLite would speak of memory
		return nil, fmt.Errorf("%s: %w: it is no file", l.s.Database, ErrForeign)
	}
	if l.db != nil && os.SameFile(info, l.file) {
		return l.db, nil
	}
	l.close() // somebody put another database there
	if err := lockable(l.s.Database); err != nil {
		return nil, err
	}
	v := url.Values{"_pragma": {fmt.Sprintf("busy_timeout(%d)", turn.Milliseconds()), "cache_size(-512)", "temp_store(2)"}, "mode": {"rw"}}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: l.s.Database}).EscapedPath(), RawQuery: v.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := l.patiently(ctx, func() error { return prepare(db, write) }); err != nil {
		db.Close()
		if errors.Is(err, ErrForeign) {
			err = fmt.Errorf("%s: %w; it was left as it is", l.s.Database, err)
		}
		return nil, explain(l.s.Database, err)
	}
	l.db, l.file = db, info
	return db, nil
}

// create makes an empty database with the rights that the umask and the folder give: SQLite's own
// would be 0644, and the journals that everybody writes have those of the database.
func (l *Library) create() (os.FileInfo, error) {
	if err := os.MkdirAll(filepath.Dir(l.s.Database), 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(l.s.Database, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// turn is how long SQLite waits by itself, before it is looked whether somebody gave up.
const turn = 200 * time.Millisecond

// patiently does what may have to wait for others, until that takes too long or ctx ends.
func (l *Library) patiently(ctx context.Context, work func() error) error {
	for deadline := time.Now().Add(l.s.wait()); ; {
		err := work()
		switch {
		case !busy(err):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case time.Now().After(deadline):
			return err
		}
	}
}

// querier is what asks a database, within a transaction or without.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// background is the context of statements: they are short, and a statement that a context ends
// leaves the connection in a state that nobody knows.
var background = context.Background()

// read asks the database. There may be none, and then work is not called.
func (l *Library) read(ctx context.Context, work func(querier) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	db, err := l.open(ctx, false)
	if errors.Is(err, errNone) {
		return nil
	}
	if err != nil {
		return err
	}
	err = l.patiently(ctx, func() error { return work(db) })
	return explain(l.s.Database, err)
}

// Writable fails where rows cannot be written: for want of rights, of locks, or of a database that
// is understood. It makes the database if there is none.
func (l *Library) Writable(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.open(ctx, true); err != nil {
		return err
	}
	for _, path := range []string{l.s.Database, filepath.Dir(l.s.Database)} { // the folder gets the journal
		if err := unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS); err != nil {
			return fmt.Errorf("%w: %w", ErrReadOnly, &fs.PathError{Op: "write", Path: path, Err: err})
		}
	}
	return nil
}

// write changes the database in one transaction. work may be called more than once.
func (l *Library) write(ctx context.Context, work func(querier) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	db, err := l.open(ctx, true)
	if err != nil {
		return err
	}
	err = l.patiently(ctx, func() error { return transact(db, work) })
	return explain(l.s.Database, err)
}

// transact begins by taking the lock for writing: a transaction that asks for it later can only
// give up when somebody else did the same.
func transact(db *sql.DB, work func(querier) error) error {
	c, err := db.Conn(background)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(background, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err = work(c); err == nil {
		if _, err = c.ExecContext(background, "COMMIT"); err == nil {
			return nil
		}
	}
	c.ExecContext(background, "ROLLBACK") // fails where SQLite undid it by itself
	return err
}
