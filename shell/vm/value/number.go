package value

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// FormatNumber writes n as Lua 5.1 does, that is, with %.14g: 12345678.9 and not Go's
// 1.23456789e+07. Whole numbers below 2^63 are written in full, so that sizes stay readable.
func FormatNumber(n float64) string {
	switch {
	case math.IsInf(n, 1):
		return "inf"
	case math.IsInf(n, -1):
		return "-inf"
	case math.IsNaN(n):
		return "nan"
	case n == math.Trunc(n) && math.Abs(n) < 1<<63:
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatFloat(n, 'g', 14, 64)
}

// ToString is Lua's tostring: it calls __tostring, hence code of the user, and raises what that
// raises. A __tostring that gives no string is an error, as in Lua 5.1.
func ToString(L *lua.LState, v lua.LValue) string {
	switch x := v.(type) {
	case lua.LString:
		return string(x)
	case lua.LNumber:
		return FormatNumber(float64(x))
	}
	if f, ok := L.GetMetaField(v, "__tostring").(*lua.LFunction); ok {
		L.Push(f)
		L.Push(v)
		L.Call(1, 1)
		r := L.Get(-1)
		L.Pop(1)
		if !lua.LVCanConvToString(r) {
			L.RaiseError("'__tostring' must return a string, not a %s", r.Type())
		}
		return ToString(L, r)
	}
	return v.String()
}

// concat is the __concat of values made here: what `..` does with strings and numbers, and with
// values that have a text.
func concat(L *lua.LState) int {
	text := ""
	for i := 1; i <= 2; i++ {
		v := L.Get(i)
		if !lua.LVCanConvToString(v) && L.GetMetaField(v, "__tostring") == lua.LNil {
			L.RaiseError("attempt to concatenate a %s value", v.Type())
		}
		text += ToString(L, v)
	}
	L.Push(lua.LString(text))
	return 1
}
