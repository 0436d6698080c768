package vm

import (
	"io"
	"math"
	"runtime"
	"strings"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// openStd replaces those basic functions that gopher-lua leaves short of Lua 5.1, or that people
// know from later versions: tostring and print write numbers as Lua does, tonumber reads all that it
// writes, assert passes any error value on, load takes a string, pcall and xpcall leave the
// variables of their callers alone, xpcall passes arguments, pairs knows __pairs; table.pack,
// table.unpack and rawlen are there.
func (m *VM) openStd() {
	L := m.L
	set := func(name string, f lua.LGFunction) { L.SetGlobal(name, L.NewFunction(f)) }
	set("print", m.print)
	set("tostring", func(L *lua.LState) int {
		L.Push(lua.LString(value.ToString(L, L.CheckAny(1))))
		return 1
	})
	set("tonumber", toNumber)
	set("assert", assert)
	set("collectgarbage", collectGarbage)
	set("load", m.load)
	set("loadstring", func(L *lua.LState) int {
		source := L.CheckString(1)
		return m.loadText(L, L.OptString(2, chunkNameOf(source)), source)
	})
	set("loadfile", func(L *lua.LState) int {
		fn, err := m.loadFile(L.OptString(1, ""))
		if err != nil {
			L.Push(lua.LNil)
			L.Push(lua.LString(err.Error()))
			return 2
		}
		L.Push(fn)
		return 1
	})
	set("dofile", func(L *lua.LState) int {
		fn, err := m.loadFile(L.OptString(1, ""))
		if err != nil {
			L.Error(lua.LString(err.Error()), 0)
		}
		top := L.GetTop()
		L.Push(fn)
		L.Call(0, lua.MultRet)
		return L.GetTop() - top
	})
	set("rawset", func(L *lua.LState) int {
		table := L.CheckTable(1)
		L.RawSet(table, L.CheckAny(2), L.CheckAny(3))
		L.Push(table)
		return 1
	})
	set("rawlen", func(L *lua.LState) int {
		switch v := L.CheckAny(1).(type) {
		case *lua.LTable:
			L.Push(lua.LNumber(v.Len()))
		case lua.LString:
			L.Push(lua.LNumber(len(v)))
		default:
			L.ArgError(1, "table or string expected")
		}
		return 1
	})
	set("pcall", m.pcall)
	set("xpcall", m.xpcall)
	set("pairs", pairs(L.GetGlobal("pairs").(*lua.LFunction)))
	L.SetGlobal("_printregs", lua.LNil)

	table := L.GetGlobal("table").(*lua.LTable)
	table.RawSetString("unpack", L.GetGlobal("unpack"))
	table.RawSetString("pack", L.NewFunction(func(L *lua.LState) int {
		n := L.GetTop()
		t := L.CreateTable(n, 1)
		for i := 1; i <= n; i++ {
			t.RawSetInt(i, L.Get(i))
		}
		t.RawSetString("n", lua.LNumber(n))
		L.Push(t)
		return 1
	}))
	L.GetGlobal("math").(*lua.LTable).RawSetString("huge", lua.LNumber(math.Inf(1)))
	debug := L.GetGlobal("debug").(*lua.LTable)
	debug.RawSetString("traceback", L.NewFunction(traceback(debug.RawGetString("traceback").(*lua.LFunction))))
	coroutine := L.GetGlobal("coroutine").(*lua.LTable)
	L.Push(L.NewFunctionFromProto(yielding()))
	L.Push(L.NewFunction(yield))
	L.Push(L.NewFunction(func(L *lua.LState) int { return L.GetTop() }))
	L.Call(2, 1)
	coroutine.RawSetString("yield", L.Get(-1))
	L.Pop(1)
}

// print writes its line in one piece.
func (m *VM) print(L *lua.LState) int {
	var b strings.Builder
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			b.WriteByte('\t')
		}
		b.WriteString(value.ToString(L, L.Get(i)))
	}
	b.WriteByte('\n')
	m.write(L, m.opt.Stdout, "print", b.String())
	return 0
}

// assert raises its second value as it is, so that assert(pcall(client.pull, x)) keeps the code.
func assert(L *lua.LState) int {
	if lua.LVAsBool(L.CheckAny(1)) {
		return L.GetTop()
	}
	if L.GetTop() < 2 {
		L.RaiseError("assertion failed!")
	}
	// As in Lua, a string gets no position here.
	L.Error(L.Get(2), 0)
	return 0
}

