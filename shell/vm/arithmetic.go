package vm

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// operators are those of arithmetic, by their metamethod, with the name that gopher-lua has for them.
var operators = map[string]struct {
	name string
	of   func(a, b float64) float64
}{
	"__add": {"add", func(a, b float64) float64 { return a + b }},
	"__sub": {"sub", func(a, b float64) float64 { return a - b }},
	"__mul": {"mul", func(a, b float64) float64 { return a * b }},
	"__div": {"div", func(a, b float64) float64 { return a / b }},
	"__mod": {"mod", modulo},
	"__pow": {"pow", math.Pow},
}

// openArithmetic gives strings metamethods that read a number in a string as Lua writes numbers, as tonumber
// does. Where there are none gopher-lua reads it as Go does: "010" would be 8, and "1_0" a number.
func openArithmetic(L *lua.LState) {
	mt := L.NewTable()
	lib := L.GetGlobal("string").(*lua.LTable)
	mt.RawSetString("__index", lib)
	lib.RawSetString("__index", lua.LNil) // it was its own metatable
	for event := range operators {
		mt.RawSetString(event, L.NewFunction(func(L *lua.LState) int { return arithmetic(L, event) }))
	}
	mt.RawSetString("__unm", L.NewFunction(func(L *lua.LState) int {
		n, ok := asNumber(L.Get(1))
		if !ok {
			L.RaiseError("__unm undefined")
		}
		L.Push(lua.LNumber(-n))
		return 1
	}))
	L.SetMetatable(lua.LString(""), mt)
}

// arithmetic is called when one of two operands is a string, and that one before the metamethod of the
// other, which Lua would have called.
func arithmetic(L *lua.LState, event string) int {
	left, right := L.Get(1), L.Get(2)
	a, isA := asNumber(left)
	b, isB := asNumber(right)
	if isA && isB {
		L.Push(lua.LNumber(operators[event].of(a, b)))
		return 1
	}
	if _, isText := left.(lua.LString); isText {
		if other, ok := L.GetMetaField(right, event).(*lua.LFunction); ok && right.Type() != lua.LTString {
			L.Push(other)
			L.Push(left)
			L.Push(right)
			L.Call(2, 1)
			return 1
		}
	}
	L.RaiseError("cannot perform %s operation between %s and %s", operators[event].name, left.Type(), right.Type())
	return 0
}

// asNumber is a number, or that of a string.
func asNumber(v lua.LValue) (float64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// numeral is how Lua writes a number.
var numeral = regexp.MustCompile(`^[+-]?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)$`)

// parseNumber reads a number as Lua writes it, with blanks around it.
func parseNumber(text string) (float64, bool) {
	digits := strings.Trim(text, " \t\n\v\f\r")
	if !numeral.MatchString(digits) {
		return 0, false
	}
	if strings.ContainsAny(digits, "xX") {
		digits += "p0"
	}
	n, _ := strconv.ParseFloat(digits, 64) // what is out of range is infinite, or 0
	return n, true
}

// modulo has the sign of b.
func modulo(a, b float64) float64 {
	n := math.Mod(a, b)
	if b > 0 && n < 0 || b < 0 && n > 0 {
		n += b
	}
	return n
}

// toNumber reads decimal numbers with an exponent, and those that are too large for an integer, of which
// gopher-lua makes nil, and gives an error for a base that is none.
func toNumber(L *lua.LState) int {
	v := L.CheckAny(1)
	result := lua.LValue(lua.LNil)
	if base := L.OptInt(2, 10); base != 10 {
		if base < 2 || base > 36 {
			L.ArgError(2, "base out of range")
		}
		if n, ok := inBase(L.CheckString(1), base); ok {
			result = lua.LNumber(n)
		}
	} else if n, ok := asNumber(v); ok {
		result = lua.LNumber(n)
	}
	L.Push(result)
	return 1
}

// inBase reads an integer of another base than ten.
func inBase(text string, base int) (float64, bool) {
	digits, negative := strings.Trim(text, " \t\n\v\f\r"), false
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits, negative = digits[1:], digits[0] == '-'
	}
	if base == 16 && len(digits) > 2 && strings.EqualFold(digits[:2], "0x") {
		digits = digits[2:]
	}
	if digits == "" || strings.ContainsAny(digits, "+-_") {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // what is out of range is the largest, as in Lua
		return 0, false
	}
	if negative {
		return -float64(n), true
	}
	return float64(n), true
}
