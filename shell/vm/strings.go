package vm

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// maxRepeat is how long a string string.rep makes, in bytes: one slip must not end the shell.
const maxRepeat = 64 << 20

// openStrings replaces what gopher-lua does by Go's rules: string.rep and table.concat without a
// limit, string.format, which there takes Go's verbs and any argument, lower and upper, which write
// something else for bytes that are no UTF-8, and char, which takes any number for a byte. It lets
// string.byte give one byte by default, and table.remove take nothing off a list at a place before it.
func (m *VM) openStrings() {
	lib := m.L.GetGlobal("string").(*lua.LTable)
	lib.RawSetString("rep", m.L.NewFunction(rep))
	lib.RawSetString("format", m.L.NewFunction(format))
	lib.RawSetString("lower", m.L.NewFunction(inCase(strings.ToLower, 'A', 'Z')))
	lib.RawSetString("upper", m.L.NewFunction(inCase(strings.ToUpper, 'a', 'z')))
	lib.RawSetString("char", m.L.NewFunction(char))
	lib.RawSetString("byte", m.L.NewFunction(bytesOf))
	tables := m.L.GetGlobal("table").(*lua.LTable)
	tables.RawSetString("concat", m.L.NewFunction(concat))
	tables.RawSetString("remove", m.L.NewFunction(remove(tables.RawGetString("remove").(*lua.LFunction))))
}

// inCase changes the letters of a text. Of bytes that are none it changes those from first to last, as Lua does.
func inCase(change func(string) string, first, last byte) lua.LGFunction {
	return func(L *lua.LState) int {
		s := L.CheckString(1)
		if utf8.ValidString(s) {
			L.Push(lua.LString(change(s)))
			return 1
		}
		out := []byte(s)
		for i, c := range out {
			if first <= c && c <= last {
				out[i] = c ^ 0x20
			}
		}
		L.Push(lua.LString(out))
		return 1
	}
}

func char(L *lua.LState) int {
	out := make([]byte, L.GetTop())
	for i := range out {
		n := L.CheckInt(i + 1)
		if n < 0 || n > 255 {
			L.ArgError(i+1, "a byte is between 0 and 255")
		}
		out[i] = byte(n)
	}
	L.Push(lua.LString(out))
	return 1
}

// bytesOf is string.byte: one byte unless it is told where to end, and from 0 on is from 1 on.
func bytesOf(L *lua.LState) int {
	s := L.CheckString(1)
	from := L.OptInt(2, 1)
	to := L.OptInt(3, from)
	if from < 0 {
		from = max(from+len(s)+1, 1)
	}
	if to < 0 {
		to += len(s) + 1
	}
	from, to = max(from, 1), min(to, len(s))
	if from > to {
		return 0
	}
	for _, c := range []byte(s[from-1 : to]) {
		L.Push(lua.LNumber(c))
	}
	return to - from + 1
}

// remove is table.remove, for which gopher-lua takes the last item for one at 0 or before it.
func remove(original *lua.LFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		L.CheckTable(1)
		if L.GetTop() > 1 && L.CheckInt(2) < 1 {
			L.Push(lua.LNil)
			return 1
		}
		return forward(L, original)
	}
}

func rep(L *lua.LState) int {
	s, n, sep := L.CheckString(1), float64(L.CheckNumber(2)), L.OptString(3, "")
	if n < 1 {
		L.Push(lua.LString(""))
		return 1
	}
	if size := n*float64(len(s)) + (n-1)*float64(len(sep)); size > maxRepeat {
		L.RaiseError("string.rep would make %s bytes; the limit is %d", value.FormatNumber(size), maxRepeat)
	} else if size == 0 {
		n = 0
	}
	if sep == "" {
		L.Push(lua.LString(strings.Repeat(s, int(n))))
	} else {
		L.Push(lua.LString(strings.Repeat(s+sep, int(n)-1) + s))
	}
	return 1
}

