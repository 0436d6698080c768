package modules

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

var timeModule = Module{
	Name:    "time",
	Summary: "times in seconds since 1970 and as text, in UTC",
	Funcs: []Func{
		{Name: "now", Params: "", Help: "the seconds since 1970, with fractions", run: timeNow},
		{Name: "utc", Params: "[seconds]", Help: "a time, by default now, as image.modified writes it", run: timeUTC,
			Examples: []string{`assert(time.utc(0) == "1970-01-01T00:00:00Z")`}},
		{Name: "parse", Params: "text", Help: "the seconds of a time as ISO 8601 or an HTTP date; without a zone it is UTC", run: timeParse,
			Examples: []string{`assert(time.parse("2026-11-22T21:05:33Z") == 1795381533)`}},
		{Name: "format", Params: "time [, format]", Help: "seconds or a text that parse reads, by a strftime format, in UTC", run: timeFormat,
			Examples: []string{`assert(time.format("2026-11-22T21:05:33Z", "%d.%m.%Y") == "22.11.2026")`}},
		{Name: "sleep", Params: "seconds", Help: "wait; an interrupt ends it", run: timeSleep,
			Examples: []string{`time.sleep(0.01)`}},
	},
}

func timeNow(*call) (any, error) { return float64(time.Now().UnixMicro()) / 1e6, nil }

func (c *call) seconds(i int, name string) time.Time {
	n := c.num(i, name)
	if math.IsNaN(n) || math.Abs(n) > 1e11 {
		c.raise(c.invalid("%s is out of range", name))
	}
	whole, fraction := math.Modf(n)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC()
}

func timeUTC(c *call) (any, error) {
	t := time.Now().UTC()
	if c.has(1) {
		t = c.seconds(1, "seconds")
	}
	return t.Format(value.TimeFormat), nil
}

var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04Z07:00",
	"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02", "20060102T150405Z07:00", "20060102",
	time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC,
}

// ParseTime reads a time in one of the forms that servers and people write.
func ParseTime(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func timeParse(c *call) (any, error) {
	text := c.str(1, "text")
	t, ok := ParseTime(text)
	if !ok {
		return nil, c.invalid("%q is no time; write it like 2026-11-22T21:05:33Z or 2026-11-22", text)
	}
	return float64(t.Unix()) + float64(t.Nanosecond())/1e9, nil
}

func timeFormat(c *call) (any, error) {
	var t time.Time
	switch v := c.L.Get(1).(type) {
	case lua.LNumber:
		t = c.seconds(1, "time")
	case lua.LString:
		var ok bool
		if t, ok = ParseTime(string(v)); !ok {
			return nil, c.invalid("%q is no time", string(v))
		}
	default:
		return nil, c.wrong(1, "time", "a number or a text")
	}
	format := c.optStr(2, "format", "")
	if format == "" {
		return t.Format(value.TimeFormat), nil
	}
	// Lua's own os.date knows strftime.
	date, ok := c.L.GetField(c.L.GetGlobal("os"), "date").(*lua.LFunction)
	if !ok {
		return nil, c.invalid("os.date is gone")
	}
	c.L.Push(date)
	c.L.Push(lua.LString("!" + format))
	c.L.Push(lua.LNumber(t.Unix()))
	c.L.Call(2, 1)
	return c.L.Get(-1), nil
}

func timeSleep(c *call) (any, error) {
	n := c.num(1, "seconds")
	if math.IsNaN(n) || n > 1e9 {
		return nil, c.invalid("%v is no time to wait", n)
	}
	timer := time.NewTimer(time.Duration(n * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil, nil
	case <-c.ctx().Done():
		return nil, &client.Error{Op: c.name, Code: client.Canceled, Err: context.Cause(c.ctx())}
	}
}
