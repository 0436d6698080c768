package vm

import (
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	lua "github.com/yuin/gopher-lua"
)

// openModules makes the modules globals, and lets require find them too.
func (m *VM) openModules() {
	host := &modules.Host{
		Stderr: m.opt.Stderr, Note: m.opt.Note, Warn: m.opt.Warn, Debug: m.opt.Debug,
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
