package vm

import (
	"context"
	"io"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// stream is io.stdout or io.stderr: a file of Lua that writes where the shell says; or the input of a
// command.
type stream struct {
	w       io.Writer
	name    string
	command *command // nil for what closes with the program
}

// openIO lets io.write, io.stdout and io.stderr write to the writers of Options, makes io.lines of
// a file that is not there an error instead of nothing, and lines of any length one line: gopher-lua
// breaks them at 4 KiB.
func (m *VM) openIO() {
	L := m.L
	lib := L.GetGlobal("io").(*lua.LTable)
	original := func(name string) *lua.LFunction { return lib.RawGetString(name).(*lua.LFunction) }
	set := func(name string, f lua.LGFunction) { lib.RawSetString(name, L.NewFunction(f)) }

	mt := m.streamMetatable()
	newStream := func(w io.Writer, name string) *lua.LUserData {
		ud := L.NewUserData()
		ud.Value = &stream{w, name, nil}
		ud.Metatable = mt
		lib.RawSetString(name, ud)
		return ud
	}
	stdout := newStream(m.opt.Stdout, "stdout")
	newStream(m.opt.Stderr, "stderr")

	// out is what io.write writes to, as long as that is a stream; nil when io.output set a file.
	out := stdout
	write, output, closeFile, flush, typeOf, openFile := original("write"), original("output"), original("close"), original("flush"), original("type"), original("open")
	set("write", func(L *lua.LState) int {
		if out == nil {
			return forward(L, write)
		}
		return m.writeStream(L, out, 1)
	})
	set("output", func(L *lua.LState) int {
		if ud, ok := L.Get(1).(*lua.LUserData); ok {
			if _, ours := ud.Value.(*stream); ours {
				out = ud
			} else {
				out = nil
				return forward(L, output)
			}
		} else if L.GetTop() > 0 {
			n := forward(L, output)
			out = nil
			return n
		} else if out == nil {
			return forward(L, output)
		}
		L.Push(out)
		return 1
	})
	set("close", func(L *lua.LState) int {
		if L.GetTop() == 0 && out == nil {
			out = stdout
			return forward(L, closeFile)
		}
		file := L.Get(1)
		if L.GetTop() == 0 {
			file = out
		}
		if isStream(file) {
			s := file.(*lua.LUserData).Value.(*stream)
			if file == out && s.command != nil {
				out = stdout
			}
			return closeStream(L, s)
		}
		if isInput(file) {
			L.Push(lua.LTrue)
			return 1
		}
		return forward(L, closeFile)
	})
	set("flush", func(L *lua.LState) int {
		if out == nil {
			return forward(L, flush)
		}
		L.Push(lua.LTrue)
		return 1
	})
	set("type", func(L *lua.LState) int {
		if isStream(L.Get(1)) || isInput(L.Get(1)) {
			text := "file"
			if s, ok := L.Get(1).(*lua.LUserData).Value.(*stream); ok && s.command != nil && s.command.closed {
				text = "closed file"
			}
			L.Push(lua.LString(text))
			return 1
		}
		return forward(L, typeOf)
	})
	set("popen", m.popen(original("popen"), mt))
	set("lines", func(L *lua.LState) int {
		var file lua.LValue
		opened := L.GetTop() > 0
		if opened {
			L.Push(openFile)
			L.Push(lua.LString(L.CheckString(1)))
			L.Call(1, 2)
			if file = L.Get(-2); file == lua.LNil {
				L.RaiseError("%s", strings.TrimPrefix(L.Get(-1).String(), "open "))
			}
		} else {
			L.Push(lib.RawGetString("input"))
			L.Call(0, 1)
			file = L.Get(-1)
		}
		L.Push(linesOf(L, file, opened))
		return 1
	})
	if methods, ok := L.GetTypeMetatable("FILE*").(*lua.LTable).RawGetString("__index").(*lua.LTable); ok {
		buffer := methods.RawGetString("setvbuf").(*lua.LFunction)
		methods.RawSetString("setvbuf", L.NewFunction(func(L *lua.LState) int {
			// gopher-lua knows no "line", and loses what "full" holds back at a seek, and at the end of the
			// program.
			if mode := L.CheckString(2); mode == "line" || mode == "full" {
				L.Replace(2, lua.LString("no"))
			}
			return forward(L, buffer)
		}))
		methods.RawSetString("lines", L.NewFunction(func(L *lua.LState) int {
			L.Push(linesOf(L, L.CheckUserData(1), false))
			return 1
		}))
		methods.RawSetString("read", L.NewFunction(readAll(methods.RawGetString("read").(*lua.LFunction))))
	}
	m.openInput(lib)
}

// linesOf is a function that gives the next line of a file at each call, and closes it at the end if
// it is to.
func linesOf(L *lua.LState, file lua.LValue, closing bool) lua.LValue {
	call := func(L *lua.LState, method string, args ...lua.LValue) lua.LValue {
		L.Push(L.GetField(file, method))
		L.Push(file)
		for _, arg := range args {
			L.Push(arg)
		}
		L.Call(1+len(args), 1)
		result := L.Get(-1)
		L.Pop(1)
		return result
	}
	return L.NewFunction(func(L *lua.LState) int {
		line := call(L, "read", lua.LString("*l"))
		if line == lua.LNil && closing {
			closing = false
			call(L, "close")
		}
		L.Push(line)
		return 1
	})
}

// readAll is the method read of a file, of which *a reads in pieces: a device may have no end.
func readAll(original *lua.LFunction) lua.LGFunction {
	const piece = 64 << 10
	return func(L *lua.LState) int {
		if format, ok := L.Get(2).(lua.LString); !ok || L.GetTop() != 2 || strings.TrimPrefix(string(format), "*") != "a" {
			return forward(L, original)
		}
		file := L.Get(1)
		var b strings.Builder
		for {
			L.SetTop(0)
			L.Push(original)
			L.Push(file)
			L.Push(lua.LNumber(piece))
			L.Call(2, lua.MultRet)
			text, ok := L.Get(1).(lua.LString)
			if !ok && L.GetTop() > 1 {
				return L.GetTop() // nil and what went wrong
			}
			if !ok {
				break
			}
			b.WriteString(string(text))
			checkLength(L, "read", b.Len())
			if ctx := L.Context(); ctx != nil && ctx.Err() != nil {
				value.Raise(L, "read", &client.Error{Op: "read", Code: client.Canceled, Err: context.Cause(ctx)})
			}
		}
		L.SetTop(0)
		L.Push(lua.LString(b.String()))
		return 1
	}
}

// forward calls f with all arguments and gives all its results.
func forward(L *lua.LState, f *lua.LFunction) int {
	n := L.GetTop()
	L.Insert(f, 1)
	L.Call(n, lua.MultRet)
	return L.GetTop()
}

func isStream(v lua.LValue) bool {
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return false
	}
	_, ok = ud.Value.(*stream)
	return ok
}

