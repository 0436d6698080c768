// Package value is the crossing between Go and Lua: results of verbs and modules become Lua
// values, arguments become Go values, and a *client.Error becomes a value that a script can take
// apart.
//
// It promises that what was encoded decodes to the same thing, that an image table made here is
// known again wherever a name is taken, and that nothing here calls code of the user except
// ToString, which is said there. It knows no verb and no terminal.
//
// Every function runs on the goroutine that owns the Lua state. It is tested by tables and by
// property tests of the round trip.
package value

import lua "github.com/yuin/gopher-lua"

// Open makes the metatables of this package in L. It is called once a state.
func Open(L *lua.LState) {
	openErrors(L)
	openLists(L)
}
