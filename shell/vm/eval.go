package vm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	lua "github.com/yuin/gopher-lua"
)

// Eval runs one entry of the prompt, an expression or statements, and gives the values of an
// expression, or what the statements returned. _ is set to the first value, and _error to the
// error, unless the user keeps something of his own in them. An error is an *ExitError or a
// *ScriptError; its Message begins with the chunk's name, with a line number behind it only when
// the entry has several lines: "in:3: ...".
func (m *VM) Eval(ctx context.Context, chunk, source string) ([]lua.LValue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !strings.Contains(strings.Trim(source, "\n"), "\n") {
		m.short[chunk] = true
	}
	class, err := Classify(source)
	switch class {
	case Expression:
		source = "return " + stripShebang(source)
	case Incomplete, Invalid:
		text := strings.TrimPrefix(err.Error(), "input")
		err = &ScriptError{Message: m.place(chunk + text)}
	}
	var values []lua.LValue
	if err == nil {
		values, err = m.eval(ctx, chunk, source)
	}
	m.remember(values, err)
	m.warnShadowed()
	if class == Statement && err == nil {
		m.noteLocal(source)
	}
	return values, err
}

func (m *VM) eval(ctx context.Context, chunk, source string) ([]lua.LValue, error) {
	fn, err := m.compile(chunk, source)
	if err != nil {
		return nil, err
	}
	return m.call(ctx, fn)
}

// openTraceback makes the global traceback, which tells where the last error at the prompt came
// from: nobody wants to see that unasked.
func (m *VM) openTraceback() {
	fn := m.L.NewFunction(func(L *lua.LState) int {
		text := m.trace
		if text == "" {
			text = "nothing has failed yet"
		}
		m.write(L, m.opt.Stdout, "traceback", lines(text)+"\n")
		return 0
	})
	m.L.SetGlobal("traceback", fn)
	m.topics[fn], m.signatures[fn] = "traceback", findShell("traceback").signature
}

// remember sets _ and _error, and what traceback() shows.
func (m *VM) remember(values []lua.LValue, err error) {
	var failed *ScriptError
	if errors.As(err, &failed) {
		v := failed.Value
		if v == nil {
			v = lua.LString(failed.Message)
		}
		m.global().RawSetString("_error", v)
		m.trace = failed.Message
		if failed.Traceback != "" {
			m.trace += "\n" + failed.Traceback
		}
		return
	}
	if len(values) == 0 || values[0] == lua.LNil {
		return
	}
	if current := m.global().RawGetString("_"); current == lua.LNil || current == m.last {
		m.global().RawSetString("_", values[0])
		m.last = values[0]
	}
}

func (m *VM) global() *lua.LTable { return m.L.G.Global }

// noteLocal says, once, that a local variable of one entry is not there in the next.
func (m *VM) noteLocal(source string) {
	stmts, err := parse.Parse(strings.NewReader(stripShebang(source)), "input")
	if err != nil || len(stmts) == 0 || m.warned["local"] {
		return
	}
	if s, ok := stmts[len(stmts)-1].(*ast.LocalAssignStmt); ok && len(s.Names) > 0 {
		m.warned["local"] = true
		m.opt.Note(fmt.Sprintf("a local variable ends with its entry; write %s = ... without local to keep it", s.Names[0]))
	}
}

// warnShadowed says, once a name, that the global of a module now holds something else.
func (m *VM) warnShadowed() {
	for name, module := range m.modules {
		if m.global().RawGetString(name) != lua.LValue(module) && !m.warned[name] {
			m.warned[name] = true
			m.opt.Warn(fmt.Sprintf("%s no longer is the module %s; get it back by %s = require %q", name, name, name, name))
		}
	}
}
