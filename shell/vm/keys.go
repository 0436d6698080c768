package vm

import (
	"cmp"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// keysOf are the keys of a table: those of its list part, n of them, then numbers, strings,
// booleans, each sorted, then the rest.
func keysOf(t *lua.LTable) (keys []lua.LValue, n int) {
	for n = 0; t.RawGetInt(n+1) != lua.LNil; n++ {
		keys = append(keys, lua.LNumber(n+1))
	}
	var rest []lua.LValue
	t.ForEach(func(k, _ lua.LValue) {
		if i, ok := k.(lua.LNumber); ok && float64(i) == float64(int(i)) && i >= 1 && int(i) <= n {
			return
		}
		rest = append(rest, k)
	})
	slices.SortStableFunc(rest, compareKeys)
	return append(keys, rest...), n
}

func compareKeys(a, b lua.LValue) int {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch x := a.(type) {
	case lua.LNumber:
		return cmp.Compare(x, b.(lua.LNumber))
	case lua.LString:
		return cmp.Compare(x, b.(lua.LString))
	case lua.LBool:
		if x == b.(lua.LBool) {
			return 0
		}
		if !bool(x) {
			return -1
		}
		return 1
	}
	return 0
}

func rank(v lua.LValue) int {
	switch v.(type) {
	case lua.LNumber:
		return 0
	case lua.LString:
		return 1
	case lua.LBool:
		return 2
	}
	return 3
}
