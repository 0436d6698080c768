package memory

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// narrow is set in the process whose address space becomes narrow.
const narrow = "MEMORY_TEST_NARROW"

// What was left of the address space at the start is taken by threads and maps: a program is stopped before the
// process, though it is below the limit of that time.
func TestNarrowSpace(t *testing.T) {
	if os.Getenv(narrow) != "" {
		grow(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNarrowSpace$", "-test.v")
	cmd.Env = append(os.Environ(), narrow+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		text := string(out)
		t.Fatalf("%v\n%s", err, text[:min(len(text), 2000)])
	}
	if !strings.Contains(string(out), "stopped at") {
		t.Fatalf("was not stopped:\n%s", out)
	}
}

func grow(t *testing.T) {
	const room, taken = 800 << 20, 650 << 20
	most := uint64(mapped(0) + room)
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: most, Max: most}); err != nil {
		t.Fatal(err)
	}
	before := fitting()
	if _, err := unix.Mmap(-1, 0, taken, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON); err != nil {
		t.Fatal(err)
	}
	var over *Error
	w := &watch{fits: true, over: func(e *Error) { over = e }, timer: time.AfterFunc(time.Hour, func() {})}
	defer w.stop()
	var kept [][]byte
	for held() < before {
		kept = append(kept, make([]byte, 4<<20))
		if w.look(); over != nil {
			t.Logf("stopped at %d of %d MiB, with %d MiB kept", held()>>20, before>>20, len(kept)*4)
			return
		}
	}
	t.Errorf("holds %d MiB and was not stopped", len(kept)*4)
}
