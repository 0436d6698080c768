package library

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// A file system without locks is told from one where somebody else holds the lock.
func TestLockable(t *testing.T) {
	path := write(t, t.TempDir()+"/db", "")
	for answer, want := range map[error]error{
		unix.ENOLCK: ErrLocked, unix.ENOSYS: ErrLocked, unix.EOPNOTSUPP: ErrLocked, unix.EINVAL: ErrLocked,
		unix.EAGAIN: nil, unix.EACCES: nil, nil: nil,
	} {
		err := probe(path, func(uintptr, int, *unix.Flock_t) error { return answer })
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%v: %v", answer, err)
		}
	}
	if err := lockable(path); err != nil {
		t.Errorf("here: %v", err)
	}
}
