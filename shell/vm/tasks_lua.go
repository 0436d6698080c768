package vm

import (
	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

const taskType = "task"

// openTasks makes async, wait and tasks.
func (m *VM) openTasks() {
	L := m.L
	mt := L.NewTypeMetatable(taskType)
	methods := L.NewTable()
	for name, f := range map[string]func(*lua.LState, *task) int{
		"wait": func(L *lua.LState, t *task) int {
			m.waitFor(L, []*task{t})
			m.raiseFailure(L, []*task{t})
			L.Push(m.taskResult(L, t))
			return 1
		},
		"done": func(L *lua.LState, t *task) int {
			L.Push(lua.LBool(t.isDone()))
			return 1
		},
		"cancel": func(L *lua.LState, t *task) int {
			// Who cancels a task does not want to hear that it was.
			t.cancel(errCanceled)
			<-t.done
			m.tasks.forget(t)
			return 0
		},
	} {
		methods.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			return guard(L, "task", func() int { return f(L, m.checkTask(L, L.Get(1))) })
		}))
	}
	mt.RawSetString("__index", methods)
	mt.RawSetString("__metatable", lua.LString(taskType))
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(m.checkTask(L, L.Get(1)).String()))
		return 1
	}))
	for name, f := range map[string]lua.LGFunction{"async": m.async, "wait": m.wait, "tasks": m.openTaskList} {
		fn := L.NewFunction(f)
		L.SetGlobal(name, fn)
		m.topics[fn], m.signatures[fn] = name, findShell(name).signature
	}
}

func (m *VM) openTaskList(L *lua.LState) int {
	list := value.NewList(L, 0)
	for _, t := range m.tasks.open() {
		list.Append(m.taskValue(L, t))
	}
	L.Push(list)
	return 1
}

func (m *VM) taskValue(L *lua.LState, t *task) lua.LValue {
	ud := L.NewUserData()
	ud.Value = t
	ud.Metatable = L.GetTypeMetatable(taskType)
	return ud
}

func (m *VM) checkTask(L *lua.LState, v lua.LValue) *task {
	if ud, ok := v.(*lua.LUserData); ok {
		if t, ok := ud.Value.(*task); ok {
			return t
		}
	}
	m.raiseInvalid(L, "wait", "a task is needed, as async gives one, not a "+v.Type().String())
	return nil
}

func (m *VM) raiseInvalid(L *lua.LState, op, text string) {
	value.Raise(L, op, &client.Error{Op: op, Code: client.Invalid, Err: reason(text)})
}

// reason is an error that is only its text.
type reason string

func (r reason) Error() string { return string(r) }

// taskResult is what the verb would have returned.
func (m *VM) taskResult(L *lua.LState, t *task) lua.LValue {
	return m.encode(L, t.op, t.result)
}

// raiseFailure raises the error of the tasks that failed, if any.
func (m *VM) raiseFailure(L *lua.LState, tasks []*task) {
	err := failureOf(tasks)
	if err == nil {
		return
	}
	value.Raise(L, "wait", err)
}

// wait waits for tasks: wait(t1, t2) gives their results, wait(list) a list of them. When some
// fail, the others are waited for first.
func (m *VM) wait(L *lua.LState) int {
	return guard(L, "wait", func() int {
		list, isList := L.Get(1).(*lua.LTable)
		var tasks []*task
		if isList {
			for i := 1; i <= list.Len(); i++ {
				tasks = append(tasks, m.checkTask(L, list.RawGetInt(i)))
			}
		} else {
			for i := 1; i <= L.GetTop(); i++ {
				tasks = append(tasks, m.checkTask(L, L.Get(i)))
			}
		}
		m.waitFor(L, tasks)
		m.raiseFailure(L, tasks)
		if !isList {
			for _, t := range tasks {
				L.Push(m.taskResult(L, t))
			}
			return len(tasks)
		}
		results := value.NewList(L, len(tasks))
		for _, t := range tasks {
			results.Append(m.taskResult(L, t))
		}
		L.Push(results)
		return 1
	})
}
