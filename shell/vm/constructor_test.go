package vm

import (
	"context"
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"
)

// A table holds what its constructor says, however many items there are, whatever names stand among
// them, and whatever gives several values at the end.
func TestConstructors(t *testing.T) {
	b := newBench(t, nil)
	constructs := func(t interface{ Fatalf(string, ...any) }, items int, names []int, nested bool, last string) {
		var text strings.Builder
		text.WriteString("local function f(...) return ... end local t = {")
		named := 0
		for i := 1; i <= items; i++ {
			for ; named < len(names) && names[named] < i; named++ {
				fmt.Fprintf(&text, "x%d = f(%d), ", named, -named)
			}
			if nested && i%49 == 0 {
				fmt.Fprintf(&text, "#{%sx = f(1)} + %d, ", strings.Repeat("1, ", 50), i%199-50)
			} else {
				fmt.Fprintf(&text, "%d, ", i%199) // few numbers, for each constant is looked for
			}
		}
		for ; named < len(names); named++ {
			fmt.Fprintf(&text, "[f('x%d')] = f(%d), ", named, -named)
		}
		text.WriteString(last + "} return t")
		var values []lua.LValue
		fn, err := b.compile("test", text.String())
		if err == nil {
			values, err = b.call(context.Background(), fn)
		}
		if err != nil {
			t.Fatalf("%d items, names behind %v, %q: %v", items, names, last, err)
		}
		table := values[0].(*lua.LTable)
		want := items + strings.Count(last, "'")/2
		for i := 1; i <= items; i++ {
			if got := table.RawGetInt(i); got != lua.LNumber(i%199) {
				t.Fatalf("%d items, names behind %v, %q: [%d] = %v", items, names, last, i, got)
			}
		}
		for i := items + 1; i <= want; i++ {
			if got := table.RawGetInt(i); got != lua.LString(string(rune('a'+i-items-1))) {
				t.Fatalf("%d items, names behind %v, %q: [%d] = %v", items, names, last, i, got)
			}
		}
		for i := range names {
			if got := table.RawGetString(fmt.Sprintf("x%d", i)); got != lua.LNumber(-i) {
				t.Fatalf("%d items, names behind %v, %q: x%d = %v", items, names, last, i, got)
			}
		}
		if got := table.Len(); got != want {
			t.Fatalf("%d items, names behind %v, %q: %d", items, names, last, got)
		}
	}
	lasts := []string{"", "f()", "f('a')", "f('a', 'b')", "(f('a'))"}
	for _, items := range []int{0, 1, 49, 50, 51, 99, 100, 101, 150} {
		for _, last := range lasts {
			for _, names := range [][]int{nil, {0}, {49}, {50}, {50, 50, 50}, {items}, {items, items}} {
				constructs(t, items, names, false, last)
				constructs(t, items, names, true, last)
			}
		}
	}
	for _, items := range []int{25549, 25551, 25600, 25651} {
		constructs(t, items, []int{items, items}, false, "f('a', 'b')")
		constructs(t, items, []int{25550, 25600}, false, "")
	}
	constructs(t, 25550, []int{50, 25550}, false, "(f('a'))")
	if _, err := b.compile("test", "local t = {"+strings.Repeat("1, ", 25550)+"print()}"); err == nil || !strings.Contains(err.Error(), "one item more") {
		t.Error(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		names := rapid.SliceOfN(rapid.IntRange(0, 160), 0, 4).Draw(r, "names")
		for i := 1; i < len(names); i++ {
			names[i] = max(names[i], names[i-1])
		}
		constructs(r, rapid.IntRange(0, 160).Draw(r, "items"), names, rapid.Bool().Draw(r, "nested"), rapid.SampledFrom(lasts).Draw(r, "last"))
	})
}
