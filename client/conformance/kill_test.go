package conformance

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// repeatedly calls look until stop is called, which tells how often that was. look must hold each
// time.
func repeatedly(look func()) (stop func() int) {
	done, times := make(chan struct{}), 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			look()
			times++
			select {
			case <-done:
				return
			default:
			}
		}
	})
	return func() int { close(done); wg.Wait(); return times }
}

// reads pulls an image again and again: at any moment it is one of these files.
func (x *target) reads(rest string, files ...string) (stop func() int) {
	out := filepath.Join(x.TempDir(), "read")
	c := x.connect(client.Config{})
	var whole []string
	for _, f := range files {
		whole = append(whole, x.read(f))
	}
	return repeatedly(func() {
		if _, err := c.Pull(x.Context(), client.PullRequest{Image: x.name(rest), File: out, Force: true}); err != nil {
			x.Errorf("it cannot be read meanwhile: %v", err)
			return
		}
		got := x.read(out)
		for _, w := range whole {
			if got == w {
				return
			}
		}
		x.Errorf("%d bytes were read that are neither of the images", len(got))
	})
}

// pulled is the image's bytes.
func (x *target) pulled(rest string) string {
	x.Helper()
	out := x.dir + "/pulled"
	defer os.Remove(out)
	if _, err := x.client.Pull(x.Context(), client.PullRequest{Image: x.name(rest), File: out, Force: true}); err != nil {
		x.Fatal(err)
	}
	return x.read(out)
}

// watches opens a file again and again: at any moment it is whole, one of these contents, which
// have different lengths.
func (x *target) watches(path string, contents ...string) (stop func() int) {
	piece := make([]byte, 4096)
	return repeatedly(func() {
		f, err := os.Open(path)
		if err != nil {
			x.Errorf("the file is not there: %v", err)
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			x.Error(err)
			return
		}
		for _, c := range contents {
			if int64(len(c)) == info.Size() {
				off := rand.IntN(len(c) - len(piece))
				if _, err := f.ReadAt(piece, int64(off)); err != nil || string(piece) != c[off:off+len(piece)] {
					x.Errorf("other bytes at %d of %d: %v", off, len(c), err)
				}
				return
			}
		}
		x.Errorf("a file of %d bytes is to be seen", info.Size())
	})
}

// haves counts the ranges that the journal of a pull into a folder says are there.
func (x *target) haves(dir string) int {
	x.Helper()
	journals, err := filepath.Glob(filepath.Join(dir, "*.part.journal"))
	if err != nil || len(journals) > 1 {
		x.Fatalf("the journals are %v, %v", journals, err)
	}
	have := map[string]bool{}
	for _, journal := range journals {
		for line := range strings.Lines(x.read(journal)) {
			if f := strings.Fields(line); len(f) == 4 && f[1] == "have" && strings.HasSuffix(line, "\n") {
				have[f[2]] = true
			}
		}
	}
	return len(have)
}

// TestKillPull kills pulls over an older file with SIGKILL at random moments. The older file is
// there and whole until the new one is in its place; another pull brings that, and fetches no range
// that was there. CONFORMANCE_KILLS and CONFORMANCE_SEED are as for pushes.
func TestKillPull(t *testing.T) {
	if repeated() {
		return
	}
	x := on(t)
	k := x.killed("pull", 3, 2)
	source := x.file("a.sif", bigSize)
	x.push(source, "a")
	fresh, old := x.read(source), strings.Repeat("the older file", 10000)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	k.unharmed(filepath.Join(t.TempDir(), "first"), "a")
	for range k.kills {
		if err := os.WriteFile(file, []byte(old), 0o644); err != nil {
			t.Fatal(err)
		}
		seen := x.watches(file, old, fresh)
		at, dead := k.kill(file, "a")
		complete, kept := x.read(file) == fresh, x.haves(dir)
		if kept > 0 && !complete {
			k.middle++
		}
		x.report.take()
		if _, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("a"), File: file, Force: true}); err != nil {
			t.Error(err)
		}
		times := seen()
		_, _, requests, _ := x.report.take()
		fetched := ranges(requests)
		if fetched > 3-kept {
			t.Errorf("%d of 3 ranges were there and %d were fetched", kept, fetched)
		}
		if x.read(file) != fresh {
			t.Error("pulled again, the file has other bytes")
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("left: %v", entries)
		}
		if t.Failed() {
			t.Fatalf("killed %v at the event %d of %d, seed %d", dead, at, k.events, k.seed)
		}
		t.Logf("killed %v at the event %d: complete %v, %d of 3 ranges kept, %d fetched; looked at %d times", dead, at, complete, kept, fetched, times)
	}
	k.fair()
}

// TestKillCopy kills copies over an older image in the same way: that one can be read all along.
func TestKillCopy(t *testing.T) {
	if repeated() {
		return
	}
	x := on(t)
	k := x.killed("copy", 3, 2)
	count := 40
	if os.Getenv("SREGISTRY_TEST_SERVER") != "" {
		count = 8 // OpenStack Swift gives small segments behind the tenth one a second
	}
	size := count*killSegment - 100
	files := []string{x.file("0.sif", size), x.file("1.sif", size)}
	names := []string{"from0", "from1"}
	for i, f := range files {
		// Segments are told apart by the dates of their files, of which many kernels have one in four milliseconds.
		date := time.Unix(1.7e9+int64(i), 0)
		if err := os.Chtimes(f, date, date); err != nil {
			t.Fatal(err)
		}
		if _, err := x.client.Push(t.Context(), client.PushRequest{Path: f, Name: x.name(names[i]), Segment: killSegment}); err != nil {
			t.Fatal(err)
		}
	}
	k.unharmed(x.name("to"), names[0])
	for kill := range k.kills {
		next := (kill + 1) % 2
		fresh := x.read(files[next])
		read := x.reads("to", files...)
		at, dead := k.kill(x.name("to"), names[next])
		complete, kept := x.pulled("to") == fresh, x.kept("to-latest.sif", files[next])
		if kept > 0 && !complete {
			k.middle++
		}
		x.report.take()
		if _, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name(names[next]), Target: x.name("to")}); err != nil {
			t.Error(err)
		}
		times := read()
		_, _, requests, _ := x.report.take()
		copied := sent(requests)
		if copied > count-kept || complete && copied > 0 {
			t.Errorf("%d of %d segments were there and %d were copied", kept, count, copied)
		}
		if x.pulled("to") != fresh {
			t.Error("copied again, the image has other bytes")
		}
		x.nothingLeft(puts(requests) == 0, 3*count)
		if t.Failed() {
			t.Fatalf("killed %v at the event %d of %d, seed %d", dead, at, k.events, k.seed)
		}
		t.Logf("killed %v at the event %d: complete %v, %d of %d segments kept, %d copied; read %d times meanwhile", dead, at, complete, kept, count, copied, times)
	}
	k.fair()
}