func isInput(v lua.LValue) bool {
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return false
	}
	_, ok = ud.Value.(*input)
	return ok
}

func (m *VM) streamMetatable() *lua.LTable {
	L := m.L
	mt := L.NewTypeMetatable("stream")
	self := func(L *lua.LState) *stream {
		if !isStream(L.Get(1)) {
			L.ArgError(1, "file expected")
		}
		return L.Get(1).(*lua.LUserData).Value.(*stream)
	}
	methods := L.NewTable()
	mt.RawSetString("__index", methods)
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString("file (" + self(L).name + ")"))
		return 1
	}))
	set := func(name string, f lua.LGFunction) { methods.RawSetString(name, L.NewFunction(f)) }
	set("write", func(L *lua.LState) int {
		self(L)
		return m.writeStream(L, L.Get(1), 2)
	})
	set("close", func(L *lua.LState) int { return closeStream(L, self(L)) })
	for _, name := range []string{"flush", "setvbuf"} {
		set(name, func(L *lua.LState) int {
			self(L)
			L.Push(lua.LTrue)
			return 1
		})
	}
	for _, name := range []string{"read", "lines", "seek"} {
		set(name, func(L *lua.LState) int {
			L.RaiseError("%s can only be written to", self(L).name)
			return 0
		})
	}
	return mt
}

// writeStream writes the arguments from first on, strings and numbers, in one piece, and gives the file.
func (m *VM) writeStream(L *lua.LState, file lua.LValue, first int) int {
	var b strings.Builder
	for i := first; i <= L.GetTop(); i++ {
		v := L.Get(i)
		if !lua.LVCanConvToString(v) {
			L.ArgError(i, "string expected, got "+v.Type().String())
		}
		b.WriteString(value.ToString(L, v))
	}
	s := file.(*lua.LUserData).Value.(*stream)
	if s.command != nil {
		return s.command.write(L, file, b.String())
	}
	m.write(L, s.w, "write", b.String())
	L.Push(file)
	return 1
}

// closeStream closes the input of a command; the streams of the program stay open.
func closeStream(L *lua.LState, s *stream) int {
	if s.command != nil {
		return s.command.close(L)
	}
	L.Push(lua.LTrue)
	return 1
}
