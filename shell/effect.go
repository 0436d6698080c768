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

// verbOf is the verb that an entry is a call of and nothing else, whatever name its function or its
// client was given; nil for any other entry. It is looked up when the entry has run, which may have
// given the name, and nothing is called for it.
func (s *Session) verbOf(source string) *verbs.Verb {
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
	function := call.Func
	if call.Method != "" { // client:push(...)
		function = &ast.AttrGetExpr{Object: call.Receiver, Key: &ast.StringExpr{Value: call.Method}}
	}
	if member, ok := function.(*ast.AttrGetExpr); ok { // connect{...}.push(...)
		made, _ := member.Object.(*ast.FuncCallExpr)
		name, _ := member.Key.(*ast.StringExpr)
		if made != nil && name != nil && made.Method == "" && s.vm.Topic(dotted(made.Func)) == verbs.Connect.Name {
			return verbs.Find(verbs.GroupClient + "." + name.Value)
		}
	}
	verb, _ := s.vm.Callee(dotted(function))
	return verb
}

// dotted is the path that an expression is, such as "client.push"; empty for any other expression.
func dotted(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.IdentExpr:
		return x.Value
	case *ast.AttrGetExpr:
		key, ok := x.Key.(*ast.StringExpr)
		if path := dotted(x.Object); ok && path != "" && !strings.Contains(key.Value, ".") {
			return path + "." + key.Value
		}
	}
	return ""
}

// isEmptyList tells whether values are one table with nothing in it.
func isEmptyList(values []lua.LValue) bool {
	if len(values) != 1 {
		return false
	}
	t, ok := values[0].(*lua.LTable)
	if !ok {
		return false
	}
	first, _ := t.Next(lua.LNil)
	return first == lua.LNil
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
