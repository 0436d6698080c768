package vm

import (
	"context"
	"errors"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// openConnect makes the global connect.
func (m *VM) openConnect() {
	fn := m.L.NewFunction(func(L *lua.LState) int {
		return guard(L, "connect", func() int { return m.connectTo(L) })
	})
	m.L.SetGlobal("connect", fn)
	m.topics[fn], m.signatures[fn] = "connect", findShell("connect").signature
}

// connectTo makes a client of the settings on the stack, and gives its table. Close closes it. The
// same settings give the same client again, so that a session that connects in a loop holds one; only
// those of a cloud are read again, for its file may have changed.
func (m *VM) connectTo(L *lua.LState) int {
	var args []any
	for i := 1; i <= L.GetTop(); i++ {
		arg, err := value.Decode(L.Get(i))
		if err != nil {
			m.raise(L, verbs.Connect, invalid(verbs.Connect, "it cannot take %w", err))
		}
		args = append(args, arg)
	}
	request, err := verbs.BindConnect(args)
	if err != nil {
		m.raise(L, verbs.Connect, err)
	}
	if m.opt.Open == nil {
		m.raise(L, verbs.Connect, invalid(verbs.Connect, "%w", errNothing))
	}
	if c := m.connected[request]; c != nil && request.Cloud == "" {
		L.Push(c.table)
		return 1
	}
	made, err := m.opt.Open(request)
	if err != nil {
		m.raise(L, verbs.Connect, err)
	}
	c := m.newConnection(verbs.GroupClient, func(context.Context) (*client.Client, error) { return made, nil })
	c.client = made
	id := m.nextID
	m.nextID++
	m.stops[id] = func() {
		if err := made.Close(); err != nil {
			m.opt.Warn(err.Error())
		}
	}
	m.connected[request] = c
	L.Push(c.table)
	return 1
}

// connectionOf is the connection whose table v is; nil when it is none.
func (m *VM) connectionOf(v lua.LValue) *connection {
	if t, ok := v.(*lua.LTable); ok {
		if mt, ok := t.Metatable.(*lua.LTable); ok {
			if ud, ok := mt.RawGetString(value.Held).(*lua.LUserData); ok {
				c, _ := ud.Value.(*connection)
				return c
			}
		}
	}
	return nil
}

// Open is the client for a verb that takes another client.
func (c *connection) Open() (*client.Client, error) { return c.get(context.Background()) }

// text is what a connection looks like when it is printed.
func (c *connection) text(names []string) string {
	var b strings.Builder
	b.WriteString(c.name + ": " + strings.Join(names, ", ") + "\n")
	if c.client != nil && c.name == verbs.GroupClient {
		b.WriteString("connects to " + c.client.String() + "\n")
	}
	b.WriteString("help(" + c.name + ") explains, help(" + c.name + "." + names[0] + ") one of them")
	return b.String()
}

// connectHelp is the help on connect.
func connectHelp() string {
	text := verbs.Connect.HelpText()
	return strings.Replace(strings.TrimSuffix(text, "\n"), "client."+verbs.Connect.Signature()+": ", "", 1)
}

var errNothing = errors.New("there is nothing to connect to")
