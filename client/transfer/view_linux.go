package transfer

import (
	"context"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// viewed is how much of a file is mapped at once. It counts as memory of this process.
const viewed = 2 << 20

// view gives n bytes from off of a file to v as they lie in the page cache, which spares a copy of
// each of them. It is for bytes that were written just now. It tells how many v got: where a file
// cannot be mapped, or is cut meanwhile, the rest has to be read.
func view(ctx context.Context, f *os.File, off, n int64, v *Verifier) (done int64) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	page := int64(os.Getpagesize())
	for done < n && ctx.Err() == nil {
		at := (off + done) / page * page
		lead := off + done - at
		k := min(n-done, viewed)
		var b []byte
		var failed error
		err := raw.Control(func(fd uintptr) {
			b, failed = unix.Mmap(int(fd), at, int(lead+k), unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
		})
		if err != nil || failed != nil {
			return done
		}
		ok := legible(b[lead:], v)
		unix.Munmap(b)
		if !ok {
			return done
		}
		done += k
	}
	return done
}

// legible gives mapped bytes to v. It is false, and v has none of them, when they cannot be read
// because the file ends before them or its disk fails: without a mapping that were an error of a
// read, with one it is a fault.
func legible(b []byte, v *Verifier) (ok bool) {
	restore := v.save()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			if _, fault := r.(interface{ Addr() uintptr }); !fault {
				panic(r)
			}
			restore()
			ok = false
		}
	}()
	v.Write(b)
	return true
}
