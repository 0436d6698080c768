package vm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/nearest"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// connection is one client in Lua: a table with a function for every verb.
type connection struct {
	name    string
	connect func(context.Context) (*client.Client, error)
	client  *client.Client // nil until a verb needed it
	table   *lua.LTable
	methods *lua.LTable
}

// get makes the client at its first use. A failure is tried again at the next verb: at a prompt
// the user may have mended what was missing.
func (c *connection) get(ctx context.Context) (*client.Client, error) {
	if c.client != nil && c.client.Ready() == nil {
		return c.client, nil
	}
	if c.connect == nil {
		return nil, &client.Error{Op: "connect", Code: client.Invalid, Err: errNothing}
	}
	made, err := c.connect(ctx)
	if err == nil {
		c.client = made
	}
	return made, err
}

// newConnection makes the table of a client, or of one group of its verbs. The table itself stays
// empty and its functions are behind __index, so that nothing in it can be overwritten and a
// mistyped name is told.
func (m *VM) newConnection(name string, connect func(context.Context) (*client.Client, error)) *connection {
	L := m.L
	c := &connection{name: name, connect: connect, table: L.NewTable(), methods: L.NewTable()}
	var names []string
	for _, verb := range verbs.Of(name) {
		names = append(names, verb.Name)
		c.methods.RawSetString(verb.Name, m.bind(c, verb))
	}
	unknown := L.NewTable()
	unknown.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		key := value.ToString(L, L.Get(2))
		hint := ""
		if near := nearest.Of(key, names); near != "" {
			hint = fmt.Sprintf(" (did you mean %q?)", near)
		}
		L.RaiseError("%s has no function %q%s", name, key, hint)
		return 0
	}))
	c.methods.Metatable = unknown

	mt := L.NewTable()
	mt.RawSetString("__index", c.methods)
	mt.RawSetString("__newindex", L.NewFunction(func(L *lua.LState) int {
		L.RaiseError("%s cannot be changed; give a function of your own another name", name)
		return 0
	}))
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(c.text(names)))
		return 1
	}))
	mt.RawSetString("__pairs", L.NewFunction(func(L *lua.LState) int {
		L.Push(L.GetGlobal("next"))
		all := L.NewTable()
		c.methods.ForEach(func(k, v lua.LValue) { all.RawSet(k, v) })
		L.Push(all)
		L.Push(lua.LNil)
		return 3
	}))
	mt.RawSetString("__metatable", lua.LString(name))
	held := L.NewUserData()
	held.Value = c
	mt.RawSetString(value.Held, held)
	c.table.Metatable = mt
	return c
}

// boundVerb is what a Lua function calls.
type boundVerb struct {
	connection *connection
	verb       *verbs.Verb
}

// bind makes the Lua function of a verb: decode, plan, call, encode.
func (m *VM) bind(c *connection, verb *verbs.Verb) *lua.LFunction {
	f := m.L.NewFunction(func(L *lua.LState) int {
		return guard(L, verb.Name, func() int {
			call := m.decode(L, c, verb)
			ctx := L.Context()
			call, err := m.confirm(ctx, c, call)
			if err != nil {
				m.raise(L, verb, err)
			}
			made, err := c.get(ctx)
			if err != nil {
				m.raise(L, verb, err)
			}
			result, err := call.Run(ctx, made)
			if err != nil {
				m.raise(L, verb, err)
			}
			L.Push(m.encode(L, verb.Name, result))
			return 1
		})
	})
	m.documented(f, verb)
	m.bound[f] = boundVerb{c, verb}
	return f
}

// decode makes the call of the arguments on the stack. client:push(...) puts client before them.
func (m *VM) decode(L *lua.LState, c *connection, verb *verbs.Verb) verbs.Call {
	first := 1
	if L.Get(1) == lua.LValue(c.table) {
		first = 2
	}
	var args []any
	for i := first; i <= L.GetTop(); i++ {
		arg, err := value.Decode(L.Get(i))
		if err != nil {
			m.raise(L, verb, invalid(verb, "argument %d cannot be %w; it is written %s", i-first+1, err, verb.Usage()))
		}
		args = append(args, arg)
	}
	if hint := slip(verb, args); hint != "" {
		m.raise(L, verb, invalid(verb, "a table stands where arguments belong; write %s", hint))
	}
	call, err := verb.Bind(args)
	if err != nil {
		m.raise(L, verb, err)
	}
	return call
}

// slip recognises client.push{"a.sif", "lib/a"}, whose braces should be parentheses, and says how
// the call is written; empty when the arguments are something else.
func slip(verb *verbs.Verb, args []any) string {
	if len(args) != 1 {
		return ""
	}
	list, ok := args[0].([]any)
	if !ok || len(list) == 0 {
		return ""
	}
	required := 0
	for _, p := range verb.Arguments() {
		if !p.Optional {
			required++
		}
	}
	options, named := list[len(list)-1].(map[string]any)
	// One name an item is a list that the verb takes.
	if verb.Item != "" && required < 2 && !named {
		return ""
	}
	var parts []string
	for _, item := range list {
		switch x := item.(type) {
		case string, float64, bool:
			parts = append(parts, literal(x))
		case client.Image:
			parts = append(parts, literal(x.Path()))
		case client.LocalImage:
			parts = append(parts, literal(x.URI))
		case map[string]any:
		default:
			return ""
		}
	}
	if len(parts) > len(verb.Arguments()) {
		return ""
	}
	if named {
		parts = append(parts, literal(options))
	}
	return fmt.Sprintf("%s(%s)", verb.Written(), strings.Join(parts, ", "))
}

// confirm asks before a call that needs a yes, and returns the call to run. A dry run needs none.
func (m *VM) confirm(ctx context.Context, c *connection, call verbs.Call) (verbs.Call, error) {
	call, plan, err := call.Plan(ctx, func() (*client.Client, error) { return c.get(ctx) })
	if plan == "" || err != nil || m.opt.Mode.DryRun() {
		return call, err
	}
	if m.opt.Confirm == nil {
		return call, invalid(call.Verb, "this would %s; say so with {yes=true}", plan)
	}
	yes, err := m.opt.Confirm(ctx, plan+"?")
	if err == nil && !yes {
		err = &client.Error{Op: call.Verb.Name, Code: client.Canceled, Err: errors.New("nothing was done")}
	}
	return call, err
}

// raise raises the error of a verb, which keeps its code.
func (m *VM) raise(L *lua.LState, verb *verbs.Verb, err error) { m.raiseAs(L, verb.Name, err) }

func (m *VM) raiseAs(L *lua.LState, op string, err error) {
	var e *client.Error
	if errors.As(err, &e) && error(e) != err {
		// What wraps the error says which item of a list it is.
		wrapped := *e
		wrapped.Err = errors.New(strings.TrimPrefix(err.Error(), e.Op+": "))
		if text, found := strings.CutSuffix(err.Error(), e.Error()); found {
			wrapped.Err = fmt.Errorf("%s%w", text, e.Err)
		}
		err = &wrapped
	}
	value.Raise(L, op, err)
}

func invalid(verb *verbs.Verb, format string, args ...any) *client.Error {
	return &client.Error{Op: verb.Name, Code: client.Invalid, Err: fmt.Errorf(format, args...)}
}

// encode makes the Lua value of a verb's result; an iterator becomes a function for a for loop.
func (m *VM) encode(L *lua.LState, op string, result any) lua.LValue {
	if seq, ok := result.(iter.Seq2[client.Image, error]); ok {
		return m.iterator(L, op, seq)
	}
	return value.Encode(L, result)
}
