package vm

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// Limits of what the prompt shows of one value. print shows all of it.
const (
	maxItems = 1000 // of a list of results
	maxKeys  = 100  // of any other table
	maxLevel = 6    // tables within tables
	maxDepth = 200  // of those, however much is shown: a chain of a million would end the process
	maxText  = 4000 // bytes of a string
)

// Render writes a value for a person: strings quoted, keys sorted, lists of results numbered,
// tables on one line when they fit into width columns. What would move the cursor is escaped.
// Width 0 means that nobody reads it at a prompt: lines of 80 columns, and nothing is left out but tables that
// are nested very deep.
// The text has no line break at its end. __tostring is honoured; one that fails, or does not
// end, is said in its place.
func (m *VM) Render(v lua.LValue, width int) string {
	p := &printer{m: m, width: width, limited: width > 0, seen: map[*lua.LTable]bool{}, until: time.Now().Add(patience)}
	if width <= 0 {
		p.width = 80
	}
	if t, ok := v.(*lua.LTable); ok {
		if text, ok := p.results(t); ok {
			return text
		}
	}
	return p.value(v, 0, 0)
}

type printer struct {
	m       *VM
	width   int
	limited bool
	seen    map[*lua.LTable]bool // the tables around the one being written
	until   time.Time            // when the last __tostring must have ended
}

// value writes v, whose first line begins in the given column.
func (p *printer) value(v lua.LValue, level, column int) string {
	switch x := v.(type) {
	case lua.LString:
		return p.text(string(x))
	case lua.LNumber:
		return value.FormatNumber(float64(x))
	case *lua.LTable:
		return p.table(x, level, column)
	case *lua.LFunction:
		if signature := p.m.signature(x); signature != "" {
			return "function " + signature
		}
		return "function"
	case *lua.LUserData:
		if raised, ok := value.AsError(x); ok {
			return fmt.Sprintf("error %s: %s", raised.Err.Code, lines(raised.Err.Error()))
		}
		if p.m.L.GetMetaField(x, "__tostring") != lua.LNil {
			return p.custom(x)
		}
		return "userdata"
	case *lua.LState:
		return "thread"
	}
	return v.String()
}

func (p *printer) text(s string) string {
	if p.limited && len(s) > maxText {
		cut := maxText
		for cut > maxText-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		return fmt.Sprintf("%s... (%d bytes more)", quoted(s[:cut]), len(s)-cut)
	}
	return quoted(s)
}

// custom writes a value by its __tostring.
func (p *printer) custom(v lua.LValue) string {
	text, err := p.m.toString(v, p.until)
	if err != nil {
		return fmt.Sprintf("<error in __tostring: %s>", plain(err.Error()))
	}
	return lines(text)
}

// lines makes each line of a text harmless.
func lines(text string) string {
	parts := strings.Split(text, "\n")
	for i, line := range parts {
		parts[i] = plain(line)
	}
	return strings.Join(parts, "\n")
}

func (p *printer) table(t *lua.LTable, level, column int) string {
	own := value.RecordType(t) != nil || value.IsList(p.m.L, t)
	if !value.IsList(p.m.L, t) && p.m.L.GetMetaField(t, "__tostring") != lua.LNil {
		text := p.custom(t)
		if own && !strings.Contains(text, "\n") {
			return quoted(text)
		}
		return text
	}
	switch {
	case p.seen[t]:
		return "<the same table again>"
	case level >= maxLevel && p.limited && !empty(t), level >= maxDepth:
		return "{...}"
	}
	p.seen[t] = true
	defer delete(p.seen, t)

	keys, n := keysOf(t)
	indent := strings.Repeat("  ", level+1)
	var parts []string
	single, split, left := 2, false, 0
	for i, k := range keys {
		if p.limited && i >= maxKeys {
			left = len(keys) - i
			break
		}
		prefix := ""
		if i >= n {
			prefix = p.key(k) + " = "
		}
		part := prefix + p.value(t.RawGet(k), level+1, len(indent)+utf8.RuneCountInString(prefix))
		parts = append(parts, part)
		single += utf8.RuneCountInString(part) + 2
		split = split || strings.Contains(part, "\n")
	}
	if left > 0 {
		parts = append(parts, fmt.Sprintf("... and %d more", left))
		single += 20
	}
	if !split && column+single-2 <= p.width {
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return "{\n" + indent + strings.Join(parts, ",\n"+indent) + ",\n" + indent[2:] + "}"
}

func empty(t *lua.LTable) bool {
	k, _ := t.Next(lua.LNil)
	return k == lua.LNil
}

func (p *printer) key(k lua.LValue) string {
	switch x := k.(type) {
	case lua.LString:
		return keyLiteral(string(x))
	case lua.LNumber:
		return "[" + value.FormatNumber(float64(x)) + "]"
	case lua.LBool:
		return "[" + strconv.FormatBool(bool(x)) + "]"
	}
	return "[" + k.Type().String() + "]"
}
