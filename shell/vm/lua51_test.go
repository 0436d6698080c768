package vm

import (
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestStandardIsAll compares the help on Lua's own library with what is there.
func TestStandardIsAll(t *testing.T) {
	b := newBench(t, nil)
	var described []string
	for line := range strings.SplitSeq(standard, "\n") {
		signature, text, found := strings.Cut(line, "\t")
		name, _, _ := strings.Cut(signature, "(")
		described = append(described, name)
		if !found || text == "" || strings.HasSuffix(text, ".") {
			t.Errorf("the line %q", line)
		}
		if b.lookup(name) == lua.LNil {
			t.Errorf("there is no %s", name)
		}
	}
	// Those that nobody should call, and what has help of its own.
	skip := []string{"newproxy", "module", "require", "os.exit", "os.setenv", "os.setlocale", "string.dump", "table.foreach", "table.foreachi"}
	check := func(prefix string, t2 *lua.LTable) {
		t2.ForEach(func(k, v lua.LValue) {
			name := prefix + k.String()
			if v.Type() == lua.LTFunction && b.topics[v.(*lua.LFunction)] == "" && !slices.Contains(skip, name) && !strings.HasPrefix(name, "debug.") {
				t.Errorf("%s has no help", name)
			}
		})
	}
	check("", b.global())
	for _, library := range []string{"string", "table", "io", "os", "coroutine"} {
		check(library+".", b.global().RawGetString(library).(*lua.LTable))
	}
	if !slices.IsSorted(described[:slices.Index(described, "coroutine.create")]) {
		t.Error("the basic functions are not sorted")
	}
}
