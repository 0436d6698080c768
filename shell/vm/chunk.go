package vm

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// compile makes a function of a program. Its error is a *ScriptError.
func (m *VM) compile(chunk, source string) (*lua.LFunction, error) {
	source = stripShebang(source)
	var stmts []ast.Stmt
	err := checkSource(chunk, source)
	if err == nil {
		stmts, err = parse.Parse(strings.NewReader(source), chunk)
	}
	if err == nil {
		err = checkLiterals(chunk, source)
	}
	if err != nil {
		return nil, m.syntaxError(chunk, source, err)
	}
	proto, err := generate(stmts, chunk)
	if err != nil {
		return nil, m.syntaxError(chunk, source, err)
	}
	if !strings.HasPrefix(chunk, "[string ") { // there may be any number of those
		m.sources[chunk] = source
	}
	return m.L.NewFunctionFromProto(proto), nil
}

// generate makes code. What the compiler of gopher-lua cannot hold, it may panic about.
func generate(stmts []ast.Stmt, chunk string) (proto *lua.FunctionProto, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the program is too large or too deep to compile: %v", r)
		}
	}()
	rewrite(stmts)
	if proto, err = lua.Compile(stmts, chunk); err == nil {
		err = mendConstructors(proto)
	}
	return proto, err
}

// stripShebang blanks a first line that starts with #, and keeps its line break so that line
// numbers stay right. A byte order mark goes too.
func stripShebang(source string) string {
	source = strings.TrimPrefix(source, "\ufeff")
	if !strings.HasPrefix(source, "#") {
		return source
	}
	if i := strings.IndexByte(source, '\n'); i >= 0 {
		return source[i:]
	}
	return ""
}

// notPrintable finds what the scanner took into a number beyond its end.
func notPrintable(r rune) bool { return r <= ' ' || r > '~' }

const malformedNumber = "malformed number"

// checkLiterals refuses numbers and strings that would not be what they seem.
func checkLiterals(chunk, source string) error {
	if err := checkNumbers(chunk, source); err != nil {
		return err
	}
	return checkEscapes(chunk, source)
}

// checkNumbers refuses what the compiler takes for a number and makes NaN of, such as 1e.
func checkNumbers(chunk, source string) error {
	scanner := parse.NewScanner(strings.NewReader(source), chunk)
	lexer := &parse.Lexer{}
	for {
		token, err := scanner.Scan(lexer)
		if err != nil || token.Type == parse.EOF {
			return nil // the parser has seen the error before
		}
		lexer.PrevTokenType = token.Type
		if token.Type != parse.TNumber || strings.HasPrefix(strings.ToLower(token.Str), "0x") {
			continue
		}
		if _, err := strconv.ParseFloat(token.Str, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
			return &parse.Error{Pos: token.Pos, Message: malformedNumber, Token: strings.TrimRightFunc(token.Str, notPrintable)}
		}
	}
}

// syntaxText is a parse error in Lua's own form: "x.lua:3: unexpected symbol near 'end'".
func syntaxText(chunk, source string, err error) string {
	var p *parse.Error
	if !errors.As(err, &p) {
		text := strings.TrimSpace(err.Error())
		if c := (*lua.CompileError)(nil); errors.As(err, &c) {
			// The compiler finds a goto without label at the end of the function.
			message, line, found := strings.Cut(c.Message, " at line ")
			if !found {
				line = strconv.Itoa(c.Line)
			}
			return fmt.Sprintf("%s:%s: %s", chunk, line, message)
		}
		return chunk + ":1: " + text
	}
	message := strings.TrimPrefix(p.Message, "syntax error: ")
	vague := message == "syntax error" || message == "parse error" || message == "Invalid token"
	if p.Pos.Line == parse.EOF {
		line := 1 + strings.Count(strings.TrimRight(source, "\n"), "\n")
		if vague {
			message = "unexpected end"
		}
		return fmt.Sprintf("%s:%d: %s", chunk, line, message)
	}
	if vague {
		message = "unexpected symbol"
	}
	text := fmt.Sprintf("%s:%d: %s", chunk, p.Pos.Line, message)
	if p.Token != "" {
		text += fmt.Sprintf(" near '%s'", p.Token)
	}
	if hint := slipAt(source, p.Pos.Line, p.Pos.Column); hint != "" {
		text += " (" + hint + ")"
	}
	return text
}

func (m *VM) syntaxError(chunk, source string, err error) *ScriptError {
	return &ScriptError{Message: m.place(syntaxText(chunk, source, err))}
}

// loadText compiles a string for load and its relatives: a function, or nil and a message.
func (m *VM) loadText(L *lua.LState, chunk, source string) int {
	fn, err := m.compile(strings.TrimPrefix(strings.TrimPrefix(chunk, "="), "@"), source)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(fn)
	return 1
}

// loadFile reads and compiles a file; - or no name is standard input.
func (m *VM) loadFile(name string) (*lua.LFunction, error) {
	var source string
	var err error
	if name == "" {
		name = "stdin"
		source, err = ReadSource(os.Stdin)
	} else {
		source, err = ReadSourceFile(name)
	}
	if err != nil {
		return nil, err
	}
	return m.compile(name, source)
}
