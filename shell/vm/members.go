package vm

import (
	"sort"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// Member is a name that can be typed, for completion.
type Member struct {
	Name string
	Kind Kind
	// Signature is how a call is written, without what stands before the name; empty when it is
	// not known.
	Signature string
}

// Kind is what a Member is.
type Kind string

// The kinds of members.
const (
	Function Kind = "function" // or anything else that can be called
	Table    Kind = "table"    // or anything else that has members
	Value    Kind = "value"
)

// maxChain is how many __index tables are followed.
const maxChain = 16

// Globals are the names of global variables, sorted. While a program runs there are none.
func (m *VM) Globals() []Member {
	if !m.mu.TryLock() {
		return nil
	}
	defer m.mu.Unlock()
	return m.members(m.global())
}

// Members are the names behind a dotted path such as "client" or "string" or "x.y", sorted: of a
// table and of the tables its __index leads to, of a string, an error value, an image. No code of
// the user is called. While a program runs, and for a path that leads nowhere, there are none.
func (m *VM) Members(path string) []Member {
	if !m.mu.TryLock() {
		return nil
	}
	defer m.mu.Unlock()
	if v := m.lookup(path); v != lua.LNil {
		return m.members(v)
	}
	return nil
}

// Topic is the help topic of the function or module that a dotted path leads to; empty when it is
// neither.
func (m *VM) Topic(path string) string {
	if !m.mu.TryLock() {
		return ""
	}
	defer m.mu.Unlock()
	topic, problem := m.topicOf(m.lookup(path))
	if problem != "" {
		return ""
	}
	return topic
}

// Callee is what is known of the function that a dotted path leads to: the verb that it is, or nil,
// and how a call is written, empty for a function of the user.
func (m *VM) Callee(path string) (verb *verbs.Verb, signature string) {
	if !m.mu.TryLock() {
		return nil, ""
	}
	defer m.mu.Unlock()
	switch x := m.lookup(path).(type) {
	case *lua.LFunction:
		return m.bound[x].verb, m.signatures[x]
	case *lua.LUserData:
		if x == m.global().RawGetString("help") {
			return nil, findShell("help").signature
		}
	}
	return nil, ""
}

// Client is the client of a verb that a dotted path leads to, when connect made it; nil for the verbs of
// the session's own client, and for anything else.
func (m *VM) Client(path string) *client.Client {
	if !m.mu.TryLock() {
		return nil
	}
	defer m.mu.Unlock()
	if f, ok := m.lookup(path).(*lua.LFunction); ok {
		if c := m.bound[f].connection; c != nil && c != m.client && c.name == verbs.GroupClient {
			return c.client
		}
	}
	return nil
}

// lookup follows a dotted path without calling anything.
func (m *VM) lookup(path string) lua.LValue {
	v := lua.LValue(m.global())
	for name := range strings.SplitSeq(path, ".") {
		if v = m.member(v, name); v == lua.LNil {
			break
		}
	}
	return v
}

// member is one member of v, found without calling anything.
func (m *VM) member(v lua.LValue, name string) lua.LValue {
	found := lua.LNil
	m.chain(v, func(t *lua.LTable) bool {
		found = t.RawGetString(name)
		return found == lua.LNil
	})
	return found
}

// chain calls f with the tables in which members of v are looked for, until it says no.
func (m *VM) chain(v lua.LValue, f func(*lua.LTable) bool) {
	for range maxChain {
		if t, ok := v.(*lua.LTable); ok {
			if !f(t) {
				return
			}
		}
		mt, ok := m.metatable(v).(*lua.LTable)
		if !ok {
			return
		}
		switch next := mt.RawGetString("__index").(type) {
		case *lua.LTable:
			v = next
		default:
			return
		}
	}
}

// metatable is the real one, whatever __metatable says.
func (m *VM) metatable(v lua.LValue) lua.LValue {
	switch x := v.(type) {
	case *lua.LTable:
		return x.Metatable
	case *lua.LUserData:
		return x.Metatable
	case lua.LString:
		return m.L.GetMetatable(x)
	}
	return lua.LNil
}

func (m *VM) members(v lua.LValue) []Member {
	seen := map[string]bool{}
	var out []Member
	add := func(name string, v lua.LValue) {
		if isName(name) && !strings.HasPrefix(name, "__") && !seen[name] {
			seen[name] = true
			out = append(out, m.describe(name, v))
		}
	}
	if _, ok := value.AsError(v); ok {
		for _, name := range value.ErrorFields {
			add(name, lua.LString(""))
		}
	}
	m.chain(v, func(t *lua.LTable) bool {
		t.ForEach(func(k, item lua.LValue) {
			if name, ok := k.(lua.LString); ok {
				add(string(name), item)
			}
		})
		return true
	})
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

func (m *VM) describe(name string, v lua.LValue) Member {
	member := Member{Name: name, Kind: Value}
	switch x := v.(type) {
	case *lua.LFunction:
		member.Kind = Function
		if signature := m.signature(x); signature != "" {
			member.Signature = signature[strings.LastIndexByte(signature[:strings.IndexByte(signature, '(')], '.')+1:]
		}
	case *lua.LTable:
		member.Kind = Table
	case *lua.LUserData:
		if mt, ok := x.Metatable.(*lua.LTable); ok && mt.RawGetString("__call") != lua.LNil {
			member.Kind = Function
		}
	}
	return member
}
