package shell

import (
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// verbOf is the verb of client that an entry is a call of and nothing else; nil for any other
// entry.
func verbOf(source string) *verbs.Verb {
	stmts, err := parse.Parse(strings.NewReader("return "+source), "entry")
	if err != nil || len(stmts) != 1 {
		return nil
	}
	result, ok := stmts[0].(*ast.ReturnStmt)
	if !ok || len(result.Exprs) != 1 {
		return nil
	}
	call, ok := result.Exprs[0].(*ast.FuncCallExpr)
	if !ok {
		return nil
	}
	object, name := call.Receiver, call.Method // client:push(...)
	if f, ok := call.Func.(*ast.AttrGetExpr); ok {
		object = f.Object
		if key, ok := f.Key.(*ast.StringExpr); ok {
			name = key.Value
		}
	}
	on, ok := object.(*ast.IdentExpr)
	if !ok || on.Value != verbs.GroupClient && on.Value != verbs.GroupLibrary {
		return nil
	}
	return verbs.Find(on.Value + "." + name)
}

// madeForEffect tells whether an entry is nothing but the call of a verb that changes something.
// The images and files that it was about are what the user has just typed; they are in _ all the
// same.
func madeForEffect(source string) bool {
	verb := verbOf(source)
	return verb != nil && verb.Mutates
}

// foundNothing is what a verb that an entry is a call of says of an empty list; empty for any other
// entry or value.
func foundNothing(source string, values []lua.LValue) string {
	if len(values) != 1 {
		return ""
	}
	t, ok := values[0].(*lua.LTable)
	if !ok {
		return ""
	}
	if first, _ := t.Next(lua.LNil); first != lua.LNil {
		return ""
	}
	if verb := verbOf(source); verb != nil {
		return verb.Empty
	}
	return ""
}

// onlyNames tells whether values are an image or a path, or a list of them.
func onlyNames(values []lua.LValue) bool {
	if len(values) != 1 {
		return false
	}
	v := values[0]
	if t, ok := v.(*lua.LTable); ok && t.Len() > 0 {
		v = t.RawGetInt(1)
	}
	if _, ok := v.(lua.LString); ok {
		return true
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return false
	}
	switch record, _ := value.Record(t); record.(type) {
	case client.Image, client.LocalImage:
		return true
	}
	return false
}
