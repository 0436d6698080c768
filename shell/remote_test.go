package shell

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
)

// storage is a fake of what is listed.
type storage struct {
	mu    sync.Mutex
	names map[string][]string
	err   error
	calls int
	slow  time.Duration
}

func (s *storage) list(ctx context.Context, collection string) ([]string, error) {
	s.mu.Lock()
	s.calls++
	names, err, slow := s.names[collection], s.err, s.slow
	s.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return names, err
}

func TestRemoteNames(t *testing.T) {
	s := &storage{names: map[string][]string{
		"":    {"lab/", "library/", "other/"},
		"lab": {"lab/a/b-v1.sif", "lab/a/c-v1.sif", "lab/ubuntu-22.04.sif", "lab/it's.sif"},
	}}
	r := &remoteNames{list: s.list, now: time.Now, patience: time.Minute}
	for _, c := range []struct {
		typed, want string
		length      int
	}{
		{"", "lab/ library/ other/", 0},
		{"l", "ab/ ibrary/", 1},
		{"o", "ther/", 1},
		{"lab/", "a/ it's.sif ubuntu-22.04.sif", 0},
		{"lab/u", `buntu-22.04.sif"`, 1},
		{"lab/a/", "b-v1.sif c-v1.sif", 0},
		{"none/", "", 0},
	} {
		got := r.suggest(context.Background(), c.typed, `"`)
		if found := strings.Join(got.endings, " "); found != c.want || found != "" && got.typed != c.length {
			t.Errorf("%s: %q, %d, not %q, %d", c.typed, found, got.typed, c.want, c.length)
		}
	}
	if got := r.suggest(context.Background(), "lab/i", "'"); len(got.endings) > 0 {
		t.Errorf("a name that the quote would end: %v", got)
	}
	if s.calls != 3 {
		t.Errorf("%d listings for three collections", s.calls)
	}
}

func TestRemoteNamesAreNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pass := func(d time.Duration) { <-time.After(d) }
		s := &storage{names: map[string][]string{"": {"lab/"}}, slow: time.Second}
		r := &remoteNames{list: s.list, now: time.Now, patience: patience}
		suggest := func(want string, within time.Duration) {
			t.Helper()
			began := time.Now()
			got := strings.Join(r.suggest(context.Background(), "", `"`).endings, " ")
			if took := time.Since(began); got != want || took > within {
				t.Errorf("%q after %v, not %q within %v", got, took, want, within)
			}
		}
		suggest("", patience)
		suggest("", patience) // the same listing
		pass(time.Second)
		suggest("lab/", 0)
		if s.calls != 1 {
			t.Errorf("%d listings", s.calls)
		}
		// Old names are given at once, and new ones fetched.
		s.names[""] = []string{"new/"}
		pass(freshFor + time.Second)
		suggest("lab/", 0)
		pass(2 * time.Second)
		suggest("new/", 0)
		// A failure keeps what is known, and is not repeated at once.
		s.err = errors.New("gone")
		pass(freshFor + time.Second)
		suggest("new/", 0)
		pass(2 * time.Second)
		suggest("new/", 0)
		if s.calls != 3 {
			t.Errorf("%d listings", s.calls)
		}
		// A listing that never ends is given up.
		s.slow = time.Hour
		pass(freshFor)
		suggest("new/", 0)
		pass(lookFor)
	})
}

func TestRemoteCompletionAtThePrompt(t *testing.T) {
	e := localswifttest.Start(t, localswift.Options{})
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.sif", []byte("an image"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := sit(t, func(c *Config, _ map[string]string) {
		c.Connect = func(context.Context) (*client.Client, error) {
			cfg, err := client.FromEnvironment(func(name string) string {
				return map[string]string{"SREGISTRY_SWIFT_USER": e.User, "SREGISTRY_SWIFT_TOKEN": e.Key, "SREGISTRY_SWIFT_URL": e.URL}[name]
			})
			return client.New(cfg), err
		}
	})
	if got := s.enter(`client.push("a.sif", "yippy/yuppy");`); strings.Contains(got, "in:") {
		t.Fatal(got)
	}
	s.types(`client.stat("y` + "\t")
	s.expect(`client.stat("yippy/`)
	s.types("\t")
	s.expect(`client.stat("yippy/yuppy-latest.sif"`)
	s.cancels()
	s.types("\x04")
	s.leaves(0)
}

// Each client that connect made has its own names.
func TestCompletionInAnotherClient(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.sif", []byte("an image"), 0o644); err != nil {
		t.Fatal(err)
	}
	here, there := t.TempDir(), t.TempDir()
	embedded := func(dir string) *client.Client {
		c, err := client.NewEmbedded(dir, client.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	own := embedded(here)
	s := sit(t, func(c *Config, _ map[string]string) {
		c.Connect = func(context.Context) (*client.Client, error) { return own, nil }
		c.Open = func(client.ConnectRequest) (*client.Client, error) { return client.NewEmbedded(there, client.Config{}) }
	})
	if got := s.enter(`b = connect{embedded="there"}; client.push("a.sif", "mine/one"); b.push("a.sif", "yours/two");`); strings.Contains(got, "in:") {
		t.Fatal(got)
	}
	for _, c := range []struct{ typed, full string }{
		{`b.pull("`, `b.pull("yours/two-latest.sif"`},
		{`b:stat("`, `b:stat("yours/two-latest.sif"`},
		{`client.stat("`, `client.stat("mine/one-latest.sif"`},
	} {
		s.types(c.typed + "\t")
		s.expect(strings.SplitAfter(c.full, "/")[0])
		s.types("\t")
		s.expect(c.full)
		s.cancels()
	}
	s.types("\x04")
	s.leaves(0)
}
