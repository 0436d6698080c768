package vm

import (
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// maxNesting is how deep source text may nest: brackets, blocks, and operands of operators. The
// compiler goes as deep into itself, with half a kilobyte a level and more, and some million levels
// end the process; Lua itself takes 200.
const maxNesting = 5000

// checkNesting refuses a program that nests deeper, before it is parsed. It counts at least what the
// parser would: without line ends a statement is told from the one before by two operands in a row.
func checkNesting(chunk, source string) error {
	if len(source) <= maxNesting {
		return nil
	}
	scanner := parse.NewScanner(strings.NewReader(source), chunk)
	lexer := &parse.Lexer{}
	n := &nesting{open: []level{{}}}
	for {
		token, err := scanner.Scan(lexer)
		if err != nil || token.Type == parse.EOF {
			return nil // the parser says what is wrong
		}
		lexer.PrevTokenType = token.Type
		n.read(token)
		if n.depth > maxNesting {
			return &parse.Error{Pos: token.Pos, Message: fmt.Sprintf("nested deeper than %d levels", maxNesting), Token: token.Str}
		}
	}
}

// nesting is how deep the tokens that were read nest.
type nesting struct {
	open    []level // the program, and the brackets and blocks that are open
	depth   int     // the levels of all of them
	operand bool    // the last token may end an operand
}

// level is an open bracket or block: its own levels, more than one for an if with elseifs, and those
// of the expression in it.
type level struct{ own, chain int }

func (n *nesting) read(token ast.Token) {
	operand := n.operand
	n.operand = false
	switch token.Type {
	case '(', '[', '{':
		if operand { // a call or an index
			n.link()
		}
		n.push()
	case parse.TFunction:
		if operand {
			n.end()
		}
		n.push()
	case parse.TIf, parse.TDo, parse.TRepeat:
		n.end()
		n.push()
	case ')', ']', '}', parse.TEnd:
		n.pop()
		n.operand = true
	case parse.TUntil:
		n.pop()
		n.end()
	case parse.TElseIf:
		n.end()
		n.open[len(n.open)-1].own++
		n.depth++
	case parse.TString:
		if operand { // a call
			n.link()
		}
		n.operand = true
	case parse.TIdent, parse.TNumber, parse.TNil, parse.TTrue, parse.TFalse, parse.T3Comma:
		if operand {
			n.end()
		}
		n.operand = true
	case ',', ';', '=', parse.T2Colon, parse.TLocal, parse.TReturn, parse.TBreak, parse.TGoto,
		parse.TWhile, parse.TFor, parse.TIn, parse.TThen, parse.TElse:
		n.end()
	default: // an operator, a dot or a colon
		n.link()
	}
}

func (n *nesting) link() {
	n.open[len(n.open)-1].chain++
	n.depth++
}

// end is the end of an expression.
func (n *nesting) end() {
	n.depth -= n.open[len(n.open)-1].chain
	n.open[len(n.open)-1].chain = 0
}

func (n *nesting) push() {
	n.open = append(n.open, level{own: 1})
	n.depth++
}

func (n *nesting) pop() {
	last := len(n.open) - 1
	if last == 0 {
		return // one too many
	}
	n.depth -= n.open[last].own + n.open[last].chain
	n.open = n.open[:last]
}
