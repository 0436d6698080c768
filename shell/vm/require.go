package vm

import (
	"os"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openRequire sets arg, and package.path: beside the script, then the module folders, then what
// LUA_PATH says. Without a script "beside" is the working directory.
func (m *VM) openRequire() {
	L := m.L
	beside := "."
	if m.opt.Script != "" {
		beside = filepath.Dir(m.opt.Script)
	}
	var patterns []string
	for _, dir := range append([]string{beside}, m.opt.ModuleDirs...) {
		patterns = append(patterns, filepath.Join(dir, "?.lua"), filepath.Join(dir, "?", "init.lua"))
	}
	for pattern := range strings.SplitSeq(os.Getenv("LUA_PATH"), ";") {
		if pattern != "" {
			patterns = append(patterns, pattern)
		}
	}
	pkg := L.GetGlobal("package").(*lua.LTable)
	pkg.RawSetString("path", lua.LString(strings.Join(patterns, ";")))
	if loaders, ok := pkg.RawGetString("loaders").(*lua.LTable); ok {
		loaders.RawSetInt(2, L.NewFunction(m.loadModule))
	}

	original := L.GetGlobal("require").(*lua.LFunction)
	loaded := pkg.RawGetString("loaded").(*lua.LTable)
	require := L.NewFunction(func(L *lua.LState) int {
		name := L.CheckString(1)
		before, done := loaded.RawGetString(name), false
		// A module that failed leaves a mark that makes every later require of it fail, even after
		// it was mended: at a prompt that would be for good.
		defer func() {
			if !done {
				loaded.RawSetString(name, before)
			}
		}()
		n := forward(L, original)
		done = true
		return n
	})
	L.SetGlobal("require", require)
	m.topics[require], m.signatures[require] = "require", findShell("require").signature

	arg := L.NewTable()
	if m.opt.Script != "" {
		arg.RawSetInt(0, lua.LString(m.opt.Script))
	}
	for i, a := range m.opt.Args {
		arg.RawSetInt(i+1, lua.LString(a))
	}
	L.SetGlobal("arg", arg)
}

// loadModule finds a module by package.path and compiles it.
func (m *VM) loadModule(L *lua.LState) int {
	name := strings.ReplaceAll(L.CheckString(1), ".", string(filepath.Separator))
	path, ok := L.GetField(L.GetGlobal("package"), "path").(lua.LString)
	if !ok {
		L.RaiseError("package.path must be a string")
	}
	var tried []string
	for pattern := range strings.SplitSeq(string(path), ";") {
		file := strings.ReplaceAll(pattern, "?", name)
		if pattern == "" {
			continue
		}
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			tried = append(tried, "no file '"+file+"'")
			continue
		}
		fn, err := m.loadFile(file)
		if err != nil {
			L.Error(lua.LString(err.Error()), 0)
		}
		L.Push(fn)
		return 1
	}
	// gopher-lua would end the message with a comma. A loader that the user added may know it still.
	if loaders, ok := L.GetField(L.GetGlobal("package"), "loaders").(*lua.LTable); ok && loaders.Len() == 2 {
		L.RaiseError("module %s not found:\n\tno field package.preload['%s']\n\t%s", L.CheckString(1), L.CheckString(1), strings.Join(tried, "\n\t"))
	}
	L.Push(lua.LString(strings.Join(tried, "\n\t")))
	return 1
}
