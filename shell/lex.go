package shell

import "strings"

// kind is what a piece of Lua source is.
type kind int

const (
	word    kind = iota // a name
	keyword             // end, function, ...
	text                // a string, with its quotes
	number
	comment
	mark // an operator or bracket
)

// token is a piece of source; blanks are between tokens. open is set on the last one when the
// source ends inside of it: a string or a comment that is not closed.
type token struct {
	kind       kind
	start, end int // bytes
	open       bool
}

var keywords = map[string]bool{
	"and": true, "break": true, "do": true, "else": true, "elseif": true, "end": true, "false": true,
	"for": true, "function": true, "goto": true, "if": true, "in": true, "local": true, "nil": true,
	"not": true, "or": true, "repeat": true, "return": true, "then": true, "true": true,
	"until": true, "while": true,
}

// lex takes source apart as a person sees it while typing, so it never fails: a string that lacks
// its closing quote ends with the line.
func lex(source string) []token {
	var tokens []token
	for i := 0; i < len(source); {
		c := source[i]
		t := token{start: i}
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case strings.HasPrefix(source[i:], "--"):
			t.kind = comment
			if n, closed := longBracket(source[i+2:]); n > 0 {
				i, t.open = i+2+n, !closed
			} else if n := strings.IndexByte(source[i:], '\n'); n >= 0 {
				i += n
			} else {
				i, t.open = len(source), true
			}
		case c == '"' || c == '\'':
			t.kind = text
			n, closed := quoted(source[i:])
			i += n
			t.open = !closed && i == len(source)
		case c == '[':
			if n, closed := longBracket(source[i:]); n > 0 {
				t.kind, i, t.open = text, i+n, !closed
			} else {
				t.kind = mark
				i++
			}
		case isLetter(c):
			for i < len(source) && (isLetter(source[i]) || isDigit(source[i])) {
				i++
			}
			if keywords[source[t.start:i]] {
				t.kind = keyword
			}
		case isDigit(c) || c == '.' && i+1 < len(source) && isDigit(source[i+1]):
			t.kind = number
			for i < len(source) && (isLetter(source[i]) || isDigit(source[i]) || source[i] == '.' ||
				(source[i] == '+' || source[i] == '-') && strings.ContainsRune("eE", rune(source[i-1]))) {
				i++
			}
		default:
			t.kind = mark
			i++
		}
		t.end = i
		tokens = append(tokens, t)
	}
	return tokens
}

func isLetter(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// quoted is the length of the string in quotes that s begins with.
func quoted(s string) (length int, closed bool) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case s[0]:
			return i + 1, true
		case '\\':
			i++
		case '\n':
			return i, false
		}
	}
	return len(s), false
}

// longBracket is the length of the [[...]] or [=[...]=] that s begins with; 0 if it does not.
func longBracket(s string) (length int, closed bool) {
	level := 0
	for level+1 < len(s) && s[level+1] == '=' {
		level++
	}
	if len(s) < level+2 || s[0] != '[' || s[level+1] != '[' {
		return 0, false
	}
	closing := "]" + strings.Repeat("=", level) + "]"
	if n := strings.Index(s[level+2:], closing); n >= 0 {
		return level + 2 + n + len(closing), true
	}
	return len(s), false
}

// mainPrompt is what a statement begins behind.
const mainPrompt = "> "

// continuation is the prompt for the next line of a statement that is not complete: one > for the
// statement and one for every block and bracket that is open, or the delimiter of the long string
// or comment it is inside of. It is at most 12 columns wide.
func continuation(source string) string {
	depth := 0
	for _, t := range lex(source) {
		switch s := source[t.start:t.end]; {
		case t.open && t.kind == text:
			if s[0] == '[' {
				return "]] "
			}
			return s[:1] + "> "
		case t.open && t.kind == comment && strings.HasPrefix(s, "--["):
			return "--]] "
		case t.kind == keyword:
			switch s {
			case "function", "do", "if", "repeat":
				depth++
			case "end", "until":
				depth--
			}
		case t.kind == mark:
			switch s {
			case "(", "{", "[":
				depth++
			case ")", "}", "]":
				depth--
			}
		}
	}
	return strings.Repeat(">", 1+min(max(1, depth), 10)) + " "
}
