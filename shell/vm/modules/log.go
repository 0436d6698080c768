package modules

import (
	"io"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
)

var logModule = Module{
	Name:    "log",
	Summary: "tell the user something, on standard error",
	Funcs: []Func{
		{Name: "info", Params: "...", run: logTo(func(h *Host) func(string) { return h.Note }),
			Help:     "a remark, shown on a terminal or with --verbose; a cron job stays silent",
			Examples: []string{`log.info("pushed", 3, "images")`}},
		{Name: "warn", Params: "...", run: logTo(func(h *Host) func(string) { return h.Warn }),
			Help: "a warning, always shown"},
		{Name: "error", Params: "...", run: logTo(func(h *Host) func(string) {
			return func(text string) { io.WriteString(h.Stderr, "error: "+text+"\n") }
		}),
			Help: "an error, always shown; the script goes on"},
		{Name: "debug", Params: "...", run: logTo(func(h *Host) func(string) { return h.Debug }),
			Help: "shown with --debug only"},
	},
}

func logTo(to func(*Host) func(string)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		parts := make([]string, c.L.GetTop())
		for i := range parts {
			parts[i] = value.ToString(c.L, c.L.Get(i+1))
		}
		to(c.host)(strings.Join(parts, " "))
		return nil, nil
	}
}
