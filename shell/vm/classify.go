package vm

import (
	"errors"
	"strings"

	"github.com/yuin/gopher-lua/parse"
)

// Class is what a piece of input at the prompt is.
type Class int

// The classes.
const (
	Expression Class = iota // has values: `1 + 1`, `client.search()`; also empty input
	Statement               // runs: `x = 1`
	Incomplete              // needs more lines: `function f()`
	Invalid                 // is wrong whatever follows
)

// String names the class.
func (c Class) String() string {
	return [...]string{"expression", "statement", "incomplete", "invalid"}[c]
}

// Classify tells what a whole buffer of input is. For Incomplete and Invalid the error says what
// the parser missed; it is a *ScriptError whose Message begins "input:LINE:".
//
// The parser of gopher-lua marks an error at the end of input, but marks an unterminated string in
// the middle of a line in the same way, which no further line can mend unless a backslash ends it.
func Classify(source string) (Class, error) {
	source = stripShebang(source)
	if err := checkSource("input", source); err != nil {
		return Invalid, &ScriptError{Message: syntaxText("input", source, err)}
	}
	asExpression := parseOnly("return " + source)
	if asExpression == nil {
		return Expression, nil
	}
	asStatement := parseOnly(source)
	if asStatement == nil {
		return Statement, nil
	}
	class := Invalid
	if err := checkLiterals("input", source); err != nil {
		return Invalid, &ScriptError{Message: syntaxText("input", source, err)}
	}
	if open(asExpression, source) || open(asStatement, source) {
		class = Incomplete
	}
	err := asStatement
	if further(asExpression, asStatement) {
		err = unshifted(asExpression)
	}
	return class, &ScriptError{Message: syntaxText("input", source, err)}
}

func parseOnly(source string) error {
	_, err := parse.Parse(strings.NewReader(source), "input")
	if err == nil {
		err = checkLiterals("input", source)
	}
	return err
}

// open tells whether more input could mend the error.
func open(err error, source string) bool {
	var p *parse.Error
	if !errors.As(err, &p) || p.Pos.Line != parse.EOF {
		return false
	}
	return p.Message != "unterminated string" || strings.HasSuffix(strings.TrimRight(source, "\n"), `\`)
}

// unshifted is an error of "return " and the input at its place in the input.
func unshifted(err error) error {
	var p *parse.Error
	if !errors.As(err, &p) || p.Pos.Line != 1 {
		return err
	}
	moved := *p
	moved.Pos.Column -= len("return ")
	return &moved
}

// further tells whether the first error lies behind the second.
func further(a, b error) bool {
	var x, y *parse.Error
	if !errors.As(a, &x) || !errors.As(b, &y) || y.Pos.Line == parse.EOF {
		return false
	}
	if x.Pos.Line == parse.EOF || x.Pos.Line != y.Pos.Line {
		return x.Pos.Line == parse.EOF || x.Pos.Line > y.Pos.Line
	}
	column := x.Pos.Column
	if x.Pos.Line == 1 {
		column -= len("return ")
	}
	return column > y.Pos.Column
}

// Silenced tells whether input ends in a semicolon, by which a user says that its value is not to
// be printed.
func Silenced(source string) bool {
	scanner := parse.NewScanner(strings.NewReader(source), "input")
	lexer := &parse.Lexer{}
	last := 0
	for {
		token, err := scanner.Scan(lexer)
		if err != nil || token.Type == parse.EOF {
			return last == ';'
		}
		last, lexer.PrevTokenType = token.Type, token.Type
	}
}
