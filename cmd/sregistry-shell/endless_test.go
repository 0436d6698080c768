package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A listing without end is gone through in flat memory, and ends with the time that is left or by
// Ctrl-C; a list that holds it all ends with an error before the memory does.
func TestEndlessListing(t *testing.T) {
	v := newVictim(t)
	var page atomic.Int64
	asked := make(chan struct{}, 1) // has a value when a page was asked for
	v.h.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1/a/lab" || r.Method != http.MethodGet {
			return false
		}
		entries := make([]map[string]any, 1000)
		n := page.Add(1)
		select {
		case asked <- struct{}{}:
		default:
		}
		for i := range entries {
			entries[i] = map[string]any{"name": fmt.Sprintf("x%012d-v1.sif", n*1000+int64(i)), "bytes": 1, "hash": strings.Repeat("0", 32), "content_type": "x/y"}
		}
		json.NewEncoder(w).Encode(entries)
		return true
	})
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(v.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("each.lua", `local n = 0 for i in client.each("lab/") do n = n + 1 end`)
	write("list.lua", `client.list("lab/")`)
	for _, c := range []struct {
		args   []string
		env    string
		stop   time.Duration // SIGINT so long after the first page was asked for
		status int
		says   string
		most   int64 // MiB; 0: not looked at
	}{
		{[]string{"--timeout=1s", "run", "each.lua"}, "", 0, 5, "not done within", 150},
		{[]string{"run", "each.lua"}, "", time.Second, 130, "", 150},
		{[]string{"--timeout=0.5s", "search", "lab/"}, "", 0, 5, "not done within", 0},
		{[]string{"list", "lab/"}, "", time.Second, 130, "", 0},
		{[]string{"--timeout=0.5s", "search"}, "", 0, 5, "not done within", 0},
		{[]string{"run", "list.lua"}, "SREGISTRY_MEMORY=48M", 0, 1, "out of memory: a program may hold 48 MiB", 0},
	} {
		page.Store(0)
		cmd := exec.CommandContext(t.Context(), "sregistry-shell", c.args...)
		cmd.Dir = v.dir
		cmd.Env = append(os.Environ(), "HOME="+filepath.Join(v.dir, "home"), "SREGISTRY_DISABLE_CREDENTIAL_CACHE=1", "SREGISTRY_SWIFT_USER=u",
			"SREGISTRY_SWIFT_TOKEN=geheim-key", "SREGISTRY_SWIFT_URL="+v.h.URL, c.env)
		var both bytes.Buffer
		cmd.Stdout, cmd.Stderr = &both, &both
		select {
		case <-asked: // by the one before
		default:
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			cmd.Wait()
			close(ended)
		}()
		signalled := time.Now()
		if c.stop > 0 {
			select { // then one that began slowly takes the signal, too
			case <-asked:
			case <-ended:
			}
			timer := time.AfterFunc(c.stop, func() { cmd.Process.Signal(os.Interrupt) })
			defer timer.Stop()
			signalled = time.Now().Add(c.stop)
		}
		<-ended
		if status := cmd.ProcessState.ExitCode(); status != c.status || !strings.Contains(both.String(), c.says) {
			t.Errorf("%q exits %d, want %d: %.500s", c.args, status, c.status, both.String())
		}
		if took := time.Since(signalled); took > 20*time.Second {
			t.Errorf("%q takes %v", c.args, took)
		}
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if c.most > 0 && !raceDetector && runtime.GOOS == "linux" && // elsewhere it is in bytes
			usage.Maxrss>>10 > c.most {
			t.Errorf("%q holds %d MiB behind %d pages", c.args, usage.Maxrss>>10, page.Load())
		}
		t.Logf("%q: status %d, %d pages, %d MiB", c.args, cmd.ProcessState.ExitCode(), page.Load(), usage.Maxrss>>10)
	}
}

// Output that nobody reads ends with the first signal, though nothing interrupts a write.
func TestOutputThatNobodyReads(t *testing.T) {
	dir := t.TempDir()
	image := filepath.Join(dir, "a.sif")
	if err := os.WriteFile(image, make([]byte, 1<<20), 0o644); err != nil { // more than fits into a pipe
		t.Fatal(err)
	}
	run := func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "sregistry-shell", append([]string{"--embedded=" + filepath.Join(dir, "store")}, args...)...)
		cmd.Env = append(os.Environ(), "HOME="+dir)
		return cmd
	}
	if out, err := run(t.Context(), "push", "--name", "lab/a", image).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, args := range [][]string{{"-e", `print(("x"):rep(2^20))`}, {"pull", "--name", "-", "lab/a"}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := run(ctx, args...)
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			cmd.Stdout = w
			// One byte, so that no write ends where the pipe is full: it waits in the middle of one.
			if _, err := w.Write([]byte{0}); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for room := 1; room > 0 && ctx.Err() == nil; runtime.Gosched() {
				n, err := unix.Poll([]unix.PollFd{{Fd: int32(w.Fd()), Events: unix.POLLOUT}}, 0)
				if err == nil {
					room = n
				} else if err != unix.EINTR {
					t.Fatal(err)
				}
			}
			cmd.Process.Signal(os.Interrupt)
			cmd.Wait()
			// Killed by the signal, or ended by the context if it came between two writes after all.
			if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGINT && status.ExitStatus() != 130 {
				t.Errorf("it ends with %v", cmd.ProcessState)
			}
		})
	}
}
