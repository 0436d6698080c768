package vm

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// gopher-lua 1.1.2 detaches, when an error is raised, the variables that closures share with the
// functions that called pcall: a counter that a closure adds to stands still behind the first
// error that was caught. It walks the frames of one Lua thread only, so what is protected runs in
// a thread of its own here, and its callers keep what is theirs.

// protectedMost is how many calls of pcall may be inside one another: as many as Lua 5.1 has.
const protectedMost = 200

// pcall is Lua's.
func (m *VM) pcall(L *lua.LState) int {
	return m.protect(L, L.CheckAny(1), nil, 2)
}

// xpcall is Lua's, and passes further arguments on to the function.
func (m *VM) xpcall(L *lua.LState) int {
	return m.protect(L, L.CheckAny(1), L.CheckFunction(2), 3)
}

// protect calls f with the arguments from first on and leaves what pcall returns.
func (m *VM) protect(L *lua.LState, f lua.LValue, handler *lua.LFunction, first int) int {
	if f.Type() != lua.LTFunction && L.GetMetaField(f, "__call").Type() != lua.LTFunction {
		L.Push(lua.LFalse)
		L.Push(lua.LString("attempt to call a " + f.Type().String() + " value"))
		return 2
	}
	if m.protected == protectedMost {
		L.RaiseError("stack overflow: pcall inside of pcall, %d deep", protectedMost)
	}
	thread := m.thread(L)
	given := 0
	if fn, is := f.(*lua.LFunction); !is || fn.IsG {
		thread.Push(stepping(L))
		given++
	}
	thread.Push(f)
	n := L.GetTop()
	for i := first; i <= n; i++ {
		thread.Push(L.Get(i))
	}
	given += max(n-first+1, 0)
	if handler != nil {
		handler = thread.NewFunction(handling(handler))
	}
	// A coroutine that is resumed inside leaves the thread as the current one.
	current := L.G.CurrentThread
	m.protected++
	err := thread.PCall(given, lua.MultRet, handler)
	m.protected--
	L.G.CurrentThread = current
	L.SetTop(0)
	if err != nil {
		// A closure that got out may share a variable with a frame of the thread: it is not used again.
		L.Push(lua.LFalse)
		var raised *lua.ApiError
		if errors.As(err, &raised) {
			L.Push(raised.Object)
		} else {
			L.Push(lua.LString(err.Error()))
		}
		return 2
	}
	L.Push(lua.LTrue)
	for i := 1; i <= thread.GetTop(); i++ {
		L.Push(thread.Get(i))
	}
	thread.SetTop(0)
	m.spare = append(m.spare, thread)
	return L.GetTop()
}

// stepping is a function of Lua that calls its first argument with the others, at the place where L
// is: an error of a function of Go tells the place of the Lua function below it.
func stepping(L *lua.LState) lua.LValue {
	proto := *step()
	place := strings.TrimSuffix(L.Where(1), ":")
	if i := strings.LastIndexByte(place, ':'); i >= 0 {
		if line, err := strconv.Atoi(place[i+1:]); err == nil {
			proto.SourceName = place[:i]
			proto.DbgSourcePositions = slices.Repeat([]int{line}, len(proto.DbgSourcePositions))
		}
	}
	return L.NewFunctionFromProto(&proto)
}

// step is what stepping is made of.
var step = sync.OnceValue(func() *lua.FunctionProto {
	chunk, err := parse.Parse(strings.NewReader("return function(f, ...) return f(...) end"), "pcall")
	if err != nil {
		panic(err) // the text is part of the program
	}
	proto, err := lua.Compile(chunk, "pcall")
	if err != nil {
		panic(err)
	}
	f := proto.FunctionPrototypes[0]
	f.DbgCalls = nil // what it calls is not called f in the user's program
	return f
})

// handling is the handler of an xpcall. It runs while the frames of the failed function are there;
// behind it their variables are made the own ones of the closures that got out, which gopher-lua
// does for an error without a handler only.
func handling(handler *lua.LFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		result := L.Get(1)
		L.Push(handler)
		L.Push(result)
		err := L.PCall(1, 1, nil) // behind it L has no handler
		var raised *lua.ApiError
		if errors.As(err, &raised) {
			result = raised.Object
		} else {
			result = L.Get(-1)
		}
		L.Push(L.NewFunction(func(L *lua.LState) int {
			L.Error(lua.LNil, 0)
			return 0
		}))
		if err := L.PCall(0, 0, nil); err == nil {
			panic("an error that was raised is none")
		}
		L.Push(result)
		return 1
	}
}

// thread is one to run in under the context and environment of L.
func (m *VM) thread(L *lua.LState) *lua.LState {
	var thread *lua.LState
	if last := len(m.spare) - 1; last >= 0 {
		thread, m.spare = m.spare[last], m.spare[:last]
	} else {
		var cancel func()
		if thread, cancel = L.NewThread(); cancel != nil {
			cancel() // of a context that it does not keep
		}
	}
	thread.Env = L.Env
	if ctx := L.Context(); ctx != nil {
		thread.SetContext(ctx)
	}
	return thread
}
