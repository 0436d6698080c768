package vm

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// openOS makes os.exit unwind, with exit and quit beside it, os.execute end with its context, os.date know
// all of Lua's formats, and os.time the day that it needs.
func (m *VM) openOS() {
	L := m.L
	lib := L.GetGlobal("os").(*lua.LTable)
	lib.RawSetString("exit", L.NewFunction(m.leave))
	lib.RawSetString("execute", L.NewFunction(m.execute))
	lib.RawSetString("date", L.NewFunction(date(lib.RawGetString("date").(*lua.LFunction))))
	lib.RawSetString("time", L.NewFunction(seconds(lib.RawGetString("time").(*lua.LFunction))))
	for _, name := range []string{"exit", "quit"} {
		ud := L.NewUserData()
		mt := L.NewTable()
		mt.RawSetString("__call", L.NewFunction(func(L *lua.LState) int {
			L.Remove(1)
			return m.leave(L)
		}))
		text := lua.LString(name + "() leaves the shell; " + name + "(n) with the exit status n")
		mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
			L.Push(text)
			return 1
		}))
		ud.Metatable = mt
		L.SetGlobal(name, ud)
	}
}

// leave ends the program. It cancels the epoch, so that no pcall, no coroutine and no handler can
// go on: each next instruction of Lua fails.
func (m *VM) leave(L *lua.LState) int {
	status := 0
	switch v := L.Get(1).(type) {
	case lua.LNumber:
		status = exitStatus(float64(v))
	case lua.LBool:
		if !bool(v) {
			status = 1
		}
	case *lua.LNilType:
	default:
		L.ArgError(1, "number expected, got "+v.Type().String())
	}
	m.leaveWith(L, status)
	return 0
}

// leaveWith does not return.
func (m *VM) leaveWith(L *lua.LState, status int) {
	m.exit = &ExitError{Status: status}
	m.cancel(m.exit)
	L.RaiseError("exit")
}

// exitStatus is what a process can exit with. The system keeps eight bits, which would make 256 a
// success: what does not fit is 255.
func exitStatus(n float64) int {
	if n != math.Trunc(n) || n < 0 || n > 255 {
		return 255
	}
	return int(n)
}

// execute runs a command with the shell and gives its exit status, as a number; without an
// argument it tells that there is a shell. The command is stopped when the program is.
func (m *VM) execute(L *lua.LState) int {
	if L.GetTop() == 0 {
		L.Push(lua.LNumber(1))
		return 1
	}
	ctx := L.Context()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", L.CheckString(1))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, direct(m.opt.Stdout), direct(m.opt.Stderr)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var status *exec.ExitError
	switch {
	case ctx.Err() != nil:
		value.Raise(L, "os.execute", &client.Error{Op: "os.execute", Code: client.Canceled, Err: context.Cause(ctx)})
	case errors.As(err, &status):
		if n := status.ExitCode(); n >= 0 {
			L.Push(lua.LNumber(n))
		} else {
			L.Push(lua.LNumber(1))
		}
	case err != nil:
		L.Push(lua.LNumber(127))
	default:
		L.Push(lua.LNumber(0))
	}
	return 1
}

// direct is the file behind a writer that has one, so that an editor or a pager finds its terminal.
func direct(w io.Writer) io.Writer {
	if behind, ok := w.(interface{ File() *os.File }); ok {
		if f := behind.File(); f != nil {
			return f
		}
	}
	return w
}
