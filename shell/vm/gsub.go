package vm

import (
	"context"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/pm"
)

// matches goes through what a pattern finds in a text, one match after the other: gopher-lua looks for
// all of them first, which takes a hundred bytes for each byte of the text.
type matches struct {
	op, pattern string
	text        []byte
	at          int
	hard        bool // one may take long
	done        bool
}

func matchesOf(op, text, pattern string) *matches {
	return &matches{op: op, pattern: pattern, text: []byte(text), hard: work(pattern, len(text)) >= hardWork}
}

// next is the next match; nil behind the last. It ends with the program.
func (m *matches) next(L *lua.LState) *pm.MatchData {
	if m.done || m.at > len(m.text) {
		return nil
	}
	ctx := L.Context()
	if ctx.Err() != nil {
		m.interrupted(L, ctx)
	}
	find := func() (found []*pm.MatchData, err error) {
		return pm.Find(m.pattern, m.text, m.at, 1)
	}
	var found []*pm.MatchData
	var err error
	if m.hard {
		found, err = m.apart(L, ctx, find)
	} else {
		found, err = find()
	}
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	if len(found) == 0 {
		m.done = true
		return nil
	}
	m.at = max(found[0].Capture(0)+1, found[0].Capture(1))
	m.done = strings.HasPrefix(m.pattern, "^")
	return found[0]
}

// apart finds on a goroutine of its own, where it can be left behind; nothing can end it there.
func (m *matches) apart(L *lua.LState, ctx context.Context, find func() ([]*pm.MatchData, error)) (found []*pm.MatchData, err error) {
	var failed any
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { failed = recover() }()
		found, err = find()
	}()
	select {
	case <-ended:
		if failed != nil {
			panic(failed)
		}
		return found, err
	case <-ctx.Done():
		m.interrupted(L, ctx)
	}
	return nil, nil
}

func (m *matches) interrupted(L *lua.LState, ctx context.Context) {
	value.Raise(L, m.op, &client.Error{Op: m.op, Code: client.Canceled, Err: context.Cause(ctx)})
}

// captures are the values of a match: its captures, or the whole when it has none.
func (m *matches) captures(md *pm.MatchData) []lua.LValue {
	if md.CaptureLength() == 2 {
		return []lua.LValue{m.capture(md, 0)}
	}
	var all []lua.LValue
	for i := 2; i < md.CaptureLength(); i += 2 {
		all = append(all, m.capture(md, i))
	}
	return all
}

func (m *matches) capture(md *pm.MatchData, i int) lua.LValue {
	if md.IsPosCapture(i) {
		return lua.LNumber(md.Capture(i))
	}
	return lua.LString(m.text[md.Capture(i):md.Capture(i+1)])
}

// gsub is string.gsub. That of gopher-lua copies the whole text for each match, and knows no end: a text
// that grows with each replacement is bounded here, and takes time by its length.
func gsub(L *lua.LState) int {
	const op = "string.gsub"
	text, pattern, most := L.CheckString(1), L.CheckString(2), L.OptInt(4, -1)
	with := L.CheckAny(3)
	switch with.(type) {
	case lua.LNumber:
		with = lua.LString(value.ToString(L, with))
	case lua.LString, *lua.LTable, *lua.LFunction:
	default:
		L.ArgError(3, "string, function or table expected, got "+with.Type().String())
	}
	m := matchesOf(op, text, pattern)
	var b strings.Builder
	n, copied := 0, 0
	for L.GetTop() < 4 || n < most {
		md := m.next(L)
		if md == nil {
			break
		}
		n++
		from, to := md.Capture(0), md.Capture(1)
		b.WriteString(text[copied:from])
		b.WriteString(m.replacement(L, md, with))
		copied = to
		checkLength(L, op, b.Len())
	}
	b.WriteString(text[copied:])
	L.SetTop(0)
	L.Push(lua.LString(b.String()))
	L.Push(lua.LNumber(n))
	return 2
}

// replacement is what stands for a match: of a table or a function, false and nil are the match itself.
func (m *matches) replacement(L *lua.LState, md *pm.MatchData, with lua.LValue) string {
	var v lua.LValue
	switch x := with.(type) {
	case lua.LString:
		return m.expand(L, md, string(x))
	case *lua.LTable:
		v = L.GetTable(x, m.captures(md)[0])
	default:
		values := m.captures(md)
		L.Push(x)
		for _, c := range values {
			L.Push(c)
		}
		L.Call(len(values), 1)
		v = L.Get(-1)
		L.Pop(1)
	}
	switch {
	case lua.LVIsFalse(v):
		return string(m.text[md.Capture(0):md.Capture(1)])
	case !lua.LVCanConvToString(v):
		L.RaiseError("invalid replacement value (a %s)", v.Type())
	}
	return value.ToString(L, v)
}

// expand puts captures for %0 to %9; % before anything else is that.
func (m *matches) expand(L *lua.LState, md *pm.MatchData, with string) string {
	if strings.IndexByte(with, '%') < 0 {
		return with
	}
	var b strings.Builder
	for i := 0; i < len(with); i++ {
		if with[i] != '%' || i+1 == len(with) {
			b.WriteByte(with[i])
			continue
		}
		i++
		if with[i] < '0' || with[i] > '9' {
			b.WriteByte(with[i])
			continue
		}
		index := 2 * int(with[i]-'0')
		if index == 2 && md.CaptureLength() == 2 {
			index = 0 // %1 of a pattern without captures
		}
		if index >= md.CaptureLength() {
			L.RaiseError("invalid capture index %%%c in the replacement", with[i])
		}
		b.WriteString(value.ToString(L, m.capture(md, index)))
	}
	return b.String()
}
