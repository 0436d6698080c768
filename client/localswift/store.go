package localswift

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// store is the data directory: the index, the blobs, and the locks that let
// several processes share it.
//
//	index.db   the SQLite index
//	objects/   bodies
//	tmp/       bodies that are still arriving
//	key        the generated key, see loadKey
//	lock       held shared while the directory is in use; names the machine
//	open/      a file for each process that uses the directory; one that is
//	           there while nobody holds the lock was left by a crash
type store struct {
	*index
	blobs  blobs
	dir    string
	lock   *os.File
	opened string // our file in open/
}

// openStore opens the directory for use. The first process that finds it
// unused after a crash sweeps away the files no row names; while another
// process has it open nothing is swept, so that process's files are safe.
func openStore(dir string, sync bool) (_ *store, err error) {
	s := &store{dir: dir, blobs: blobs{dir: dir, sync: sync}}
	for _, d := range []string{"objects", "tmp", "open"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return nil, err
		}
	}
	alone, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.lock.Close()
		}
	}()
	if s.index, err = openIndex(dir, sync); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.index.close()
		}
	}()
	if alone {
		if err := s.recover(); err != nil {
			return nil, err
		}
	}
	s.opened = filepath.Join(dir, "open", newID())
	if err := os.WriteFile(s.opened, nil, 0o600); err != nil {
		return nil, err
	}
	if alone {
		if err := flock(s.lock, syscall.LOCK_SH); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// recover sweeps if the last users of the directory did not all close it.
func (s *store) recover() error {
	open := filepath.Join(s.dir, "open")
	var left []string
	if err := eachFile(open, func(name string) error {
		left = append(left, filepath.Join(open, name))
		return nil
	}); err != nil || len(left) == 0 {
		return err
	}
	if err := s.blobs.sweep(s.knows); err != nil {
		return err
	}
	for _, name := range left {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// acquire takes the directory's lock: alone if nobody has it, else shared. A
// directory that another machine has open (a home directory on NFS) is refused:
// SQLite's write-ahead log is only safe within one machine.
func (s *store) acquire() (alone bool, err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	host, err := os.Hostname()
	if err != nil {
		return false, err
	}
	s.lock = f
	err = flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		if err := f.Truncate(0); err != nil {
			return false, err
		}
		_, err := f.WriteAt([]byte(host), 0)
		return true, err
	}
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return false, fmt.Errorf("lock: %w", err)
	}
	if err := flock(f, syscall.LOCK_SH); err != nil {
		return false, fmt.Errorf("lock: %w", err)
	}
	holder, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return false, err
	}
	if string(holder) != host {
		return false, fmt.Errorf("in use on another machine (%s)", holder)
	}
	return false, nil
}

// flock is flock(2) that goes on when a signal interrupts it.
func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// knows tells whether a row names the blob.
func (s *store) knows(id string) (bool, error) {
	var one int
	err := s.read.QueryRow("SELECT 1 FROM blob WHERE id = ?", id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// close gives the directory back. With clean nothing is under way that could
// leave a file behind; else the next user of the directory looks for such.
func (s *store) close(clean bool) error {
	err := s.index.close()
	if err == nil && clean {
		err = os.Remove(s.opened)
	}
	return errors.Join(err, s.lock.Close())
}

// addRef counts one more row that names the blob.
func addRef(tx *sql.Tx, id string) error {
	if id == "" {
		return nil
	}
	_, err := tx.Exec("INSERT INTO blob (id, refs) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET refs = refs + 1", id)
	return err
}

// dropRef counts one less and tells whether it was the last.
func dropRef(tx *sql.Tx, id string) (last bool, err error) {
	if id == "" {
		return false, nil
	}
	var refs int64
	if err := tx.QueryRow("UPDATE blob SET refs = refs - 1 WHERE id = ? RETURNING refs", id).Scan(&refs); err != nil {
		return false, err
	}
	if refs > 0 {
		return false, nil
	}
	_, err = tx.Exec("DELETE FROM blob WHERE id = ?", id)
	return true, err
}

// background is the context of changes, which outlive the request that asked.
var background = context.Background()
