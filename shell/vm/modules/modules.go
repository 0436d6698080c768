// Package modules holds the Lua modules that scripts find as globals and by require: log, json,
// fs, path, sort, human, sh, time, script. Each is one file with one declared table of its functions,
// from which help and completion are made.
//
// A function takes and returns plain values, and raises an error value with the code of package
// client: fs.size of a file that is not there raises not_found, and a full disk raises full.
// Nothing here knows storage, and nothing blocks longer than its context lasts.
//
// It is tested by tables of Lua programs, parsers and sorting also by property tests.
package modules

import (
	"fmt"
	"io"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Module is one module: its functions in the order help shows them.
type Module struct {
	Name    string
	Summary string // one line, no full stop
	Funcs   []Func
	// Values are members that are no functions.
	Values func(*lua.LState) map[string]lua.LValue
}

// Func is one function of a module.
type Func struct {
	Name     string
	Params   string // as the call is written: "path [, options]"
	Help     string // one line or a few, no full stop at the end of the first
	Examples []string

	run func(*call) (any, error)
}

// Signature is how a call is written, without the module: "size(path)".
func (f Func) Signature() string { return f.Name + "(" + f.Params + ")" }

// Host is what modules need of the shell.
type Host struct {
	Stdout, Stderr    io.Writer
	Note, Warn, Debug func(string)
	// Fail shows an error as one that ends a command is shown.
	Fail func(error)
	Mode Mode
	// Script is arg[0] of the running program, Args what follows it, Source its text.
	Script string
	Args   func() []string
	Source func() string
	// Exit ends the program with a status; it does not return.
	Exit func(L *lua.LState, status int)
	// OnClose keeps a function to be called when the Lua state is closed.
	OnClose func(func())
	// Guard runs a function and turns a panic in it into an error of Lua.
	Guard func(L *lua.LState, op string, f func() int) int
}

// All are the modules, in the order help shows them.
func All() []Module {
	return []Module{logModule, jsonModule, fsModule, pathModule, sortModule, humanModule, shModule, timeModule, scriptModule}
}

// Find is the module of that name, or nil.
func Find(name string) *Module {
	for _, m := range All() {
		if m.Name == name {
			return &m
		}
	}
	return nil
}

// Find is the function of that name, or nil.
func (m *Module) Find(name string) *Func {
	for i := range m.Funcs {
		if m.Funcs[i].Name == name {
			return &m.Funcs[i]
		}
	}
	return nil
}

// Table makes the module in L. made is told of every function.
func (m Module) Table(L *lua.LState, host *Host, made func(*lua.LFunction, Func)) *lua.LTable {
	t := L.CreateTable(0, len(m.Funcs))
	for _, f := range m.Funcs {
		name := m.Name + "." + f.Name
		fn := L.NewFunction(func(L *lua.LState) int {
			return host.Guard(L, name, func() int {
				c := &call{L: L, host: host, name: name, params: f.Params}
				result, err := f.run(c)
				if err != nil {
					c.raise(err)
				}
				L.Push(c.encode(result))
				return 1
			})
		})
		t.RawSetString(f.Name, fn)
		made(fn, f)
	}
	if m.Values != nil {
		for name, v := range m.Values(L) {
			t.RawSetString(name, v)
		}
	}
	// A name that is not there is told, as it is for client.
	mt := L.NewTable()
	mt.RawSetString("__index", L.NewFunction(m.unknown))
	t.Metatable = mt
	return t
}

func (m Module) unknown(L *lua.LState) int {
	key, ok := L.Get(2).(lua.LString)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	var names []string
	for _, f := range m.Funcs {
		names = append(names, f.Name)
	}
	L.RaiseError("%s has no function %q%s; it has %s", m.Name, string(key), meant(string(key), names), strings.Join(names, ", "))
	return 0
}

func didYouMean(near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", near)
}
