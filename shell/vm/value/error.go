package value

import (
	"fmt"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	lua "github.com/yuin/gopher-lua"
)

const errorType = "error"

// Raised is what an error value holds: the error, and where it was raised.
type Raised struct {
	Err   *client.Error
	Where string // "script.lua:3:", or empty when no Lua code called
}

// ErrorFields are the names an error value answers to, in the order help shows them.
var ErrorFields = []string{"code", "op", "image", "message", "hint", "done", "failed"}

func openErrors(L *lua.LState) {
	mt := L.NewTypeMetatable(errorType)
	check := func(L *lua.LState) *Raised {
		if ud, ok := L.Get(1).(*lua.LUserData); ok {
			if r, ok := ud.Value.(*Raised); ok {
				return r
			}
		}
		L.ArgError(1, "an error value expected")
		return nil
	}
	set := func(name string, f lua.LGFunction) { mt.RawSetString(name, L.NewFunction(f)) }
	set("__tostring", func(L *lua.LState) int {
		L.Push(lua.LString(check(L).Err.Error()))
		return 1
	})
	set("__concat", concat)
	set("__index", func(L *lua.LState) int {
		r := check(L)
		L.Push(errorField(L, r.Err, L.ToString(2)))
		return 1
	})
	mt.RawSetString("__metatable", lua.LString(errorType))
}

func errorField(L *lua.LState, e *client.Error, name string) lua.LValue {
	switch name {
	case "code":
		return lua.LString(e.Code)
	case "op":
		return lua.LString(e.Op)
	case "image":
		if e.Image != "" {
			return lua.LString(e.Image)
		}
	case "message":
		return lua.LString(e.Error())
	case "hint":
		if e.Hint != "" {
			return lua.LString(e.Hint)
		}
	case "done":
		if e.Code == client.Partial || len(e.Done) > 0 || len(e.Failed) > 0 {
			return Encode(L, e.Done)
		}
	case "failed":
		if e.Code == client.Partial || len(e.Failed) > 0 {
			return Encode(L, e.Failed)
		}
	}
	return lua.LNil
}

// NewError makes the Lua value of an error.
func NewError(L *lua.LState, e *client.Error) lua.LValue {
	ud := L.NewUserData()
	ud.Value = &Raised{Err: e, Where: Where(L)}
	ud.Metatable = L.GetTypeMetatable(errorType)
	return ud
}

// AsError is the error that a Lua value holds; false when it holds none.
func AsError(v lua.LValue) (*Raised, bool) {
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return nil, false
	}
	r, ok := ud.Value.(*Raised)
	return r, ok
}

// Raise raises err as a Lua error value; it does not return. An error that is no *client.Error
// gets the code that client.CodeOf gives it, and op as what was tried.
func Raise(L *lua.LState, op string, err error) {
	e, ok := err.(*client.Error)
	if !ok {
		e = &client.Error{Op: op, Code: client.CodeOf(err), Err: err}
	}
	L.Error(NewError(L, e), 1)
}

// Where is the place in Lua code that is being run, as "script.lua:3:"; empty outside of it.
func Where(L *lua.LState) string {
	for level := 0; ; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			return ""
		}
		if _, err := L.GetInfo("Sl", dbg, lua.LNil); err == nil && dbg.What != "G" && dbg.CurrentLine > 0 {
			return fmt.Sprintf("%s:%d:", strings.TrimPrefix(dbg.Source, "@"), dbg.CurrentLine)
		}
	}
}
