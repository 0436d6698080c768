package client

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile/imagefiletest"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// sifBytes are an image that can be inspected.
var sifBytes []byte

var (
	updateMatrix = flag.Bool("update", false, "write the fault matrix into SECURITY.md")
	longMatrix   = flag.Bool("long", os.Getenv("SREGISTRY_TEST_LONG") != "", "strike every single request of every operation")
)

// TestFaultMatrix makes every fault happen to every kind of request of every operation: to the
// first one of that kind, once, and then to all of them for good. With -long also to each single
// request. Each time the operation succeeds, or fails with a code that the fault may have, within
// a bounded time; what was there before is whole or what was asked for is there, and nothing else;
// and as soon as nothing is wrong any more, the operation succeeds and nothing is left over. What
// comes of it all is the table in SECURITY.md, which fails when it drifts; -v prints it.
func TestFaultMatrix(t *testing.T) {
	sifBytes = imagefiletest.SIF(t, imagefiletest.Options{})
	work := make(chan cell)
	var mu sync.Mutex
	outcomes := map[[2]string]*outcome{} // by row and column
	var count atomic.Int64
	var workers sync.WaitGroup
	for range 8 {
		b := newMatrixBench(t)
		workers.Go(func() {
			for c := range work {
				got := b.strike(c)
				count.Add(1)
				mu.Lock()
				at := [2]string{c.row.name, c.column.name}
				if outcomes[at] == nil {
					outcomes[at] = &outcome{}
				}
				outcomes[at].add(c.times, got)
				mu.Unlock()
			}
		})
	}
	probe := newMatrixBench(t)
	for _, column := range matrixColumns {
		asked := probe.requests(column)
		for _, row := range matrixRows {
			for _, rule := range asked.rules(row, column.only) {
				for _, times := range []int{1, 0} {
					work <- cell{row, column, rule, times}
				}
			}
		}
	}
	close(work)
	workers.Wait()
	if t.Failed() || *longMatrix {
		t.Logf("%d operations went wrong", count.Load())
		return
	}
	table := matrixTable(outcomes)
	t.Logf("%d operations went wrong\n%s", count.Load(), table)
	inSecurity(t, table)
}

// inSecurity compares the table with that in SECURITY.md.
func inSecurity(t *testing.T, table string) {
	t.Helper()
	const path = "../SECURITY.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	between := regexp.MustCompile(`(?s)(<!-- faults: begin -->\n).*(<!-- faults: end -->)`)
	want := between.ReplaceAllString(string(text), "${1}"+table+"${2}")
	switch {
	case *updateMatrix:
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	case want != string(text):
		t.Errorf("the fault matrix of SECURITY.md has drifted; go test ./client -run TestFaultMatrix -update\n%s", table)
	}
}

// outcome is what came of a fault that struck an operation: exit statuses, 0 for success.
type outcome struct{ once, good map[int]bool }

func (o *outcome) add(times, status int) {
	into := &o.good
	if times == 1 {
		into = &o.once
	}
	if *into == nil {
		*into = map[int]bool{}
	}
	(*into)[status] = true
}

func (o *outcome) String() string {
	if o == nil {
		return ""
	}
	write := func(set map[int]bool) string {
		var all []int
		for status := range set {
			all = append(all, status)
		}
		sort.Ints(all)
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(all), "[]"), " ", ",")
	}
	once, good := write(o.once), write(o.good)
	if once == good || good == "" {
		return once
	}
	return once + " / " + good
}