// format is string.format of Lua 5.1, except that %s takes any value, as from Lua 5.2 on.
func format(L *lua.LState) int {
	f := L.CheckString(1)
	var b strings.Builder
	arg := 1
	for i := 0; i < len(f); i++ {
		if f[i] != '%' {
			b.WriteByte(f[i])
			continue
		}
		i++
		if i < len(f) && f[i] == '%' {
			b.WriteByte('%')
			continue
		}
		start := i
		for i < len(f) && strings.IndexByte("-+ #0123456789.", f[i]) >= 0 {
			i++
		}
		spec := f[start:i]
		if i >= len(f) {
			L.RaiseError("string.format: the format ends in the middle of %%%s", spec)
		}
		checkWidth(L, spec)
		arg++
		formatOne(L, &b, spec, f[i], arg)
		checkLength(L, "string.format", b.Len())
	}
	L.Push(lua.LString(b.String()))
	return 1
}

// checkWidth keeps width and precision at two digits, as Lua does.
func checkWidth(L *lua.LState, spec string) {
	for part := range strings.SplitSeq(strings.TrimLeft(spec, "-+ #0"), ".") {
		if len(part) > 2 || strings.Count(spec, ".") > 1 {
			L.RaiseError("string.format: %%%s is no format (width or precision too long)", spec)
		}
	}
}

func formatOne(L *lua.LState, b *strings.Builder, spec string, verb byte, arg int) {
	if arg > L.GetTop() {
		L.ArgError(arg, "no value")
	}
	switch verb {
	case 'd', 'i':
		fmt.Fprintf(b, "%"+spec+"d", int64(L.CheckNumber(arg)))
	case 'u', 'x', 'X', 'o':
		if verb == 'u' {
			verb = 'd'
		}
		n := float64(L.CheckNumber(arg))
		if n < 0 {
			fmt.Fprintf(b, "%"+spec+string(verb), uint64(int64(n)))
		} else {
			fmt.Fprintf(b, "%"+spec+string(verb), uint64(n))
		}
	case 'c':
		fmt.Fprintf(b, "%"+spec+"s", string([]byte{byte(int64(L.CheckNumber(arg)))}))
	case 'e', 'E', 'f', 'F', 'g', 'G':
		formatFloat(b, spec, verb, float64(L.CheckNumber(arg)))
	case 'q':
		b.WriteString(quote(L.CheckString(arg)))
	case 's':
		formatString(b, spec, value.ToString(L, L.Get(arg)))
	default:
		L.RaiseError("string.format: %%%s%c is no format", spec, verb)
	}
}

// formatFloat writes %g with six digits by default, as C does; Go would write all there are.
func formatFloat(b *strings.Builder, spec string, verb byte, n float64) {
	if (verb == 'g' || verb == 'G') && !strings.Contains(spec, ".") {
		spec += ".6"
	}
	text := fmt.Sprintf("%"+spec+string(verb), n)
	// Go writes +Inf and NaN where C writes inf and nan.
	if strings.ContainsAny(text, "IN") && (n != n || n-n != 0) {
		text = strings.ReplaceAll(strings.ToLower(text), "+inf", "inf")
	}
	b.WriteString(text)
}

// formatString counts bytes, as C does; Go counts runes.
func formatString(b *strings.Builder, spec, s string) {
	left := strings.Contains(spec, "-")
	width, precision, limited := strings.Cut(strings.TrimLeft(spec, "-+ #0"), ".")
	if limited {
		if n, _ := strconv.Atoi(precision); n < len(s) {
			s = s[:n]
		}
	}
	n, _ := strconv.Atoi(width)
	pad := strings.Repeat(" ", max(0, n-len(s)))
	if left {
		b.WriteString(s + pad)
	} else {
		b.WriteString(pad + s)
	}
}

// quote writes a string so that Lua reads it back.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\n':
			b.WriteString("\\n")
		case '\r':
			b.WriteString("\\r")
		case 0:
			b.WriteString("\\000")
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
