package vm

import (
	"reflect"

	"github.com/yuin/gopher-lua/ast"
)

// steadied is the body of a loop that does not begin with a jump, as a break is one. The compiler shortens a
// jump to another jump, and one that goes back finds the other shortened already, which it does not
// notice: for x in f do break end went on anywhere in the program.
func steadied(body []ast.Stmt) []ast.Stmt {
	if len(body) == 0 || !jumps(body[0]) {
		return body
	}
	return append([]ast.Stmt{nothing(body[0])}, body...)
}

// steady does the same for what follows a label, to which a goto may go back.
func steady(before, v reflect.Value) {
	if _, ok := before.Interface().(*ast.LabelStmt); !ok {
		return
	}
	switch stmt := v.Interface().(type) {
	case *ast.BreakStmt, *ast.DoBlockStmt, *ast.RepeatStmt, *ast.WhileStmt, *ast.IfStmt:
		stmt1 := stmt.(ast.Stmt)
		if jumps(stmt1) {
			block := &ast.DoBlockStmt{Stmts: []ast.Stmt{nothing(stmt1), stmt1}}
			block.SetLine(stmt1.Line())
			block.SetLastLine(stmt1.LastLine())
			v.Set(reflect.ValueOf(block))
		}
	}
}

// jumps tells whether the first instruction of a statement may be a jump.
func jumps(stmt ast.Stmt) bool {
	switch x := stmt.(type) {
	case *ast.BreakStmt, *ast.DoBlockStmt, *ast.RepeatStmt, *ast.WhileStmt, *ast.LabelStmt:
		return true
	case *ast.IfStmt:
		isFalse, isTrue := known(x.Condition)
		return isFalse || isTrue || decides(x.Condition)
	}
	return decides(stmt)
}

// decides tells whether a constant decides an and or an or.
func decides(node any) (found bool) {
	visit(reflect.ValueOf(node), func(node any) {
		if x, ok := node.(*ast.LogicalOpExpr); ok {
			isFalse, isTrue := known(x.Lhs)
			found = found || isFalse || isTrue
		}
	})
	return found
}

// nothing is a statement of one instruction that does nothing.
func nothing(at ast.PositionHolder) ast.Stmt {
	value := &ast.FalseExpr{}
	local := &ast.LocalAssignStmt{Names: []string{"(nothing)"}, Exprs: []ast.Expr{value}}
	block := &ast.DoBlockStmt{Stmts: []ast.Stmt{local}}
	for _, node := range []ast.PositionHolder{value, local, block} {
		node.SetLine(at.Line())
		node.SetLastLine(at.Line())
	}
	return block
}
