package vm

import (
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// conversions are those of strftime that gopher-lua does not know, or takes for others: every day is
// its "mon", and a date the time of day.
var conversions = map[byte]func(time.Time) string{
	'a': func(t time.Time) string { return t.Format("Mon") },
	'c': func(t time.Time) string { return t.Format("Mon Jan _2 15:04:05 2006") },
	'x': func(t time.Time) string { return t.Format("01/02/06") },
	'D': func(t time.Time) string { return t.Format("01/02/06") },
	'e': func(t time.Time) string { return t.Format("_2") },
	'R': func(t time.Time) string { return t.Format("15:04") },
	'T': func(t time.Time) string { return t.Format("15:04:05") },
	'j': func(t time.Time) string { return t.Format("002") },
	'U': func(t time.Time) string { return fmt.Sprintf("%02d", (t.YearDay()+6-int(t.Weekday()))/7) },
	'W': func(t time.Time) string { return fmt.Sprintf("%02d", (t.YearDay()+6-(int(t.Weekday())+6)%7)/7) },
}

// date is Lua's os.date. A time that is nil is now.
func date(original *lua.LFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		format := L.OptString(1, "%c")
		seconds := lua.LNumber(time.Now().Unix())
		if L.Get(2) != lua.LNil {
			seconds = L.CheckNumber(2)
		}
		t := time.Unix(int64(seconds), 0)
		text, utc := strings.CutPrefix(format, "!")
		if utc {
			t = t.UTC()
		}
		var b strings.Builder
		for i := 0; i < len(format); i++ {
			if format[i] != '%' || i+1 == len(format) {
				b.WriteByte(format[i])
				continue
			}
			i++
			if convert := conversions[format[i]]; convert != nil {
				b.WriteString(convert(t))
			} else {
				b.WriteString(format[i-1 : i+1])
			}
		}
		L.SetTop(0)
		L.Push(lua.LString(b.String()))
		L.Push(seconds)
		n := forward(L, original)
		if fields, ok := L.Get(-1).(*lua.LTable); ok && strings.HasPrefix(text, "*t") {
			fields.RawSetString("yday", lua.LNumber(t.YearDay()))
		}
		return n
	}
}

// seconds is Lua's os.time, which needs a day: gopher-lua would give some time before it for one that is missing.
func seconds(original *lua.LFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		if fields, ok := L.Get(1).(*lua.LTable); ok {
			for _, name := range []string{"day", "month", "year"} {
				if _, ok := asNumber(fields.RawGetString(name)); !ok {
					L.RaiseError("field '%s' missing in date table", name)
				}
			}
		}
		return forward(L, original)
	}
}