// collectGarbage gives numbers where scripts expect them: "count" is in KiB.
func collectGarbage(L *lua.LState) int {
	switch L.OptString(1, "collect") {
	case "count":
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		L.Push(lua.LNumber(float64(s.HeapAlloc) / 1024))
	case "collect", "step":
		runtime.GC()
		L.Push(lua.LNumber(0))
	default:
		L.Push(lua.LNumber(0))
	}
	return 1
}

// chunkNameOf names a string that is loaded, as Lua does, by its first line.
func chunkNameOf(source string) string {
	line, _, more := strings.Cut(strings.TrimSpace(source), "\n")
	if len(line) > 40 {
		line, more = line[:40], true
	}
	if more {
		line += "..."
	}
	return `[string "` + line + `"]`
}

// load takes a string or a function that gives pieces, a name, a mode that is not looked at, and
// an environment.
func (m *VM) load(L *lua.LState) int {
	var source string
	switch v := L.CheckAny(1).(type) {
	case lua.LString:
		source = string(v)
	case *lua.LFunction:
		var b strings.Builder
		for {
			L.Push(v)
			L.Call(0, 1)
			piece := L.Get(-1)
			L.Pop(1)
			if piece == lua.LNil || piece == lua.LString("") {
				break
			}
			if !lua.LVCanConvToString(piece) {
				L.Push(lua.LNil)
				L.Push(lua.LString("reader function must return a string"))
				return 2
			}
			b.WriteString(piece.String())
		}
		source = b.String()
	default:
		L.ArgError(1, "string or function expected")
	}
	n := m.loadText(L, L.OptString(2, chunkNameOf(source)), source)
	if env, ok := L.Get(4).(*lua.LTable); ok && n == 1 {
		L.Get(-1).(*lua.LFunction).Env = env
	}
	return n
}

// pairs honours __pairs, which client has.
func pairs(original *lua.LFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		v := L.CheckAny(1)
		f := lua.LValue(original)
		if meta, ok := L.GetMetaField(v, "__pairs").(*lua.LFunction); ok {
			f = meta
		}
		L.Push(f)
		L.Push(v)
		L.Call(1, 3)
		return 3
	}
}

// traceback gives a message that is no string back as it is, as Lua does, so that
// xpcall(f, debug.traceback) keeps the code of an error.
func traceback(original *lua.LFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		switch L.Get(1).(type) {
		case *lua.LNilType, lua.LString, lua.LNumber, *lua.LState:
			return forward(L, original)
		}
		L.SetTop(1)
		return 1
	}
}

// yielding is a program that makes coroutine.yield of yield and of a function that gives its arguments. One
// of Lua gives its caller nil for each value that resume does not give; gopher-lua leaves there what
// ends the program when it is used.
var yielding = sync.OnceValue(func() *lua.FunctionProto {
	stmts, err := parse.Parse(strings.NewReader("local yield, all = ... return function(...) return all(yield(...)) end"), "yield")
	if err != nil {
		panic(err) // the text is part of the program
	}
	proto, err := lua.Compile(stmts, "yield")
	if err != nil {
		panic(err)
	}
	return proto
})

// yield says where it cannot be used: gopher-lua fails with a nil pointer when a coroutine yields
// out of pcall, table.sort or another function of Go.
func yield(L *lua.LState) int {
	for level := 1; ; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			break
		}
		fn, err := L.GetInfo("f", dbg, lua.LNil)
		if f, isFunction := fn.(*lua.LFunction); err == nil && isFunction && f.IsG {
			cannotYield(L)
		}
	}
	if L.Parent == nil && L != L.G.MainThread {
		cannotYield(L)
	}
	return -1
}

// cannotYield raises the error at the place of the call of coroutine.yield.
func cannotYield(L *lua.LState) {
	L.Error(lua.LString(L.Where(2)+" cannot yield across pcall, table.sort or another function that is not Lua"), 0)
}

// write is for print and io.write.
func (m *VM) write(L *lua.LState, w io.Writer, op, text string) {
	if _, err := io.WriteString(w, text); err != nil {
		value.Raise(L, op, err)
	}
}
