package value

import (
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const listType = "list"

func openLists(L *lua.LState) {
	mt := L.NewTypeMetatable(listType)
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		t := L.CheckTable(1)
		items := make([]string, t.Len())
		for i := range items {
			items[i] = ToString(L, t.RawGetInt(i+1))
		}
		L.Push(lua.LString(Numbered(items)))
		return 1
	}))
}

// NewList makes an empty list with room for n items, whose text is the numbered list.
func NewList(L *lua.LState, n int) *lua.LTable {
	t := L.CreateTable(n, 0)
	t.Metatable = L.GetTypeMetatable(listType)
	return t
}

// IsList tells whether t is a list made here.
func IsList(L *lua.LState, t *lua.LTable) bool {
	return t.Metatable == L.GetTypeMetatable(listType)
}

// Numbered writes items one a line with their number before them, as sregistry does: the number,
// filled up to two columns, and a blank.
//
//	1  blueberry/pancake-latest.simg
//	10 collection/container-latest.simg
func Numbered(items []string) string {
	label := max(2, len(strconv.Itoa(len(items))))
	lines := make([]string, len(items))
	for i, item := range items {
		lines[i] = fmt.Sprintf("%-*d %s", label, i+1, item)
	}
	return strings.Join(lines, "\n")
}
