package vm

import (
	"errors"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// openModules makes the modules globals, and lets require find them too.
func (m *VM) openModules() {
	host := &modules.Host{
		Stdout: m.opt.Stdout, Stderr: m.opt.Stderr, Mode: m.opt.Mode,
		Script: m.opt.Script, Args: m.arguments, Source: func() string { return m.source }, Exit: m.leaveWith,
		Note: m.opt.Note, Warn: m.opt.Warn, Debug: m.opt.Debug, Fail: m.opt.Fail,
		OnClose: m.onClose, Guard: guard,
	}
	loaded := m.L.GetField(m.L.GetGlobal("package"), "loaded").(*lua.LTable)
	for _, module := range modules.All() {
		t := module.Table(m.L, host, func(f *lua.LFunction, declared modules.Func) {
			m.topics[f] = module.Name + "." + declared.Name
			m.signatures[f] = module.Name + "." + declared.Signature()
		})
		m.modules[module.Name] = t
		m.L.SetGlobal(module.Name, t)
		loaded.RawSetString(module.Name, t)
	}
}

// onClose keeps f to be called by Close.
func (m *VM) onClose(f func()) {
	m.stops[m.nextID] = f
	m.nextID++
}

// arguments are arg[1], arg[2], ..., which a program may have changed.
func (m *VM) arguments() []string {
	var all []string
	if t, ok := m.L.GetGlobal("arg").(*lua.LTable); ok {
		for i := 1; i <= t.Len(); i++ {
			all = append(all, value.ToString(m.L, t.RawGetInt(i)))
		}
	}
	return all
}

// silentMode is the Mode of a VM that was given none: plain text, and everything is done.
type silentMode struct{}

func (silentMode) JSON() bool       { return false }
func (silentMode) SetJSON()         {}
func (silentMode) DryRun() bool     { return false }
func (silentMode) SetDryRun() error { return errors.New("this program has no dry run") }
