package vm

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"
)

// input is io.stdin: a file of Lua that can be interrupted while it waits. That of gopher-lua waits
// for ever, and then takes the line that is meant for the prompt.
type input struct{ *bufio.Reader }

const inputType = "input"

// openInput makes io.stdin, and io.read, io.lines and io.input use it.
func (m *VM) openInput(lib *lua.LTable) {
	L := m.L
	mt := L.NewTypeMetatable(inputType)
	methods := L.NewTable()
	mt.RawSetString("__index", methods)
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString("file (stdin)"))
		return 1
	}))
	stdin := L.NewUserData()
	stdin.Value = &input{bufio.NewReader(&patient{m.opt.Stdin, m})}
	stdin.Metatable = mt
	lib.RawSetString("stdin", stdin)

	check := func(L *lua.LState) *input {
		if ud, ok := L.Get(1).(*lua.LUserData); ok {
			if in, ok := ud.Value.(*input); ok {
				return in
			}
		}
		L.ArgError(1, "file expected")
		return nil
	}
	lines := L.NewFunction(func(L *lua.LState) int {
		in := check(L)
		L.Push(L.NewFunction(func(L *lua.LState) int {
			L.Push(in.read(L, "l"))
			return 1
		}))
		return 1
	})
	methods.RawSetString("lines", lines)
	methods.RawSetString("read", L.NewFunction(func(L *lua.LState) int { return check(L).formats(L, 2) }))
	methods.RawSetString("close", L.NewFunction(func(L *lua.LState) int {
		check(L)
		L.Push(lua.LTrue)
		return 1
	}))

	// from is what io.read reads from; nil when io.input set another file.
	from := stdin
	read, setInput, linesOf := lib.RawGetString("read").(*lua.LFunction), lib.RawGetString("input").(*lua.LFunction), lib.RawGetString("lines").(*lua.LFunction)
	lib.RawSetString("read", L.NewFunction(func(L *lua.LState) int {
		if from == nil {
			return forward(L, read)
		}
		return from.Value.(*input).formats(L, 1)
	}))
	lib.RawSetString("input", L.NewFunction(func(L *lua.LState) int {
		ud, isData := L.Get(1).(*lua.LUserData)
		switch {
		case L.GetTop() == 0 && from == nil:
			return forward(L, setInput)
		case L.GetTop() > 0 && !(isData && ud == stdin):
			n := forward(L, setInput)
			from = nil
			return n
		case L.GetTop() > 0:
			from = stdin
		}
		L.Push(from)
		return 1
	}))
	lib.RawSetString("lines", L.NewFunction(func(L *lua.LState) int {
		if L.GetTop() > 0 || from == nil {
			return forward(L, linesOf)
		}
		L.Push(from)
		return forward(L, lines)
	}))
}

// formats reads one value for each argument from first on; a line when there is none.
func (in *input) formats(L *lua.LState, first int) int {
	if L.GetTop() < first {
		L.Push(in.read(L, "l"))
		return 1
	}
	n := L.GetTop()
	for i := first; i <= n; i++ {
		var v lua.LValue
		if size, ok := L.Get(i).(lua.LNumber); ok {
			v = in.bytes(L, int(size))
		} else {
			format := strings.TrimPrefix(L.CheckString(i), "*")
			if format != "n" && format != "a" && format != "l" && format != "L" {
				L.ArgError(i, "the formats are *n, *a, *l and a number of bytes")
			}
			v = in.read(L, format)
		}
		L.Push(v)
		if v == lua.LNil {
			break
		}
	}
	return L.GetTop() - n
}

// read gives a line without (l) or with (L) its break, a number (n), or all there is (a); nil at
// the end.
func (in *input) read(L *lua.LState, format string) lua.LValue {
	switch format {
	case "n":
		return in.number(L)
	case "a":
		all, err := io.ReadAll(in)
		in.check(L, err)
		return lua.LString(all)
	}
	line, err := in.ReadString('\n')
	in.check(L, err)
	if line == "" {
		return lua.LNil
	}
	if format == "l" {
		line = strings.TrimSuffix(line, "\n")
	}
	return lua.LString(line)
}

// bytes gives at most n bytes; nil at the end.
func (in *input) bytes(L *lua.LState, n int) lua.LValue {
	if _, err := in.Peek(1); err != nil {
		in.check(L, err)
		return lua.LNil
	}
	b, err := io.ReadAll(io.LimitReader(in, int64(n)))
	in.check(L, err)
	return lua.LString(b)
}

// number reads over blanks and then what can be a number; nil when it is none.
func (in *input) number(L *lua.LState) lua.LValue {
	var text strings.Builder
	for {
		c, err := in.ReadByte()
		if err != nil {
			in.check(L, err)
			break
		}
		if blank := strings.IndexByte(" \t\r\n", c) >= 0; blank && text.Len() == 0 {
			continue
		}
		if strings.IndexByte("+-.0123456789abcdefABCDEFxX", c) < 0 {
			in.UnreadByte()
			break
		}
		text.WriteByte(c)
	}
	if n, err := strconv.ParseFloat(text.String(), 64); err == nil {
		return lua.LNumber(n)
	}
	if n, err := strconv.ParseInt(text.String(), 0, 64); err == nil { // hexadecimal
		return lua.LNumber(n)
	}
	return lua.LNil
}

// check raises an error that is not the end.
func (in *input) check(L *lua.LState, err error) {
	if err != nil && err != io.EOF {
		var failed *client.Error
		if !errors.As(err, &failed) {
			failed = &client.Error{Op: "io.read", Code: client.CodeOf(err), Err: err}
		}
		value.Raise(L, "io.read", failed)
	}
}

// patient reads from a file, and gives up when the program is interrupted.
type patient struct {
	f *os.File
	m *VM
}

// look is how many milliseconds pass before an interrupt is seen.
const look = 100

func (p *patient) Read(b []byte) (int, error) {
	fds := []unix.PollFd{{Fd: int32(p.f.Fd()), Events: unix.POLLIN}}
	for {
		if p.m.epoch.Err() != nil {
			return 0, &client.Error{Op: "io.read", Code: client.Canceled, Err: context.Cause(p.m.epoch)}
		}
		n, err := unix.Poll(fds, look)
		if n > 0 || err != nil && err != unix.EINTR {
			return p.f.Read(b)
		}
	}
}
