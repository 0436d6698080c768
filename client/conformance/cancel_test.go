package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// descriptors is how many files the process has open, its connections among them.
func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // not known on this system
	}
	return len(entries)
}

// Operations that are cancelled at random moments, several at once by one client, leave the image as it
// was or as it should be, no half file under its name, no goroutine and no descriptor, and give back
// what they held: the next ones do their work. CONFORMANCE_SEED repeats a run, CONFORMANCE_ROUNDS
// makes a longer one.
func TestCancelledAtRandom(t *testing.T) {
	if repeated() {
		return
	}
	seed, rounds := time.Now().UnixNano(), 10
	if os.Getenv("SREGISTRY_TEST_SERVER") != "" {
		rounds = 5 // which take seconds each
	}
	if n, err := strconv.ParseInt(os.Getenv("CONFORMANCE_SEED"), 10, 64); err == nil {
		seed = n
	}
	if n, err := strconv.Atoi(os.Getenv("CONFORMANCE_ROUNDS")); err == nil {
		rounds = n
	}
	t.Logf("CONFORMANCE_SEED=%d", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))

	x := on(t)
	files := []string{x.file("old.sif", 12_000), x.file("new.sif", 13_500)}
	contents := []string{x.read(files[0]), x.read(files[1])}
	x.pushBig(files[0], "a")
	x.pushBig(files[0], "b")
	x.back("a", files[0])
	x.client.Close() // its connections
	before, open := goleak.IgnoreCurrent(), descriptors(t)

	c := client.New(client.Config{Settings: x.settings, Reporter: x.report, FirstWait: time.Millisecond})
	out := filepath.Join(x.dir, "out")
	file := func(i int) string { return filepath.Join(out, fmt.Sprint(i)) }
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	operations := []func(ctx context.Context, i int) error{
		func(ctx context.Context, i int) error {
			_, err := c.Push(ctx, client.PushRequest{Path: files[i%2], Name: x.name("a"), Segment: 1000})
			return err
		},
		func(ctx context.Context, i int) error {
			_, err := c.Pull(ctx, client.PullRequest{Image: x.name("b"), File: file(i), Force: true})
			return err
		},
		func(ctx context.Context, i int) error {
			_, err := c.Copy(ctx, client.CopyRequest{Source: x.name("b"), Target: x.name(fmt.Sprint("c", i%3)), Force: true})
			return err
		},
		func(ctx context.Context, i int) error {
			_, err := c.Push(ctx, client.PushRequest{Path: files[i%2], Name: x.name(fmt.Sprint("d", i%3)), Force: true})
			return err
		},
		func(ctx context.Context, _ int) error {
			_, err := c.Search(ctx, client.ListRequest{})
			return err
		},
		func(ctx context.Context, _ int) error {
			for _, err := range c.Each(ctx, client.ListRequest{Query: x.collection + "/"}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	var latest time.Duration // at which one is cancelled
	for i := range 2 {       // the first signs in
		begun := time.Now()
		if err := operations[0](t.Context(), i); err != nil {
			t.Fatal(err)
		}
		latest = 6*time.Since(begun) + time.Millisecond
	}
	cancelled, done := 0, 0
	for range rounds {
		var all sync.WaitGroup
		var mu sync.Mutex
		for i, operation := range operations {
			after := time.Duration(random.Int64N(int64(latest)))
			all.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				defer time.AfterFunc(after, cancel).Stop()
				err := operation(ctx, i)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					done++
				case client.CodeOf(err) == client.Canceled:
					cancelled++
				default:
					t.Errorf("operation %d, cancelled after %v: %v (%s)", i, after, err, client.CodeOf(err))
				}
			})
		}
		all.Wait()
		if cancelled == 0 {
			latest = latest/4 + 1
		}
		x.whole(c, "a", contents)
		entries, err := os.ReadDir(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.Contains(e.Name(), ".part") || strings.HasSuffix(e.Name(), ".lock") {
				continue // for the next one to go on with
			}
			if got := x.read(filepath.Join(out, e.Name())); got != contents[0] {
				t.Errorf("%s holds %d other bytes", e.Name(), len(got))
			}
		}
	}
	t.Logf("%d were cancelled, %d done", cancelled, done)
	if cancelled == 0 {
		t.Error("nothing was cancelled")
	}
	for i, operation := range operations {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := operation(ctx, i); err != nil {
			t.Errorf("operation %d, with nothing in its way: %v", i, err)
		}
		cancel()
	}
	x.whole(c, "a", contents[:1])
	if got := x.read(file(1)); got != contents[0] {
		t.Errorf("pulled at last: %d other bytes", len(got))
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) != 1 {
		t.Errorf("left beside the file: %v, %v", entries, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, before, goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"), goleak.IgnoreAnyFunction("net/http.(*conn).serve"))
	// The embedded endpoint has some of its own, and closes its ends of the connections in its own time.
	now := descriptors(t)
	for late := time.Now().Add(time.Minute); now > open+4 && time.Now().Before(late); now = descriptors(t) {
		runtime.Gosched()
	}
	if now > open+4 {
		t.Errorf("%d descriptors are open, %d were", now, open)
	}
}

// whole fails unless an image holds one of the contents.
func (x *target) whole(c *client.Client, rest string, contents []string) {
	x.Helper()
	out := filepath.Join(x.dir, "whole")
	defer os.Remove(out)
	if _, err := c.Pull(x.Context(), client.PullRequest{Image: x.name(rest), File: out, Force: true}); err != nil {
		x.Errorf("%s cannot be read: %v", rest, err)
		return
	}
	got := x.read(out)
	for _, want := range contents {
		if got == want {
			return
		}
	}
	x.Errorf("%s holds %d other bytes", rest, len(got))
}
