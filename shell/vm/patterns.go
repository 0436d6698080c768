package vm

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/pm"
)

// hardWork is how many steps a match may take at worst before it is made interruptible.
const hardWork = 1e6

// openPatterns lets an interrupt end a match that would take for ever, such as
// ("a"):rep(40):find(("a*"):rep(20) .. "b"): Lua's matching goes through all the ways there are.
// gsub and gmatch look for one match after the other; gmatch gives a function that can be called
// without a for loop, as Lua does.
func (m *VM) openPatterns() {
	lib := m.L.GetGlobal("string").(*lua.LTable)
	lib.RawSetString("gsub", m.L.NewFunction(gsub))
	for _, name := range []string{"find", "match"} {
		original := lib.RawGetString(name).(*lua.LFunction)
		lib.RawSetString(name, m.L.NewFunction(func(L *lua.LState) int {
			probe(L, "string."+name)
			text, start := startOf(L)
			if pattern, ok := L.Get(2).(lua.LString); ok && pattern == "" && name == "find" && text {
				L.Push(lua.LNumber(start))
				L.Push(lua.LNumber(start - 1))
				return 2
			}
			if forward(L, original) == 0 {
				L.Push(lua.LNil) // that of gopher-lua gives no value where nothing matches
			}
			return L.GetTop()
		}))
	}
	iterate := m.L.NewFunction(func(L *lua.LState) int {
		m := matchesOf("string.gmatch", L.CheckString(1), L.CheckString(2))
		L.Push(L.NewFunction(func(L *lua.LState) int {
			md := m.next(L)
			if md == nil {
				return 0
			}
			values := m.captures(md)
			for _, v := range values {
				L.Push(v)
			}
			return len(values)
		}))
		return 1
	})
	lib.RawSetString("gmatch", iterate)
	lib.RawSetString("gfind", iterate)
}

// startOf is where find and match are told to start, as Lua takes it: at most behind the last character,
// whereas gopher-lua fails far behind it, or starts at the first one. It is false when there is no text.
func startOf(L *lua.LState) (text bool, start int) {
	if !lua.LVCanConvToString(L.Get(1)) {
		return false, 1
	}
	behind := float64(len(L.CheckString(1)) + 1)
	at, ok := L.Get(3).(lua.LNumber)
	if !ok {
		return true, 1
	}
	wanted := float64(at)
	if wanted < 0 {
		wanted += behind
	}
	start = int(max(1, min(wanted, behind)))
	if math.IsNaN(wanted) {
		start = 1
	}
	L.Replace(3, lua.LNumber(start))
	return true, start
}

// probe does a match that may take long where it can be left behind first. What ends in time is then
// done again by the function itself.
func probe(L *lua.LState, op string) {
	text, isText := L.Get(1).(lua.LString)
	pattern, isPattern := L.Get(2).(lua.LString)
	if !isText || !isPattern || work(string(pattern), len(text)) < hardWork {
		return
	}
	if op == "string.find" && lua.LVAsBool(L.Get(4)) {
		return // plain text
	}
	m := matchesOf(op, string(text), string(pattern))
	m.apart(L, L.Context(), func() (found []*pm.MatchData, err error) {
		defer func() { recover() }() // the function itself will say it
		return pm.Find(m.pattern, m.text, 0, 1)
	})
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
