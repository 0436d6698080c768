package transfer

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// free is how many bytes this user may still write to the file system of f.
func free(f *os.File) (int64, bool) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil || s.Blocks == 0 {
		return 0, false // some network file systems tell nothing
	}
	blocks, unit := s.Bavail, s.Frsize
	if os.Geteuid() == 0 {
		blocks = s.Bfree
	}
	if unit <= 0 {
		unit = s.Bsize
	}
	return int64(blocks) * unit, true
}

// allocate fails only for want of room: quotas count here, which free does not know.
func allocate(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT), errors.Is(err, unix.EFBIG):
			return err
		}
		return nil
	}
}

// flush begins to write n bytes from off to disk, so that Sync has less to wait for.
func flush(f *os.File, off, n int64) {
	unix.SyncFileRange(int(f.Fd()), off, n, unix.SYNC_FILE_RANGE_WRITE)
}
