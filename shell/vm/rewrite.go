package vm

import (
	"fmt"
	"reflect"

	"github.com/yuin/gopher-lua/ast"
)

// rewrite writes what the compiler of gopher-lua 1.1.2 gets wrong as something that means the same.
func rewrite(stmts []ast.Stmt) {
	walk(reflect.ValueOf(stmts))
}

func walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		switch x := v.Interface().(type) {
		case *ast.Field:
			adjust(x)
		case *ast.LocalAssignStmt:
			scope(x)
		case *ast.WhileStmt:
			x.Condition = decided(x.Condition)
			x.Stmts = steadied(x.Stmts)
		case *ast.RepeatStmt:
			x.Stmts = steadied(x.Stmts)
		case *ast.GenericForStmt:
			x.Stmts = steadied(x.Stmts)
		}
		walk(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i))
			if stmt, ok := v.Index(i).Interface().(*ast.AssignStmt); ok && mixes(stmt) {
				v.Index(i).Set(reflect.ValueOf(inTurn(stmt)))
			}
			if i > 0 {
				steady(v.Index(i-1), v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walk(v.Field(i))
			}
		}
	}
}

// adjust lets a call or ... behind a name give one value in a table constructor, as it does in Lua. The
// compiler takes {"a", n = f()} for one whose last item gives several, and stores another item,
// which is what the call gave.
func adjust(field *ast.Field) {
	if field.Key != nil {
		single(field.Value)
	}
}

// scope lets local f = function ... end know no f inside of the function but what was f before, as in Lua. The
// compiler takes it for local function f, which alone has a last line.
func scope(stmt *ast.LocalAssignStmt) {
	if len(stmt.Names) != 1 || len(stmt.Exprs) != 1 || stmt.LastLine() != 0 {
		return
	}
	if f, ok := stmt.Exprs[0].(*ast.FunctionExpr); ok {
		extra := &ast.NilExpr{}
		extra.SetLine(f.LastLine())
		extra.SetLastLine(f.LastLine())
		stmt.Exprs = append(stmt.Exprs, extra)
	}
}

// decided is the condition of a loop without what false and nil decide before an and: there the compiler
// takes the beginning of the program for that of the loop.
func decided(e ast.Expr) ast.Expr {
	switch x := e.(type) {
	case *ast.UnaryNotOpExpr:
		x.Expr = decided(x.Expr)
	case *ast.LogicalOpExpr:
		x.Lhs, x.Rhs = decided(x.Lhs), decided(x.Rhs)
		isFalse, isTrue := known(x.Lhs)
		switch {
		case x.Operator == "and" && isFalse, x.Operator == "or" && isTrue:
			return x.Lhs
		case x.Operator == "and" && isTrue, x.Operator == "or" && isFalse:
			return x.Rhs
		}
	}
	return e
}

// known tells what an expression is as a condition, if that is known.
func known(e ast.Expr) (isFalse, isTrue bool) {
	switch x := e.(type) {
	case *ast.FalseExpr, *ast.NilExpr:
		return true, false
	case *ast.TrueExpr, *ast.NumberExpr, *ast.StringExpr:
		return false, true
	case *ast.UnaryNotOpExpr:
		isFalse, isTrue = known(x.Expr)
		return isTrue, isFalse
	}
	return false, false
}

// mixes tells whether an assignment to several variables may go wrong: the compiler gives a local one its
// value before it looks at the next value, so a, b = b, a makes both the same.
func mixes(stmt *ast.AssignStmt) bool {
	if len(stmt.Lhs) < 2 {
		_, isName := stmt.Lhs[0].(*ast.IdentExpr)
		return isName && (len(stmt.Rhs) > 1 || misplaced(stmt.Rhs[0]))
	}
	names := 0
	for _, to := range stmt.Lhs {
		if _, ok := to.(*ast.IdentExpr); ok {
			names++
		}
	}
	if names == 0 {
		return false
	}
	for _, value := range stmt.Rhs {
		if _, ok := value.(ast.ConstExpr); !ok {
			return true
		}
	}
	return names < len(stmt.Lhs)
}

// misplaced tells whether the compiler may go wrong where it computes a value in the register of the local
// variable that gets it: after x = y.z and 1 it kept its old value where y.z is false or nil, and
// s = (s:gsub("a", "b")) put the function where s is, when that is the last parameter of a function.
func misplaced(value ast.Expr) bool {
	switch x := value.(type) {
	case *ast.LogicalOpExpr:
		return true
	case *ast.FuncCallExpr:
		return x.AdjustRet
	case *ast.Comma3Expr:
		return x.AdjustRet
	}
	return false
}

// inTurn is an assignment that looks first at what is assigned to, then at all values, and then assigns
// them, from the last to the first as Lua does.
func inTurn(stmt *ast.AssignStmt) ast.Stmt {
	places := &ast.LocalAssignStmt{}
	values := &ast.LocalAssignStmt{Exprs: stmt.Rhs}
	at := func(node ast.PositionHolder) {
		node.SetLine(stmt.Line())
		node.SetLastLine(stmt.LastLine())
	}
	name := func(text string) *ast.IdentExpr { // one that nobody can write
		ident := &ast.IdentExpr{Value: text}
		at(ident)
		return ident
	}
	keep := func(e ast.Expr, text string) ast.Expr {
		if _, ok := e.(ast.ConstExpr); ok {
			return e
		}
		places.Names, places.Exprs = append(places.Names, text), append(places.Exprs, single(e))
		return name(text)
	}
	block := &ast.DoBlockStmt{}
	var assign []ast.Stmt
	for i, to := range stmt.Lhs {
		if member, ok := to.(*ast.AttrGetExpr); ok {
			member.Object = keep(member.Object, fmt.Sprintf("(object %d)", i))
			member.Key = keep(member.Key, fmt.Sprintf("(key %d)", i))
		}
		value := fmt.Sprintf("(value %d)", i)
		values.Names = append(values.Names, value)
		one := &ast.AssignStmt{Lhs: []ast.Expr{to}, Rhs: []ast.Expr{name(value)}}
		at(one)
		assign = append(assign, one)
	}
	if len(places.Names) > 0 {
		at(places)
		block.Stmts = append(block.Stmts, places)
	}
	at(values)
	block.Stmts = append(block.Stmts, values)
	for i := len(assign) - 1; i >= 0; i-- {
		block.Stmts = append(block.Stmts, assign[i])
	}
	at(block)
	return block
}

// single is an expression that gives one value.
func single(e ast.Expr) ast.Expr {
	switch x := e.(type) {
	case *ast.FuncCallExpr:
		x.AdjustRet = true
	case *ast.Comma3Expr:
		x.AdjustRet = true
	}
	return e
}
