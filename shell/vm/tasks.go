package vm

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// errCanceled is why a task that was canceled ended.
var errCanceled error = taskCanceled{}

type taskCanceled struct{}

func (taskCanceled) Error() string        { return "canceled" }
func (taskCanceled) Is(target error) bool { return target == context.Canceled }

// maxRunning is how many tasks run at once; more wait for their turn. Each may move several
// parts of an image at a time.
const maxRunning = 8

// task is a verb that runs beside the program. Lua values stay on the goroutine of the VM: a task
// has its request decoded before it begins, and its result is encoded when it is waited for.
type task struct {
	id     int
	label  string // "push lab/x"
	op     string
	where  string // of the call of async
	cancel context.CancelCauseFunc
	done   chan struct{}

	// Written before done is closed.
	result any
	err    error
}

func (t *task) isDone() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

func (t *task) String() string {
	state := "running"
	if t.isDone() {
		switch code := client.CodeOf(t.err); {
		case t.err == nil:
			state = "done"
		case code == client.Canceled:
			state = "canceled"
		default:
			state = "failed, " + string(code)
		}
	}
	return fmt.Sprintf("task %d: %s (%s)", t.id, t.label, state)
}

// taskList holds the tasks that nobody has waited for. It may be asked from any goroutine.
type taskList struct {
	mu    sync.Mutex
	all   []*task
	slots chan struct{}
	last  int
}

func newTaskList() *taskList { return &taskList{slots: make(chan struct{}, maxRunning)} }

// open are the tasks that nobody has waited for, oldest first.
func (l *taskList) open() []*task {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*task(nil), l.all...)
}

func (l *taskList) forget(t *task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, each := range l.all {
		if each == t {
			l.all = append(l.all[:i:i], l.all[i+1:]...)
			return
		}
	}
}

// Running says what tasks run, a line each. It may be called at any time and from any goroutine.
func (m *VM) Running() []string {
	var out []string
	for _, t := range m.tasks.open() {
		if !t.isDone() {
			out = append(out, t.label)
		}
	}
	return out
}

// start begins a task. run gets a context that ends when the task is canceled.
func (m *VM) start(op, label, where string, run func(context.Context) (any, error)) *task {
	ctx, cancel := context.WithCancelCause(context.Background())
	l := m.tasks
	l.mu.Lock()
	l.last++
	t := &task{id: l.last, op: op, label: label, where: where, cancel: cancel, done: make(chan struct{})}
	l.all = append(l.all, t)
	l.mu.Unlock()
	go func() {
		defer func() {
			close(t.done)
			if m.opt.TaskDone != nil {
				m.opt.TaskDone(t.label, t.err)
			}
		}()
		defer func() {
			if r := recover(); r != nil {
				t.err = &client.Error{Op: op, Code: client.Internal, Err: &PanicError{r, debug.Stack()}}
			}
		}()
		select {
		case l.slots <- struct{}{}:
			defer func() { <-l.slots }()
			t.result, t.err = run(ctx)
		case <-ctx.Done():
			t.err = &client.Error{Op: op, Code: client.Canceled, Err: context.Cause(ctx)}
		}
	}()
	return t
}

// async starts a verb: async(client.push, "a.sif", "lab/a") or async("push", ...).
func (m *VM) async(L *lua.LState) int {
	return guard(L, "async", func() int {
		var bound boundVerb
		switch v := L.Get(1).(type) {
		case *lua.LFunction:
			bound = m.bound[v]
		case lua.LString:
			bound = boundVerb{m.client, verbs.Find(string(v))}
		}
		if bound.verb == nil {
			value.Raise(L, "async", &client.Error{Op: "async", Code: client.Invalid,
				Err: errors.New("the first argument must be a verb, without a call of it; write async(client.push, \"a.sif\", \"lab/a\")")})
		}
		L.Remove(1)
		call := m.decode(L, bound.connection, bound.verb)
		call, err := m.confirm(L.Context(), bound.connection, call)
		if err != nil {
			m.raise(L, bound.verb, err)
		}
		made, err := bound.connection.get(L.Context())
		if err != nil {
			m.raise(L, bound.verb, err)
		}
		label := bound.verb.Name
		for i := L.GetTop(); i >= 1; i-- {
			if name, ok := L.Get(i).(lua.LString); ok {
				label += " " + string(name)
				break
			}
		}
		t := m.start(bound.verb.Name, label, value.Where(L), func(ctx context.Context) (any, error) {
			return call.Run(ctx, made)
		})
		L.Push(m.taskValue(L, t))
		return 1
	})
}

// waitFor waits until all tasks are done. An interrupt cancels those that are not, and is raised
// when they have stopped.
func (m *VM) waitFor(L *lua.LState, tasks []*task) {
	ctx := L.Context()
	for _, t := range tasks {
		select {
		case <-t.done:
		case <-ctx.Done():
			for _, t := range tasks {
				t.cancel(context.Cause(ctx))
			}
			<-t.done
		}
	}
	for _, t := range tasks {
		m.tasks.forget(t)
	}
}

// failureOf is the error of some tasks that are done: that of the one that failed, or one for all of
// them.
func failureOf(tasks []*task) error {
	var failed []*client.Error
	var done []client.Image
	var first error
	for _, t := range tasks {
		if t.err == nil {
			if image, ok := t.result.(client.Image); ok {
				done = append(done, image)
			}
			continue
		}
		if first == nil {
			first = t.err
		}
		var e *client.Error
		if !errors.As(t.err, &e) {
			e = &client.Error{Op: t.op, Code: client.CodeOf(t.err), Err: t.err}
		}
		failed = append(failed, e)
	}
	if len(failed) < 2 {
		return first
	}
	code := failed[0].Code
	for _, e := range failed {
		if e.Code != code {
			code = client.Partial
		}
	}
	return &client.Error{Op: "wait", Code: code, Done: done, Failed: failed,
		Err: fmt.Errorf("%d of %d tasks failed", len(failed), len(tasks))}
}

// finish ends a program: after one that succeeded its tasks are waited for, and a failure nobody
// saw is the program's; after one that failed, left or was interrupted they are canceled.
func (m *VM) finish(ctx context.Context, err error) error {
	open := m.tasks.open()
	if err != nil {
		m.cancelTasks()
		return err
	}
	for _, t := range open {
		select {
		case <-t.done:
		case <-ctx.Done():
			m.cancelTasks()
			return m.interrupted("", "", ctx)
		}
		m.tasks.forget(t)
	}
	failed := failureOf(open)
	if failed == nil {
		return nil
	}
	where := ""
	for _, t := range open {
		if t.err != nil {
			where = t.where
			break
		}
	}
	return m.scriptError(where, failed.Error(), "", failed, nil)
}

// cancelTasks cancels all tasks and waits until they have stopped.
func (m *VM) cancelTasks() {
	open := m.tasks.open()
	for _, t := range open {
		t.cancel(errCanceled)
	}
	for _, t := range open {
		<-t.done
		m.tasks.forget(t)
	}
}
