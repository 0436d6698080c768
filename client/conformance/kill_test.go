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

// kills runs what is killed, for a random part of the time that it takes when it is not.
func (x *target) kills(rng *rand.Rand, verb, file, rest string, whole time.Duration) (dead bool) {
	x.Helper()
	cmd := x.killed(verb, file, rest)
	after := time.Duration(rng.Int64N(int64(whole)))
	if err := cmd.Start(); err != nil {
		x.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
	defer timer.Stop()
	return x.died(cmd)
}

// killRuns is how many kills, and their source.
func killRuns(t *testing.T) (kills, seed int, rng *rand.Rand) {
	usual := 3
	if os.Getenv("SREGISTRY_TEST_SERVER") != "" {
		usual = 2
	}
	kills, seed = intEnv(t, "CONFORMANCE_KILLS", usual), intEnv(t, "CONFORMANCE_SEED", 1)
	return kills, seed, rand.New(rand.NewPCG(uint64(seed), 1))
}

// TestKillPull kills pulls over an older file with SIGKILL at random moments. The older file is
// there and whole until the new one is in its place; another pull brings that, and fetches no range
// that was there. CONFORMANCE_KILLS and CONFORMANCE_SEED are as for pushes.
func TestKillPull(t *testing.T) {
	if repeated() {
		return
	}
	kills, seed, rng := killRuns(t)
	x := on(t)
	source := x.file("a.sif", bigSize)
	x.push(source, "a")
	fresh, old := x.read(source), strings.Repeat("the older file", 10000)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	begun := time.Now()
	if err := x.killed("pull", filepath.Join(t.TempDir(), "first"), "a").Run(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(begun)
	died := 0
	for range kills {
		if err := os.WriteFile(file, []byte(old), 0o644); err != nil {
			t.Fatal(err)
		}
		seen := x.watches(file, old, fresh)
		dead := x.kills(rng, "pull", file, "a", whole)
		if dead {
			died++
		}
		x.report.take()
		if _, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name("a"), File: file, Force: true}); err != nil {
			t.Error(err)
		}
		times := seen()
		ranges := 0
		_, _, requests, _ := x.report.take()
		for _, r := range requests {
			if strings.Contains(r, " bytes=") {
				ranges++
			}
		}
		if x.read(file) != fresh || ranges > 3 {
			t.Errorf("after a kill and another pull, with %d ranges of 3 fetched: the same bytes: %v", ranges, x.read(file) == fresh)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("left: %v", entries)
		}
		if t.Failed() {
			t.Fatalf("killed %v, seed %d", dead, seed)
		}
		t.Logf("killed %v; %d of 3 ranges fetched by the next; looked at %d times", dead, ranges, times)
	}
	t.Logf("%d of %d pulls died, seed %d", died, kills, seed)
}

// TestKillCopy kills copies over an older image in the same way: that one can be read all along.
func TestKillCopy(t *testing.T) {
	if repeated() {
		return
	}
	kills, seed, rng := killRuns(t)
	x := on(t)
	const size = 8*killSegment - 100 // OpenStack Swift gives small segments behind the tenth one a second
	files := []string{x.file("0.sif", size), x.file("1.sif", size)}
	names := []string{"from0", "from1"}
	for i, f := range files {
		if _, err := x.client.Push(t.Context(), client.PushRequest{Path: f, Name: x.name(names[i]), Segment: killSegment}); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	if err := x.killed("copy", x.name("to"), names[0]).Run(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(begun)
	died := 0
	for kill := range kills {
		next := (kill + 1) % 2
		read := x.reads("to", files...)
		dead := x.kills(rng, "copy", x.name("to"), names[next], whole)
		if dead {
			died++
		}
		x.report.take()
		if _, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name(names[next]), Target: x.name("to")}); err != nil {
			t.Error(err)
		}
		times := read()
		copied := 0
		_, _, requests, _ := x.report.take()
		for _, r := range requests {
			if strings.HasPrefix(r, "PUT ") && strings.Contains(r, "/.segments/") {
				copied++
			}
		}
		if x.pulled("to") != x.read(files[next]) || copied > 8 {
			t.Errorf("after a kill and another copy, with %d segments of 8 copied, the image has other bytes", copied)
		}
		if t.Failed() {
			t.Fatalf("killed %v, seed %d", dead, seed)
		}
		t.Logf("killed %v; %d of 8 segments copied by the next; read %d times meanwhile", dead, copied, times)
	}
	t.Logf("%d of %d copies died, seed %d", died, kills, seed)
}
