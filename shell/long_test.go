//go:build linux

package shell

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
)

// forget drops what came, so that a long session does not grow on this side of the terminal.
func (p *person) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	rest := p.seen.String()[p.read:]
	p.seen.Reset()
	p.seen.WriteString(rest)
	p.read = 0
}

// complaint is an error at the prompt.
var complaint = regexp.MustCompile(`(?m)^(in:\d+|[a-z ]+ lab/none|error|client has no)`)

// held is what a process holds.
type held struct {
	goroutines, files int
	heap              uint64 // bytes
}

func holding(t *testing.T) held {
	t.Helper()
	var m runtime.MemStats
	for range 2 { // the second takes what the finalizers of the first let go
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return held{runtime.NumGoroutine(), len(files), m.HeapAlloc}
}

// Hours at the prompt, in a short time: verbs, errors, canceled tasks, other clients, interrupts and
// completions. The session does not grow, and leaves nothing running and nothing open.
// SREGISTRY_SHELL_TEST_ROUNDS says how many rounds of some twenty entries it has.
func TestLongSession(t *testing.T) {
	rounds := 24
	if more, err := strconv.Atoi(os.Getenv("SREGISTRY_SHELL_TEST_ROUNDS")); err == nil {
		rounds = more
	}
	before := goleak.IgnoreCurrent()
	files := holding(t).files
	t.Run("session", func(t *testing.T) { longSession(t, rounds) })
	// Readline's own loop stays behind the Ctrl-D that ends a session, and with it the process.
	goleak.VerifyNone(t, before, goleak.IgnoreTopFunction("github.com/chzyer/readline.(*Operation).ioloop"))
	now := holding(t).files
	for end := time.Now().Add(30 * time.Second); now > files && time.Now().Before(end); now = holding(t).files {
		runtime.Gosched() // the other ends of connections are closed in their own time
	}
	if now > files {
		t.Errorf("%d files are open, and were %d", now, files)
	}
}

func longSession(t *testing.T, rounds int) {
	e := localswifttest.Start(t, localswift.Options{})
	dir := t.TempDir()
	file := filepath.Join(dir, "a.sif")
	if err := os.WriteFile(file, make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	var main *client.Client
	t.Cleanup(func() { main.Close() })
	s := sit(t, func(c *Config, _ map[string]string) {
		c.Connect = func(context.Context) (*client.Client, error) {
			cfg, err := client.FromEnvironment(func(name string) string {
				return map[string]string{"SREGISTRY_SWIFT_USER": e.User, "SREGISTRY_SWIFT_TOKEN": e.Key, "SREGISTRY_SWIFT_URL": e.URL}[name]
			})
			if err != nil {
				return nil, err
			}
			cfg.Reporter = c.Screen
			main = client.New(cfg)
			return main, nil
		}
		c.Open = func(r client.ConnectRequest) (*client.Client, error) {
			return client.Connect(r, client.Config{Reporter: c.Screen})
		}
	})
	s.want(fmt.Sprintf(`a, out = %q, %q`, file, filepath.Join(dir, "out.sif")), "")
	var early held
	for round := range rounds {
		if round == rounds/4 {
			early = holding(t)
		}
		for _, line := range []string{
			fmt.Sprintf(`client.push(a, "lab/x%d", {force=true});`, round%20),
			fmt.Sprintf(`client.push(a, "lab/large", {force=true, segment_size=%d});`, 20_000+round%5),
			`client.pull("lab/large", {file=out, force=true, save=false});`,
			`client.search("lab/");`,
			`for image in client.each("lab/") do break end`,
			`client.copy("lab/large", "lab/copy");`,
			`client.delete("lab/copy");`,
			`t = async("push", a, "lab/y", {force=true}) t:wait();`,
			`for i = 1, 4 do local t = async("push", a, "lab/z" .. i, {force=true, segment_size=10000}) t:cancel() pcall(t.wait, t) end`,
			fmt.Sprintf(`connect{url=%q, user=%q, key=%q}.search("lab/");`, e.URL, e.User, e.Key),
			fmt.Sprintf(`pcall(connect{url=%q, user=%q, key="wrong"}.search);`, e.URL, e.User),
			`local t = {} for i = 1, 10000 do t[i] = {i} end`,
			`f = coroutine.wrap(function() coroutine.yield(1) end) f()`,
			`help(client.push);`,
		} {
			if got := s.enter(line); complaint.MatchString(got) {
				t.Fatalf("%s: %s", line, got)
			}
		}
		for _, wrong := range []string{`client.pull("lab/none")`, `client.psuh("x")`, `x = = 1`, `error({})`, `nothing.at.all`} {
			if got := s.enter(wrong); !complaint.MatchString(got) {
				t.Fatalf("%s: %q is no complaint", wrong, got)
			}
		}
		s.begin(`print("be" .. "gun") while true do end`)
		s.expect("begun")
		s.signals <- os.Interrupt
		s.answer()
		s.begin(`client.delete({"lab/x1", "lab/x2"})`)
		s.expect("[y/N] ")
		s.types("n\r")
		s.answer()
		s.types("\x1b[200~" + strings.Repeat("-- pasted\r", 20) + "1\x1b[201~\x03")
		s.expect("^C")
		s.answer()
		s.types(`client.stat("lab/lar` + "\t")
		s.expect(`lab/large`)
		s.cancels()
		s.forget()
	}
	grew := func(late held) bool {
		return late.goroutines > early.goroutines+8 || late.files > early.files+8 || late.heap > early.heap+early.heap/4+2<<20
	}
	late := holding(t)
	for end := time.Now().Add(30 * time.Second); grew(late) && time.Now().Before(end); late = holding(t) {
		runtime.Gosched() // what was left lately may still be on its way out
	}
	t.Logf("after %d rounds %+v, after %d %+v", rounds/4, early, rounds, late)
	if grew(late) {
		t.Errorf("it grows: %+v after %d rounds, %+v after %d", early, rounds/4, late, rounds)
	}
	s.types("\x04")
	s.leaves(0)
}
