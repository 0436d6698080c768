package vm

import (
	"context"
	"math"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/pm"
)

// hardWork is how many steps a match may take at worst before it is made interruptible.
const hardWork = 1e6

// openPatterns lets an interrupt end a match that would take for ever, such as
// ("a"):rep(40):find(("a*"):rep(20) .. "b"): Lua's matching goes through all the ways there are.
// It also makes gmatch give a function that can be called without a for loop, as Lua does.
func (m *VM) openPatterns() {
	lib := m.L.GetGlobal("string").(*lua.LTable)
	for _, name := range []string{"find", "match", "gsub"} {
		original := lib.RawGetString(name).(*lua.LFunction)
		lib.RawSetString(name, m.L.NewFunction(func(L *lua.LState) int {
			probe(L, "string."+name)
			return forward(L, original)
		}))
	}
	gmatch := lib.RawGetString("gmatch").(*lua.LFunction)
	iterate := m.L.NewFunction(func(L *lua.LState) int {
		probe(L, "string.gmatch")
		forward(L, gmatch)
		next, state := L.Get(1), L.Get(2)
		done := false
		L.Push(L.NewFunction(func(L *lua.LState) int {
			L.SetTop(0)
			if done {
				return 0
			}
			L.Push(next)
			L.Push(state)
			L.Call(1, lua.MultRet)
			// The first result is the state again, or there is none at the end.
			done = L.GetTop() == 0 || L.Get(1) == lua.LNil
			return L.GetTop()
		}))
		return 1
	})
	lib.RawSetString("gmatch", iterate)
	lib.RawSetString("gfind", iterate)
}

// probe does a match that may take long on a goroutine of its own first, where it can be left
// behind; nothing can end it there. What ends in time is then done again by the function itself.
func probe(L *lua.LState, op string) {
	s, isText := L.Get(1).(lua.LString)
	pattern, isPattern := L.Get(2).(lua.LString)
	if !isText || !isPattern || work(string(pattern), len(s)) < hardWork {
		return
	}
	if op == "string.find" && lua.LVAsBool(L.Get(4)) {
		return // plain text
	}
	limit := 1
	if op == "string.gsub" || op == "string.gmatch" {
		limit = -1
	}
	ctx, ended := L.Context(), make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { recover() }() // the function itself will say it
		pm.Find(string(pattern), []byte(s), 0, limit)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		value.Raise(L, op, &client.Error{Op: op, Code: client.Canceled, Err: context.Cause(ctx)})
	}
}

// work is about how many steps a match takes at worst: the length to the power of what can be
// repeated, and once more for the places where a match can begin.
func work(pattern string, n int) float64 {
	power := float64(strings.Count(pattern, "*") + strings.Count(pattern, "+") + strings.Count(pattern, "-"))
	if !strings.HasPrefix(pattern, "^") {
		power++
	}
	return math.Pow(float64(n), power)
}
