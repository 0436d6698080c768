package modules

import (
	"errors"
	"io"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
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
		{Name: "error", Params: "...", run: logTo(logError),
			Help: "an error, always shown; the script goes on. script.fail ends it"},
		{Name: "debug", Params: "...", run: logTo(func(h *Host) func(string) { return h.Debug }),
			Help: "shown with --debug only"},
	},
}

func logTo(to func(*Host) func(string)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		to(c.host)(c.text(1))
		return nil, nil
	}
}

// text is the arguments from i on as one text.
func (c *call) text(i int) string {
	var parts []string
	for ; i <= c.L.GetTop(); i++ {
		parts = append(parts, value.ToString(c.L, c.L.Get(i)))
	}
	return strings.Join(parts, " ")
}

// logError says what went wrong. It knows no code for it.
func logError(h *Host) func(string) {
	return func(text string) {
		if h.Mode.JSON() {
			h.Fail(&client.Error{Err: errors.New(text)})
			return
		}
		io.WriteString(h.Stderr, "error: "+text+"\n")
	}
}
