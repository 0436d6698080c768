package vm

import (
	"strings"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// maxString is how long a string is that one call makes, in bytes: as long as what fs.read reads. The
// watch over memory stops a program between two steps, and not within one. A test makes it less.
var maxString = 256 << 20

// checkLength raises an error when a call would make more than maxString bytes.
func checkLength(L *lua.LState, op string, size int) {
	if size > maxString {
		L.RaiseError("%s would make more than %d MiB, which is the limit", op, maxString>>20)
	}
}

// concat is table.concat. Unlike gopher-lua's it looks at the length first, and has no limit to
// the number of strings.
func concat(L *lua.LState) int {
	list, between := L.CheckTable(1), L.OptString(2, "")
	from, to := L.OptInt(3, 1), L.OptInt(4, list.Len())
	size := 0
	for i := from; i <= to; i++ {
		v := list.RawGetInt(i)
		if !lua.LVCanConvToString(v) {
			L.RaiseError("invalid value (%s) at index %d in table for concat", v.Type().String(), i)
		}
		if s, ok := v.(lua.LString); ok {
			size += len(s)
		}
		if i < to {
			size += len(between)
		}
		checkLength(L, "table.concat", size)
	}
	var b strings.Builder
	b.Grow(size)
	for i := from; i <= to; i++ {
		b.WriteString(value.ToString(L, list.RawGetInt(i)))
		if i < to {
			b.WriteString(between)
		}
	}
	L.Push(lua.LString(b.String()))
	return 1
}
