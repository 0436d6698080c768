package vm

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// command is a shell command whose input is written. That of gopher-lua never learns that its input
// ended, so that close waits for ever, and what it prints is lost.
type command struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	closed bool
	forget func() // when it is closed: Close of the VM need not
}

// popen starts a command to write to; those to read from are gopher-lua's.
func (m *VM) popen(original *lua.LFunction, mt *lua.LTable) lua.LGFunction {
	return func(L *lua.LState) int {
		if L.Get(2) != lua.LString("w") {
			return forward(L, original)
		}
		c := &command{cmd: exec.Command("/bin/sh", "-c", L.CheckString(1))}
		c.cmd.Stdout, c.cmd.Stderr = direct(m.opt.Stdout), direct(m.opt.Stderr)
		c.cmd.WaitDelay = time.Second // for who else has the output
		in, err := c.cmd.StdinPipe()
		if err == nil {
			err = c.cmd.Start()
		}
		if err != nil {
			L.Push(lua.LNil)
			L.Push(lua.LString(err.Error()))
			return 2
		}
		c.in = in
		id := m.nextID
		m.onClose(func() { c.in.Close() }) // it is to see that there is no more
		c.forget = func() { delete(m.stops, id) }
		ud := L.NewUserData()
		ud.Value = &stream{c.in, "command", c}
		ud.Metatable = mt
		L.Push(ud)
		return 1
	}
}

// interruptible lets an interrupt end what waits for the command, until stop is called: gently at first,
// which a shell that itself waits for a command does not heed.
func (c *command) interruptible(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		c.cmd.Process.Signal(os.Interrupt)
		c.in.Close()
		time.AfterFunc(time.Second, func() { c.cmd.Process.Kill() })
	})
}

// write gives the file, or nil and what went wrong: the command may have ended.
func (c *command) write(L *lua.LState, file lua.LValue, text string) int {
	if c.closed {
		L.RaiseError("the file is closed")
	}
	ctx := L.Context()
	stop := c.interruptible(ctx)
	_, err := io.WriteString(c.in, text)
	stop()
	c.raiseInterrupt(L, ctx)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(file)
	return 1
}

// close ends the input, waits for the command, and gives its exit status.
func (c *command) close(L *lua.LState) int {
	if c.closed {
		L.RaiseError("the file is closed")
	}
	c.closed = true
	c.forget()
	c.in.Close()
	ctx := L.Context()
	stop := c.interruptible(ctx)
	err := c.cmd.Wait()
	stop()
	c.raiseInterrupt(L, ctx)
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(lua.LNumber(c.cmd.ProcessState.ExitCode()))
	return 1
}

func (c *command) raiseInterrupt(L *lua.LState, ctx context.Context) {
	if ctx.Err() != nil {
		c.in.Close() // at once, and not when interruptible comes to it
		value.Raise(L, "io.popen", &client.Error{Op: "io.popen", Code: client.Canceled, Err: context.Cause(ctx)})
	}
}
