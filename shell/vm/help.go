package vm

import (
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	lua "github.com/yuin/gopher-lua"
)

// documented remembers which verb a function is.
func (m *VM) documented(f *lua.LFunction, verb *verbs.Verb) {
	m.topics[f] = "client." + verb.Name
	m.signatures[f] = "client." + verb.Signature()
}

// signature is how a call of a function made here is written; empty for any other function.
func (m *VM) signature(f *lua.LFunction) string { return m.signatures[f] }