func matrixTable(outcomes map[[2]string]*outcome) string {
	var b strings.Builder
	b.WriteString("| fault |")
	for _, c := range matrixColumns {
		fmt.Fprintf(&b, " %s |", c.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(matrixColumns)) + "\n")
	for _, r := range matrixRows {
		fmt.Fprintf(&b, "| %s |", r.name)
		for _, c := range matrixColumns {
			fmt.Fprintf(&b, " %s |", outcomes[[2]string{r.name, c.name}])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// matrixBench is an endpoint on which one experiment after the other is made.
type matrixBench struct {
	*testing.T
	plan   *localswift.Plan
	server *localswifttest.Endpoint
	ahead  atomic.Int64 // how far the server's clock is ahead
	direct store.Store  // what lies on the server, whatever goes wrong
	dir    string       // of the experiment
	said   *said
	// vanished says that the server denies to have a collection that was there, which a search of
	// all collections takes for one that somebody deleted meanwhile.
	vanished bool
	failed   bool // the operation on which something went wrong
	lied     bool // the server said of what is there that it is not, or is another

	refuse atomic.Int64 // how many connections are refused; below zero: all
	conns  sync.Map
}

func newMatrixBench(t *testing.T) *matrixBench {
	t.Helper()
	b := &matrixBench{T: t, plan: &localswift.Plan{}}
	b.server = localswifttest.Start(t, localswift.Options{Faults: b.plan, Now: func() time.Time {
		return time.Now().Add(time.Duration(b.ahead.Load()))
	}})
	c := New(b.config(0))
	t.Cleanup(func() { c.Close() })
	b.direct = c.store
	return b
}

func (b *matrixBench) config(silence time.Duration) Config {
	e := b.server
	return Config{
		Settings: signin.Settings{User: e.User, Key: e.Key, URL: e.URL, Source: "the test"},
		Reporter: b.said, FirstWait: 20 * time.Microsecond, Silence: silence, Dial: b.dial,
	}
}

// dial connects, unless it is time for connections to be refused.
func (b *matrixBench) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if left := b.refuse.Load(); left != 0 {
		b.refuse.Add(-1)
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		b.conns.Store(conn, true)
	}
	return conn, err
}

// hangUp ends every connection.
func (b *matrixBench) hangUp() {
	b.conns.Range(func(conn, _ any) bool {
		conn.(net.Conn).Close()
		b.conns.Delete(conn)
		return true
	})
}

// clear empties the account and makes a new folder.
func (b *matrixBench) clear() {
	b.plan.Clear()
	b.refuse.Store(0)
	b.ahead.Store(0)
	b.said, b.failed, b.lied = &said{}, false, false
	for c, err := range b.direct.Containers(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		for o, err := range b.direct.List(b.Context(), c.Name, store.Listing{}) {
			if err == nil {
				err = b.direct.Delete(b.Context(), o.Key)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		if err := b.direct.Delete(b.Context(), store.Key{Container: c.Name}); err != nil {
			b.Fatal(err)
		}
	}
	if b.dir != "" {
		os.RemoveAll(b.dir)
	}
	b.dir = filepath.Join(b.TempDir(), "x")
	if err := os.Mkdir(b.dir, 0o755); err != nil {
		b.Fatal(err)
	}
}

// requests are those of an operation on which nothing goes wrong, in their order.
func (b *matrixBench) requests(column matrixColumn) (all asked) {
	b.Helper()
	b.clear()
	column.prepare(b)
	c := b.client(column, 0)
	defer c.Close()
	b.plan.Add(localswift.Rule{Match: func(r *http.Request) bool { // called one at a time
		if label := labelOf(r); !slices.Contains(all, label) {
			all = append(all, label)
		}
		return false
	}})
	if err := column.run(b.Context(), b, c); err != nil {
		b.Fatalf("%s: %v", column.name, err)
	}
	b.plan.Clear()
	column.check(b, "unharmed", true, c)
	return all
}

// client is one that has signed in, unless that is what is tested.
func (b *matrixBench) client(column matrixColumn, silence time.Duration) *Client {
	c := New(b.config(silence))
	if column.name != "sign-in" {
		if _, err := c.store.HasContainer(b.Context(), "lab"); err != nil {
			b.Fatal(err)
		}
	}
	return c
}

// bound is how long an operation may take at the very most, with all its retries.
const bound = 30 * time.Second

// strike makes one experiment and gives the exit status.
func (b *matrixBench) strike(x cell) int {
	b.clear()
	x.column.prepare(b)
	b.ahead.Store(int64(x.row.ahead))
	silence := 10 * time.Second
	if x.row.silent {
		silence = 500 * time.Millisecond
	}
	c := b.client(x.column, silence)
	defer c.Close()
	b.vanished, b.lied = x.row.name == "404", x.row.lies
	struck := func() int { return 1 }
	switch {
	case x.row.refused:
		b.hangUp()
		b.refuse.Store(int64(2*x.times - 1))
	case x.row.fault != nil:
		struck = b.plan.Add(localswift.Rule{Match: func(r *http.Request) bool { return x.rule.match(labelOf(r)) }, Count: x.times, Fault: x.row.fault})
	}
	ctx, cancel := context.WithTimeout(b.Context(), bound)
	err := x.column.run(ctx, b, c)
	if ctx.Err() != nil {
		b.Errorf("%s: does not end", x)
	}
	cancel()
	b.plan.Clear()
	b.refuse.Store(0)
	b.vanished, b.failed = false, err != nil
	if struck() == 0 {
		b.Errorf("%s: nothing went wrong", x)
	}
	codes := x.row.codes
	if x.rule.name == "sign-in" { // what no service for signing in would say means that it is none
		codes = append(slices.Clone(codes), Unavailable, Invalid)
	}
	if err != nil && !slices.Contains(codes, CodeOf(err)) {
		b.Errorf("%s: %v (%s), want one of %q", x, err, CodeOf(err), codes)
	}
	x.column.check(b, x.String(), err == nil, c)
	if x.row.silent { // what is slow by itself is no fault any more
		c = b.client(x.column, 10*time.Second)
		defer c.Close()
	}
	if err := x.column.run(b.Context(), b, c); err != nil && !(x.column.gone && CodeOf(err) == NotFound) {
		b.Errorf("%s: then, with nothing wrong: %v", x, err)
	}
	x.column.check(b, x.String()+", then again", true, c)
	return ExitStatus(err)
}

// is fails unless an object holds these bytes.
func (b *matrixBench) holds(object string, want []byte) bool {
	key := store.Key{Container: "lab", Object: object}
	var got bytes.Buffer
	err := b.direct.Get(b.Context(), key, store.Object{}, store.Whole, readInto(&got))
	return err == nil && bytes.Equal(got.Bytes(), want)
}
