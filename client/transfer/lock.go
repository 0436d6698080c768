package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Lock is held by one of all processes that want to do the same work. It is a matter of economy:
// where locks do not work, everybody does the work, and nobody's files get mixed up.
//
// It is a flock on a file that is removed when the work is done. Whoever waited has the removed
// file open still, and finds in it what the holder left. A holder that dies leaves the file, and
// the lock to the next one.
type Lock struct {
	f    *os.File
	path string
}

// ErrNoLocks says that nothing can be locked there: a file system that cannot, a folder or a lock
// file of somebody else.
var ErrNoLocks = errors.New("files cannot be locked there")

// recordSize bounds what a holder leaves, in bytes.
const recordSize = 8 << 10

// Acquire waits for the lock, and calls waiting once if it has to. When somebody else finished
// meanwhile and left a record, it returns that instead, and no lock. It fails with ErrNoLocks, or
// when the context ends.
func Acquire(ctx context.Context, path string, waiting func()) (lock *Lock, record string, err error) {
	told := false
	once := func() {
		if !told {
			told = true
			waiting()
		}
	}
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, "", fmt.Errorf("%w: %w", ErrNoLocks, err)
		}
		held, err := hold(ctx, f, path, once)
		if err != nil {
			f.Close()
			return nil, "", err
		}
		if held {
			if foreign(f) {
				f.Close()
				return nil, "", fmt.Errorf("%w: %s holds something else", ErrNoLocks, path)
			}
			f.Truncate(0) // what a holder left who died before the name was gone
			return &Lock{f, path}, "", nil
		}
		record, ok := read(f)
		f.Close()
		if ok {
			return nil, record, nil
		}
	}
}

// hold waits until f is locked, or no longer the file of that name because its holder is done.
func hold(ctx context.Context, f *os.File, path string, waiting func()) (bool, error) {
	for wait := 4 * time.Millisecond; ; wait = min(2*wait, 250*time.Millisecond) {
		err := flock(f)
		switch {
		case err != nil && !errors.Is(err, unix.EWOULDBLOCK):
			return false, fmt.Errorf("%w: %w", ErrNoLocks, err)
		case !named(f, path):
			return false, nil
		case err == nil:
			return true, nil
		}
		waiting()
		timer := time.NewTimer(wait/2 + rand.N(wait/2))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, context.Cause(ctx)
		}
	}
}

// flock takes the lock of an open file, or fails with EWOULDBLOCK at once. It ends with the file.
func flock(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// named tells whether f is the file of that name.
func named(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(open, there)
}

// foreign tells whether a lock file holds what no lock of ours leaves: a user's own file.
func foreign(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err != nil
	}
	_, ours := read(f)
	return !ours
}

func read(f *os.File) (record string, ok bool) {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, recordSize))
	if err != nil {
		return "", false
	}
	record, _, ok = unseal(b)
	return record, ok
}

// Release gives the lock up and leaves a record, one line, to those who wait; an empty one is
// none, and the next of them gets the lock.
func (l *Lock) Release(record string) {
	if record != "" {
		line := sealed(record)
		if _, err := l.f.WriteAt(line, 0); err == nil {
			l.f.Truncate(int64(len(line)))
		}
	}
	if named(l.f, l.path) {
		os.Remove(l.path)
	}
	l.f.Close()
}
