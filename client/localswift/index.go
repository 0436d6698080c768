package localswift

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
	"syscall"

	"golang.org/x/sys/unix"
	"modernc.org/sqlite" // also the database driver of that name
)

// schema is the index. Names are compared byte by byte, as Swift sorts them.
// The object table is clustered by container and name, so a listing page is one
// range scan whatever the container's size. A blob's refs counts the object
// rows that name it: a server-side copy shares the file.
const schema = `
CREATE TABLE IF NOT EXISTS account (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE,
	created INTEGER NOT NULL,
	headers BLOB NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS container (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	account INTEGER NOT NULL,
	name TEXT NOT NULL,
	created INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	headers BLOB NOT NULL DEFAULT '',
	objects INTEGER NOT NULL DEFAULT 0,
	bytes INTEGER NOT NULL DEFAULT 0,
	UNIQUE (account, name));
CREATE INDEX IF NOT EXISTS container_name ON container (name);
CREATE TABLE IF NOT EXISTS object (
	container INTEGER NOT NULL,
	name TEXT NOT NULL,
	blob TEXT NOT NULL,
	size INTEGER NOT NULL,
	etag TEXT NOT NULL,
	type TEXT NOT NULL,
	changed INTEGER NOT NULL,
	slo INTEGER NOT NULL DEFAULT 0,
	total INTEGER NOT NULL DEFAULT 0,
	whole TEXT NOT NULL DEFAULT '',
	delete_at INTEGER NOT NULL DEFAULT 0,
	headers BLOB NOT NULL DEFAULT '',
	PRIMARY KEY (container, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS object_delete_at ON object (delete_at) WHERE delete_at > 0;
CREATE TABLE IF NOT EXISTS blob (
	id TEXT PRIMARY KEY,
	refs INTEGER NOT NULL) WITHOUT ROWID;
`

// schemaVersion is kept in the file's user_version.
const schemaVersion = 1

// index is the SQLite database: one connection that writes, a few that read.
type index struct {
	write *sql.DB
	read  reader

	queueMu sync.Mutex
	queue   []*pending
	commit  sync.Mutex
}

// pending is a change that waits for the next transaction.
type pending struct {
	change func(*sql.Tx) error
	done   bool
	err    error
}

// openIndex opens or creates the index in dir. With sync every commit is on
// disk before it returns.
func openIndex(dir string, sync bool) (*index, error) {
	level := "FULL"
	if !sync {
		level = "OFF"
	}
	dsn := func(lock string, extra ...string) string {
		v := url.Values{"_txlock": {lock}}
		for _, p := range append([]string{
			"busy_timeout(30000)", "journal_mode(WAL)", "synchronous(" + level + ")",
			"cache_size(-1024)", "temp_store(2)",
		}, extra...) {
			v.Add("_pragma", p)
		}
		u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.Join(dir, "index.db")}).EscapedPath(), RawQuery: v.Encode()}
		return u.String()
	}
	w, err := sql.Open("sqlite", dsn("immediate"))
	if err != nil {
		return nil, err
	}
	w.SetMaxOpenConns(1)
	r, err := sql.Open("sqlite", dsn("deferred", "query_only(1)"))
	if err != nil {
		w.Close()
		return nil, err
	}
	r.SetMaxOpenConns(4)
	r.SetMaxIdleConns(4)
	x := &index{write: w, read: reader{r}}
	if err := x.prepare(); err != nil {
		x.close()
		return nil, opening(err)
	}
	return x, nil
}

// prepare creates the tables of a new index and refuses one of a newer version.
func (x *index) prepare() error {
	var version int
	if err := x.write.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version == schemaVersion:
		return nil
	case version > schemaVersion:
		return fmt.Errorf("the index has version %d, this program knows up to %d", version, schemaVersion)
	}
	return x.update(func(tx *sql.Tx) error {
		if _, err := tx.Exec(schema); err != nil {
			return err
		}
		_, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", schemaVersion))
		return err
	})
}

func (x *index) close() error {
	return errors.Join(x.read.Close(), x.write.Close())
}

// update runs change in a transaction and returns once that is committed.
// Changes that arrive while a commit is under way share the next one, so that
// eight uploads at once do not wait for eight syncs in a row. A change that
// fails is undone alone. The transaction does not follow any request's context:
// a client that hangs up must not undo its neighbours' changes.
func (x *index) update(change func(*sql.Tx) error) error {
	p := &pending{change: change}
	x.queueMu.Lock()
	x.queue = append(x.queue, p)
	x.queueMu.Unlock()

	x.commit.Lock()
	defer x.commit.Unlock()
	if p.done {
		return p.err
	}
	x.queueMu.Lock()
	batch := x.queue
	x.queue = nil
	x.queueMu.Unlock()
	if err := x.run(batch); err != nil {
		for _, b := range batch {
			if b.err == nil {
				b.err = err
			}
		}
	}
	for _, b := range batch {
		b.done = true
	}
	return p.err
}

// run commits a batch in one transaction, each change within a savepoint.
func (x *index) run(batch []*pending) error {
	tx, err := x.write.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, b := range batch {
		if _, err := tx.Exec("SAVEPOINT one"); err != nil {
			return err
		}
		if b.err = b.try(tx); b.err != nil {
			if _, err := tx.Exec("ROLLBACK TO one"); err != nil {
				return err
			}
		}
		if _, err := tx.Exec("RELEASE one"); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		// A commit that fails can leave the transaction open, and there is
		// only this one connection; when it does not, this does nothing.
		x.write.Exec("ROLLBACK")
		return err
	}
	return nil
}

// try makes the change. A panic in it must not pass for success with those that
// share the transaction.
func (p *pending) try(tx *sql.Tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in a change: %v", v)
		}
	}()
	return p.change(tx)
}

// The result codes of SQLite that tell of a full disk or a quota, and of a file that is no index any
// more (https://www.sqlite.org/rescode.html).
const (
	sqliteCorrupt = 11
	sqliteFull    = 13
	sqliteNotADB  = 26

	sqliteIOWrite   = 10 | 3<<8
	sqliteIOShmSize = 10 | 19<<8
)

// unusable is why the index in dir cannot be opened for writing, as the file system says it: SQLite
// speaks of memory, or of a number.
func unusable(dir string) error {
	switch f, err := os.OpenFile(filepath.Join(dir, "index.db"), os.O_RDWR, 0); {
	case err == nil:
		f.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil { // its journal lies beside it
		return &fs.PathError{Op: "write", Path: dir, Err: err}
	}
	return nil
}

// indexFull tells whether the index could not grow.
func indexFull(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqliteFull || e.Code() == sqliteIOWrite || e.Code() == sqliteIOShmSize)
}

// ErrDamaged is a data directory whose index or key is not what it was.
var ErrDamaged = errors.New("it is damaged")

// opening says what an error means that kept the index from being opened.
func opening(err error) error {
	var e *sqlite.Error
	switch {
	case indexFull(err):
		return fmt.Errorf("the index: %w (%w)", syscall.ENOSPC, err)
	case errors.As(err, &e) && (e.Code()&0xff == sqliteCorrupt || e.Code()&0xff == sqliteNotADB):
		return fmt.Errorf("%w: index.db: %w", ErrDamaged, err)
	}
	return err
}

// querier is what reading needs: the reading pool, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// after returns the least string that is greater than every string that begins
// with prefix, and false when there is none.
func after(prefix string) (string, bool) {
	for n := len(prefix); n > 0; n-- {
		if last := prefix[n-1]; last < 0xff {
			return prefix[:n-1] + string([]byte{last + 1}), true
		}
	}
	return "", false
}
