package transfer

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// RoomError says that a file system has no room for a file. It is a syscall.ENOSPC to errors.Is.
type RoomError struct {
	Dir        string
	Need, Free int64 // bytes
}

// Error names how much is missing.
func (e *RoomError) Error() string {
	return fmt.Sprintf("no room in %s: %s are needed and %s are free, so %s are missing",
		e.Dir, Bytes(e.Need), Bytes(e.Free), Bytes(e.Need-e.Free))
}

// Unwrap makes it the error that a write would have met.
func (e *RoomError) Unwrap() error { return syscall.ENOSPC }

// Bytes writes a size for a person, in units of a thousand: "1.2 GB".
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	f, unit := float64(n), 0
	for ; f >= 999.5 && unit < 6; unit++ {
		f /= 1000
	}
	if f < 9.95 {
		return fmt.Sprintf("%.1f %cB", f, " kMGTPE"[unit])
	}
	return fmt.Sprintf("%.0f %cB", f, " kMGTPE"[unit])
}

// Room fails with *RoomError when the file system of the part has no room for what it still needs
// to hold size bytes. What cannot be found out is no error.
func (p *Part) Room(size int64) error {
	var at unix.Stat_t
	if err := unix.Fstat(int(p.Fd()), &at); err != nil {
		return nil
	}
	free, ok := free(p.File)
	need := size - int64(at.Blocks)*512
	if ok && need > free {
		return &RoomError{Dir: filepath.Dir(p.target), Need: need, Free: free}
	}
	return nil
}

// Allocate takes the room for size bytes, where that can be done, and makes the part that long.
func (p *Part) Allocate(size int64) error {
	if err := allocate(p.File, size); err != nil {
		return &os.PathError{Op: "allocate", Path: p.Name(), Err: err}
	}
	return p.Truncate(size)
}
