package vm

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// budget is how many requests of one client move bytes at once, whatever asks for them.
const budget = 32

// gate holds the requests that move bytes until the budget is used up and somebody opens it. It counts
// how many were ever under way at once, and over how many connections they came.
type gate struct {
	mu        sync.Mutex
	now, most int
	moved     int
	from      map[string]bool
	full      sync.Once
	used      chan struct{} // closed when the budget is used up
	opened    chan struct{} // closed when requests may pass
}

func newGate() *gate {
	return &gate{from: map[string]bool{}, used: make(chan struct{}), opened: make(chan struct{})}
}

// count notes that a request came (+1), or that it is answered (-1).
func (g *gate) count(r *http.Request, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now += n; n > 0 {
		g.moved++
		g.from[r.RemoteAddr] = true
		g.most = max(g.most, g.now)
	}
	if g.now >= budget {
		g.full.Do(func() { close(g.used) })
	}
}

// around is the fault that holds a request.
func (g *gate) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.count(r, +1)
		answered := sync.OnceFunc(func() { g.count(r, -1) })
		defer answered()
		select {
		case <-g.opened:
		case <-r.Context().Done():
		case <-time.After(time.Minute): // so that a test fails, and does not hang
		}
		next.ServeHTTP(&lastPiece{ResponseWriter: w, before: answered}, r)
	})
}

// lastPiece calls before ahead of the write that completes an answer of a known length: whoever has
// the whole of it may ask for the next one before the handler is back.
type lastPiece struct {
	http.ResponseWriter
	before func()
	sent   int64
}

func (l *lastPiece) Write(p []byte) (int, error) {
	if whole, err := strconv.ParseInt(l.Header().Get("Content-Length"), 10, 64); err == nil && l.sent+int64(len(p)) >= whole {
		l.before()
	}
	n, err := l.ResponseWriter.Write(p)
	l.sent += int64(n)
	return n, err
}

func (l *lastPiece) Unwrap() http.ResponseWriter { return l.ResponseWriter }

// movesBytes tells whether a request is for an object's bytes.
func movesBytes(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodPut) && strings.Contains(r.URL.Path, "/lab/") && r.URL.RawQuery == ""
}

// Tasks, a list, and lists in tasks share one budget of streams and one pool of connections.
func TestOneBudgetOfStreams(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.sif", strings.Repeat("a", 8000))
	const list = `
		local tasks = {}
		local function list(of, n, item)
			local l = {}
			for i = 1, n do l[i] = item("lab/" .. of .. i, of .. i .. ".sif") end
			return l
		end
		local function up(name) return {"a.sif", name} end
		local function down(name, file) return {name, file} end`
	plan := &localswift.Plan{}
	e := localswifttest.Start(t, localswift.Options{Faults: plan})
	x := client.New(client.Config{Settings: signin.Settings{User: e.User, Key: e.Key, URL: e.URL, Source: "the test"}})
	defer x.Close()
	b := newBench(t, func(o *Options) {
		o.Connect = func(context.Context) (*client.Client, error) { return x, nil }
	})
	for _, c := range []struct{ what, script string }{
		{"push", list + `
			for i = 1, 4 do tasks[#tasks + 1] = async(client.push, "a.sif", "lab/large" .. i, {segment_size = 500}) end
			for i = 1, 3 do tasks[#tasks + 1] = async(client.push, list("task" .. i .. "-", 20, up), {jobs = 20}) end
			client.push(list("list", 40, up), {jobs = 40})
			wait(tasks)`},
		{"pull", list + `
			for i = 1, 3 do tasks[#tasks + 1] = async(client.pull, list("task" .. i .. "-", 20, down), {jobs = 20}) end
			for i = 1, 4 do tasks[#tasks + 1] = async(client.pull, "lab/large" .. i, "large" .. i) end
			client.pull(list("list", 40, down), {jobs = 40})
			wait(tasks)`},
	} {
		g := newGate()
		plan.Clear()
		plan.Add(localswift.Rule{Match: movesBytes, Fault: g.around})
		asked := make(chan error, 1)
		go func() {
			defer close(g.opened)
			<-g.used
			// While all of the budget is held, others of the same client have ample time to exceed it.
			for range 200 {
				if _, err := x.Collections(t.Context(), client.CollectionsRequest{}); err != nil {
					asked <- err
					return
				}
			}
			asked <- nil
		}()
		b.run(t, c.script)
		if err := <-asked; err != nil {
			t.Error(err)
		}
		if g.most != budget || g.moved < 104 {
			t.Errorf("%s: %d of %d requests were under way at once, want %d", c.what, g.most, g.moved, budget)
		}
		if most := 2 * budget; len(g.from) > most {
			t.Errorf("%s: %d connections for %d requests, want at most %d", c.what, len(g.from), g.moved, most)
		}
		t.Logf("%s: %d requests over %d connections, %d at once", c.what, g.moved, len(g.from), g.most)
	}
}
