package vm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// starting makes a global function start(name) whose task gives the name back when release is
// closed, fails with the code that the name is after a "!", and ends when it is canceled.
func starting(b *bench, release <-chan struct{}) {
	b.L.SetGlobal("start", b.L.NewFunction(func(L *lua.LState) int {
		name := L.CheckString(1)
		t := b.start("push", "push "+name, value.Where(L), func(ctx context.Context) (any, error) {
			select {
			case <-release:
			case <-ctx.Done():
				return nil, &client.Error{Op: "push", Image: name, Code: client.Canceled, Err: ctx.Err()}
			}
			if code, bad := strings.CutPrefix(name, "!"); bad {
				if code == "panic" {
					panic("a bug")
				}
				return nil, &client.Error{Op: "push", Image: name, Code: client.Code(code), Err: errors.New("no")}
			}
			return client.Image{URI: name}, nil
		})
		L.Push(b.taskValue(L, t))
		return 1
	}))
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func TestTasks(t *testing.T) {
	for source, want := range map[string]string{
		`local t = start("a") print(t:wait(), t:done(), t:wait())`:                                                    "a\ttrue\ta",
		`print(wait(start("a"), start("b")))`:                                                                         "a\tb",
		`print(wait{start("a"), start("b")})`:                                                                         "1  a\n2  b",
		`print(#wait{}, wait())`:                                                                                      "0",
		`local t = start("a") t:wait() print(t, #tasks())`:                                                            "task 1: push a (done)\t0",
		`start("a") start("b") print(#tasks())`:                                                                       "2",
		`local ok, e = pcall(wait, start("!full"), start("a")) print(ok, e.code, e.image)`:                            "false\tfull\t!full",
		`local ok, e = pcall(wait, start("!full"), start("!full")) print(e.code, #e.failed)`:                          "full\t2",
		`local ok, e = pcall(wait, start("!full"), start("!denied"), start("a")) print(e.code, #e.failed, e.done[1])`: "partial\t2\ta",
		`local t = start("!full") pcall(t.wait, t) print(t)`:                                                          "task 1: push !full (failed, full)",
		`local ok, e = pcall(wait, start("!panic")) print(e.code)`:                                                    "internal",
		`local t = {} for i = 1, 50 do t[i] = start("x" .. i) end print(wait(t)[50])`:                                 "x50",
		`local ok, e = pcall(wait, 5) print(e)`:                                                                       "wait: a task is needed, as async gives one, not a number",
		`local ok, e = pcall(async, print) print(e.code)`:                                                             "invalid",
		`local ok, e = pcall(async, "push", "a") print(e)`:                                                            "push: name is missing; it is written client.push(path, name [, options])",
		`local ok, e = pcall(async, client.search) print(e.code)`:                                                     "denied",
	} {
		b := newBench(t, nil)
		starting(b, closed())
		if got := strings.TrimSpace(b.run(t, source)); got != want {
			t.Errorf("%s\n%q\nnot\n%q", source, got, want)
		}
		if len(b.tasks.open()) != 0 || len(b.Running()) != 0 {
			t.Errorf("%s left tasks", source)
		}
	}
}

func TestAFailureNobodySaw(t *testing.T) {
	b := newBench(t, nil)
	starting(b, closed())
	err := b.fails(t, "start('a')\nstart('!denied')")
	if client.CodeOf(err) != client.Denied || err.Message != "test.lua:2: push !denied: no" {
		t.Error(err)
	}
	err = b.fails(t, "start('!full')\nstart('!denied')")
	if client.CodeOf(err) != client.Partial || !strings.HasPrefix(err.Message, "test.lua:1: wait: 2 of 2 tasks failed\n") {
		t.Error(err)
	}
}

func TestTasksEndWithAProgramThatFails(t *testing.T) {
	for _, source := range []string{`start("a") error("x")`, `start("a") os.exit(3)`} {
		b := newBench(t, nil)
		starting(b, nil)
		if err := b.Run(t.Context(), "test.lua", source); err == nil || client.CodeOf(err) == client.Canceled {
			t.Errorf("%s: %v", source, err)
		}
		if len(b.Running()) != 0 {
			t.Errorf("%s left a task", source)
		}
	}
}

func TestCancelTask(t *testing.T) {
	b := newBench(t, nil)
	starting(b, nil)
	got := b.run(t, `local t = start("a") print(t, t:done()) t:cancel() print(t, t:done()) print(select(2, pcall(t.wait, t)).code)`)
	if want := "task 1: push a (running)\tfalse\ntask 1: push a (canceled)\ttrue\ncanceled\n"; got != want {
		t.Errorf("%q", got)
	}
}

func TestInterruptWhileWaiting(t *testing.T) {
	for _, source := range []string{`local t = start("a") print() t:wait()`, `local t = start("a") print() pcall(wait, t) print("on")`, `start("a") print()`} {
		ctx, cancel := context.WithCancel(t.Context())
		b := newBench(t, func(o *Options) { o.Stdout = canceler{cancel} })
		starting(b, nil)
		if err := b.Run(ctx, "test.lua", source); client.CodeOf(err) != client.Canceled {
			t.Errorf("%s: %v", source, err)
		}
		if len(b.Running()) != 0 {
			t.Errorf("%s left a task", source)
		}
		cancel()
	}
}

func TestTasksOutliveTheirEntry(t *testing.T) {
	release := make(chan struct{})
	var told atomic.Value
	ended := make(chan struct{})
	b := newBench(t, func(o *Options) {
		o.TaskDone = func(label string, err error) { told.Store(fmt.Sprint(label, " ", err)); close(ended) }
	})
	starting(b, release)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := b.Eval(ctx, "in:1", `t = start("a")`); err != nil {
		t.Fatal(err)
	}
	cancel()
	if got := b.Running(); len(got) != 1 || got[0] != "push a" {
		t.Errorf("%q", got)
	}
	close(release)
	<-ended
	if got := told.Load(); got != "push a <nil>" {
		t.Errorf("%q", got)
	}
	if got := b.run(t, `print(t:wait())`); got != "a\n" {
		t.Errorf("%q", got)
	}
}

func TestCloseEndsTasks(t *testing.T) {
	b := newBench(t, nil)
	starting(b, nil)
	if _, err := b.Eval(t.Context(), "in:1", `start("a")`); err != nil {
		t.Fatal(err)
	}
	b.Close()
	if len(b.Running()) != 0 {
		t.Error("a task runs on")
	}
}
