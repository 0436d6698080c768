package library

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// probed remembers which databases of this process can be locked. Each is tried once, and before
// SQLite has it open: whoever closes a file gives up all locks that the process has on it.
var probed sync.Map // path to func() error

// lockable fails with ErrLocked where the file system has no locks of the kind that SQLite needs.
// SQLite itself takes some of these for a lock that somebody else holds, and waits for nothing.
func lockable(path string) error {
	probe, _ := probed.LoadOrStore(path, sync.OnceValue(func() error { return probe(path, unix.FcntlFlock) }))
	return probe.(func() error)()
}

func probe(path string, lock func(fd uintptr, cmd int, lk *unix.Flock_t) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = lock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_RDLCK, Len: 1})
	for _, without := range []error{unix.ENOLCK, unix.ENOSYS, unix.ENOTSUP, unix.EOPNOTSUPP, unix.EINVAL} {
		if errors.Is(err, without) {
			return fmt.Errorf("%w: %s: its file system has no locks (%w)", ErrLocked, path, err)
		}
	}
	return nil // locked, or held by somebody
}
