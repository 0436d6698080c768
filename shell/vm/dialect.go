package vm

import (
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// checkEscapes refuses the escapes of later versions of Lua, \x41, \u{48} and \z, which the
// scanner takes for the letters themselves.
func checkEscapes(chunk, source string) error {
	line := 1
	for i := 0; i < len(source); {
		rest := source[i:]
		switch {
		case rest[0] == '\n':
			line++
			i++
		case strings.HasPrefix(rest, "--") || rest[0] == '[':
			n := skipLong(rest)
			line += strings.Count(rest[:n], "\n")
			i += n
		case rest[0] == '"' || rest[0] == '\'':
			n, bad := skipString(rest)
			if bad != "" {
				return &parse.Error{
					Pos:     ast.Position{Source: chunk, Line: line + strings.Count(rest[:n], "\n")},
					Message: bad + ` is no escape of Lua 5.1; write \ and three decimal digits for a byte`,
				}
			}
			line += strings.Count(rest[:n], "\n")
			i += n
		default:
			i++
		}
	}
	return nil
}

// skipLong is the length of the comment or long string that s begins with; 1 when it begins with
// neither, but only with a bracket.
func skipLong(s string) int {
	open := 0
	comment := strings.HasPrefix(s, "--")
	if comment {
		open = 2
	}
	level := 0
	if open < len(s) && s[open] == '[' {
		for open+1+level < len(s) && s[open+1+level] == '=' {
			level++
		}
		if open+1+level < len(s) && s[open+1+level] == '[' {
			if end := strings.Index(s, "]"+strings.Repeat("=", level)+"]"); end >= 0 {
				return end + level + 2
			}
			return len(s)
		}
	}
	if !comment {
		return 1
	}
	if end := strings.IndexByte(s, '\n'); end >= 0 {
		return end
	}
	return len(s)
}

// skipString is the length of the quoted string that s begins with, or up to an escape that is
// none, which it names.
func skipString(s string) (n int, bad string) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case s[0]:
			return i + 1, ""
		case '\\':
			i++
			if i < len(s) && strings.IndexByte("xuz", s[i]) >= 0 {
				return i, `\` + s[i:i+1]
			}
		}
	}
	return len(s), ""
}

// slips are what people write who come from another language, or a later Lua, by the text at the
// place of a syntax error.
var slips = []struct{ text, hint string }{
	{"!=", "not equal is ~="},
	{"!", "not is a word: not x"},
	{"&&", "and is a word"},
	{"||", "or is a word"},
	{"//", "there is no // in Lua 5.1; write math.floor(a / b)"},
	{"+=", "write x = x + 1"},
	{"++", "write x = x + 1"},
	{"-=", "write x = x - 1"},
	{"<const>", "there is no <const> in Lua 5.1"},
	{"<close>", "there is no <close> in Lua 5.1"},
	{"=", "a comparison is ==, an assignment a statement of its own"},
	{"&", "there are no bit operators in Lua 5.1"},
	{"|", "there are no bit operators in Lua 5.1"},
}

// slipAt is a hint on a syntax error; empty when there is none. Columns count from 1.
func slipAt(source string, line, column int) string {
	lines := strings.Split(source, "\n")
	if line < 1 || line > len(lines) || column < 1 || column > len(lines[line-1]) {
		return ""
	}
	text := lines[line-1]
	for _, s := range slips {
		// Of //, += and -= the parser sees the second character.
		if strings.HasPrefix(text[column-1:], s.text) || column > 1 && len(s.text) == 2 && strings.HasPrefix(text[column-2:], s.text) {
			return s.hint
		}
	}
	return ""
}
