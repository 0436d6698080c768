package vm

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// maxRepeat is how long a string string.rep makes, in bytes: one slip must not end the shell.
const maxRepeat = 64 << 20

// openStrings replaces what gopher-lua does by Go's rules: string.rep and table.concat without a
// limit, and string.format, which there takes Go's verbs and any argument.
func (m *VM) openStrings() {
	lib := m.L.GetGlobal("string").(*lua.LTable)
	lib.RawSetString("rep", m.L.NewFunction(rep))
	lib.RawSetString("format", m.L.NewFunction(format))
	m.L.GetGlobal("table").(*lua.LTable).RawSetString("concat", m.L.NewFunction(concat))
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
