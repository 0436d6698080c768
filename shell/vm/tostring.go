package vm

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/memory"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// patience is how long the calls of __tostring may take, all together, when the prompt prints a value.
// Nobody can interrupt them there.
const patience = time.Second

// toString calls the __tostring of a value from outside of a program, which must have ended by a time,
// and cannot be harmed by it.
func (m *VM) toString(v lua.LValue, until time.Time) (text string, err error) {
	if !time.Now().Before(until) {
		return "", errors.New("it was not called, for others took too long")
	}
	ctx, cancel := context.WithDeadline(m.epoch, until)
	defer cancel()
	held, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ctx = held
	defer memory.Watch(m.opt.Memory, func(over *memory.Error) { stop(over) })()
	m.L.SetContext(ctx)
	defer func() { m.L.SetContext(m.epoch) }()
	base := m.L.GetTop()
	defer m.L.SetTop(base)
	m.L.Push(m.L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(value.ToString(L, L.Get(1))))
		return 1
	}))
	m.L.Push(v)
	if err := m.L.PCall(1, 1, nil); err != nil {
		if over := overMemory(ctx); over != nil {
			return "", over
		}
		if m.exit != nil {
			// Nobody would see the value, and the next entry would be the one that leaves.
			m.exit = nil
			m.renew()
			return "", errors.New("it calls os.exit")
		}
		if ctx.Err() != nil {
			return "", errors.New("it does not end")
		}
		var api *lua.ApiError
		if errors.As(err, &api) {
			return "", errors.New(strings.TrimSpace(api.Object.String()))
		}
		return "", err
	}
	return m.L.Get(-1).String(), nil
}

// quoted writes a string as a Lua literal in which nothing can move the cursor or change colours.
func quoted(s string) string {
	return `"` + escape(s, `"\`) + `"`
}

// plain is s without anything that a terminal acts on.
func plain(s string) string { return escape(s, "") }

func escape(s, also string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := decodeRune(s[i:])
		switch {
		case r >= 0 && strings.ContainsRune(also, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0 || !printable(r):
			for _, c := range []byte(s[i : i+size]) {
				b.WriteString(decimal(c))
			}
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}
