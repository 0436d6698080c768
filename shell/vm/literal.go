package vm

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
)

// literal writes a decoded value as Lua source, for messages that say how a call is written.
func literal(v any) string {
	switch x := v.(type) {
	case nil:
		return "nil"
	case string:
		return quoted(x)
	case float64:
		return value.FormatNumber(x)
	case client.Image:
		return quoted(x.Path())
	case []any:
		parts := make([]string, len(x))
		for i, item := range x {
			parts[i] = literal(item)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = keyLiteral(k) + "=" + literal(x[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

var (
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	keywords   = map[string]bool{}
)

func init() {
	for _, word := range strings.Fields(`and break do else elseif end false for function goto if in
		local nil not or repeat return then true until while`) {
		keywords[word] = true
	}
}

// isName tells whether s can stand behind a dot.
func isName(s string) bool { return identifier.MatchString(s) && !keywords[s] }

func keyLiteral(k string) string {
	if isName(k) {
		return k
	}
	return "[" + quoted(k) + "]"
}

// decodeRune is the first rune of s and its length; -1 for a byte that is no UTF-8.
func decodeRune(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		return -1, 1
	}
	return r, size
}

// printable tells whether a terminal shows r and does nothing else with it.
func printable(r rune) bool { return unicode.IsPrint(r) }

// decimal is Lua's escape of one byte.
func decimal(c byte) string { return fmt.Sprintf(`\%03d`, c) }
