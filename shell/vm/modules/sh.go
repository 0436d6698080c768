package modules

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

var shModule = Module{
	Name:    "sh",
	Summary: "run other programs",
	Funcs: []Func{
		{Name: "run", Params: "{command, argument, ... [, cwd=, env=, input=, check=]}", run: shRun,
			Help: `run a program and wait: a table of code, out, err. An argument is passed as it is, no shell
takes part; a string instead of the list goes to /bin/sh. cwd is the folder, env a table of
variables to add, input what it reads; check=true makes an exit code other than 0 an error`,
			Examples: []string{
				`local r = sh.run{"echo", "hello"} assert(r.code == 0 and r.out == "hello\n")`,
				`assert(sh.run("exit 3").code == 3)`,
			}},
		{Name: "quote", Params: "text", Help: "the text as one word of a shell command", run: shQuote,
			Examples: []string{`assert(sh.quote("a b") == "'a b'")`}},
	},
}

func shQuote(c *call) (any, error) {
	return "'" + strings.ReplaceAll(c.str(1, "text"), "'", `'\''`) + "'", nil
}

func shRun(c *call) (any, error) {
	args, options, err := c.command()
	if err != nil {
		return nil, err
	}
	ctx := c.ctx()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	// A program that is told to stop may clean up before it is killed.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if v, ok := options["cwd"]; ok {
		cmd.Dir = value.ToString(c.L, v)
	}
	if v, ok := options["input"]; ok {
		cmd.Stdin = strings.NewReader(value.ToString(c.L, v))
	}
	if env, ok := options["env"].(*lua.LTable); ok {
		cmd.Env = os.Environ()
		env.ForEach(func(k, v lua.LValue) {
			cmd.Env = append(cmd.Env, value.ToString(c.L, k)+"="+value.ToString(c.L, v))
		})
	}
	err = cmd.Run()
	var exited *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, &client.Error{Op: c.name, Image: args[0], Code: client.Canceled, Err: context.Cause(ctx)}
	case errors.Is(err, exec.ErrNotFound):
		return nil, &client.Error{Op: c.name, Image: args[0], Code: client.NotFound, Err: errors.New("no such program")}
	case err != nil && !errors.As(err, &exited) && !errors.Is(err, exec.ErrWaitDelay):
		return nil, c.about(args[0], err)
	}
	code := exitCode(cmd.ProcessState)
	if code != 0 && options["check"] == lua.LTrue {
		return nil, &client.Error{Op: c.name, Image: args[0], Code: client.Unavailable, Err: failed(code, stderr.String())}
	}
	return map[string]any{"code": code, "out": stdout.String(), "err": stderr.String()}, nil
}

// exitCode is the code a shell would show: 128 and the signal for a program that was killed.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// failed says how a program ended, with the last line of what it said.
func failed(code int, stderr string) error {
	said := strings.TrimSpace(stderr)
	said = said[strings.LastIndexByte(said, '\n')+1:]
	if said == "" {
		return fmt.Errorf("exit code %d", code)
	}
	return fmt.Errorf("exit code %d: %s", code, said)
}

// command takes the argument of sh.run apart.
func (c *call) command() ([]string, map[string]lua.LValue, error) {
	switch v := c.L.Get(1).(type) {
	case lua.LString:
		return []string{"/bin/sh", "-c", string(v)}, c.options(2, "cwd", "env", "input", "check"), nil
	case *lua.LTable:
		var args []string
		for i := 1; i <= v.Len(); i++ {
			item := v.RawGetInt(i)
			if t, ok := item.(*lua.LTable); ok && value.RecordType(t) == nil {
				return nil, nil, c.invalid("item %d is a table; each argument is one string", i)
			}
			args = append(args, value.ToString(c.L, item))
		}
		if len(args) == 0 {
			return nil, nil, c.invalid("the list is empty; its first item is the program")
		}
		named := c.L.NewTable()
		v.ForEach(func(k, item lua.LValue) {
			if _, ok := k.(lua.LString); ok {
				named.RawSet(k, item)
			}
		})
		c.L.SetTop(1)
		c.L.Push(named)
		return args, c.options(2, "cwd", "env", "input", "check"), nil
	}
	return nil, nil, c.wrong(1, "command", "a list or a string")
}
