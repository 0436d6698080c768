package vm

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/shell/nearest"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// vague are the errors of gopher-lua that do not say which variable or field was no function, or
// had no members.
var vague = regexp.MustCompile(`^(.+):(\d+): attempt to (?:index a non-table object\((\w+)\) with key '(.*)'|call a non-function object)$`)

// blame says in a vague error what was nil, by the source of the line it is about, with the name
// that was probably meant. Where the line leaves a doubt, the message stays as it is, but in the
// words of Lua.
func (m *VM) blame(message string) string {
	found := vague.FindStringSubmatch(message)
	if found == nil {
		return message
	}
	chunk, kind, key := found[1], found[3], found[4]
	line, _ := strconv.Atoi(found[2])
	at := fmt.Sprintf("%s:%d: attempt to ", chunk, line)
	suspects, locals := m.suspects(chunk, line, kind != "", key)
	suspects = m.guilty(suspects, locals, kind)
	if len(suspects) != 1 {
		if kind == "" {
			return at + "call what is no function"
		}
		return fmt.Sprintf("%sindex a %s value with key %q", at, kind, key)
	}
	path := suspects[0]
	if kind == "" {
		kind = "no function"
		if v, known := m.at(path, locals); known {
			kind = v.Type().String()
		}
		at += "call " + path
	} else {
		at += "index " + path
	}
	switch kind {
	case "nil":
		at += ", which is nil"
	case "no function":
		at += ", which is " + kind
	default:
		at += ", which is a " + kind
	}
	if near := m.meant(path, locals); near != "" && kind == "nil" {
		at += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return at
}

// suspects are the paths that a line of a chunk indexes with the key, or calls, each once, and the
// names that are local somewhere in the chunk.
func (m *VM) suspects(chunk string, line int, index bool, key string) (paths []string, locals map[string]bool) {
	source, known := m.sources[chunk]
	if !known {
		return nil, nil
	}
	stmts, err := parse.Parse(strings.NewReader(source), chunk)
	if err != nil {
		return nil, nil
	}
	seen := map[string]bool{}
	add := func(e ast.Expr) {
		if path := pathOf(e); !seen[path] {
			seen[path] = true
			paths = append(paths, path)
		}
	}
	locals = map[string]bool{}
	visit(reflect.ValueOf(stmts), func(node any) {
		switch x := node.(type) {
		case *ast.LocalAssignStmt:
			for _, name := range x.Names {
				locals[name] = true
			}
		case *ast.NumberForStmt:
			locals[x.Name] = true
		case *ast.GenericForStmt:
			for _, name := range x.Names {
				locals[name] = true
			}
		case *ast.ParList:
			for _, name := range x.Names {
				locals[name] = true
			}
		case *ast.AttrGetExpr:
			if index && x.Line() == line && (!constant(x.Key) || keyText(x.Key) == key) {
				add(x.Object)
			}
		case *ast.FuncCallExpr:
			switch {
			case x.Line() != line:
			case index && x.Receiver != nil && x.Method == key:
				add(x.Receiver)
			case !index && x.Receiver != nil:
				add(&ast.AttrGetExpr{Object: x.Receiver, Key: &ast.StringExpr{Value: x.Method}})
			case !index:
				add(x.Func)
			}
		}
	})
	return paths, locals
}

// guilty leaves out, when there are several, what can be called or is of another kind.
func (m *VM) guilty(paths []string, locals map[string]bool, kind string) []string {
	if len(paths) < 2 {
		return paths
	}
	var out []string
	for _, path := range paths {
		v, known := m.at(path, locals)
		callable := known && (v.Type() == lua.LTFunction || m.L.GetMetaField(v, "__call") != lua.LNil)
		if kind == "" && callable || kind != "" && known && v.Type().String() != kind {
			continue
		}
		out = append(out, path)
	}
	return out
}

// at is what a path of globals leads to; false when that cannot be told.
func (m *VM) at(path string, locals map[string]bool) (lua.LValue, bool) {
	root, _, _ := strings.Cut(path, ".")
	if locals[root] || !isPath(path) {
		return lua.LNil, false
	}
	return m.lookup(path), true
}

// Meant is the path that somebody probably meant who wrote one that leads to nothing: "client.push"
// for "client.psuh"; empty when nothing is near. No code of the user is called.
func (m *VM) Meant(path string) string {
	if !m.mu.TryLock() {
		return ""
	}
	defer m.mu.Unlock()
	return m.meant(path, nil)
}

func (m *VM) meant(path string, locals map[string]bool) string {
	v, known := m.at(path, locals)
	if !known || v != lua.LNil {
		return ""
	}
	owner, name := lua.LValue(m.global()), path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		owner, name = m.lookup(path[:i]), path[i+1:]
		path = path[:i+1]
	} else {
		path = ""
	}
	if owner == lua.LNil {
		return ""
	}
	var names []string
	for _, member := range m.members(owner) {
		names = append(names, member.Name)
	}
	if near := nearest.Of(name, names); near != "" {
		return path + near
	}
	return ""
}

// isPath tells whether s is names with dots between them.
func isPath(s string) bool {
	for name := range strings.SplitSeq(s, ".") {
		if !isName(name) {
			return false
		}
	}
	return true
}

// maxPath is how many parts an expression has that is written out: one longer says nothing to a person,
// and in a chain of thousands each part is a suspect.
const maxPath = 16

// pathOf writes an expression as a person would point at it.
func pathOf(e ast.Expr) string { return pathWithin(e, maxPath) }

func pathWithin(e ast.Expr, parts int) string {
	if parts == 0 {
		return "(...)"
	}
	switch x := e.(type) {
	case *ast.IdentExpr:
		return x.Value
	case *ast.StringExpr:
		return quoted(x.Value)
	case *ast.AttrGetExpr:
		object := pathWithin(x.Object, parts-1)
		if s, ok := x.Key.(*ast.StringExpr); ok && isName(s.Value) {
			return object + "." + s.Value
		}
		if constant(x.Key) {
			return object + "[" + keyText(x.Key) + "]"
		}
		return object + "[...]"
	case *ast.FuncCallExpr:
		if x.Receiver != nil {
			return pathWithin(x.Receiver, parts-1) + ":" + x.Method + "(...)"
		}
		return pathWithin(x.Func, parts-1) + "(...)"
	}
	return "(...)"
}

func constant(e ast.Expr) bool {
	_, ok := e.(ast.ConstExpr)
	return ok
}

func keyText(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.StringExpr:
		return x.Value
	case *ast.NumberExpr:
		return x.Value
	}
	return ""
}

// visit calls f with every node of a tree of package ast.
func visit(v reflect.Value, f func(node any)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Pointer {
			f(v.Interface())
		}
		visit(v.Elem(), f)
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				visit(v.Field(i), f)
			}
		}
	}
}
