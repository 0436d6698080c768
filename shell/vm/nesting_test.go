package vm

import (
	"errors"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/parse"
)

// Text that nests without end is refused, in whatever way it nests, and as it is read at the prompt.
func TestNestingIsBounded(t *testing.T) {
	const n = 100_000
	for name, source := range map[string]string{
		"brackets":    "x = " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n),
		"tables":      "x = " + strings.Repeat("{", n) + strings.Repeat("}", n),
		"open":        "x = " + strings.Repeat("{", n),
		"..":          "x = " + strings.Repeat("a..", n) + "a",
		"minus":       "x = " + strings.Repeat("- ", n) + "1",
		"not":         "x = " + strings.Repeat("not ", n) + "1",
		"length":      "x = " + strings.Repeat("#", n) + "a",
		"power":       "x = " + strings.Repeat("2^", n) + "2",
		"plus":        "x = " + strings.Repeat("a+", n) + "a",
		"and":         "x = " + strings.Repeat("a and ", n) + "a",
		"comparisons": "x = " + strings.Repeat("a<", n) + "a",
		"index":       "x = a" + strings.Repeat("[a", n) + strings.Repeat("]", n),
		"members":     "x = a" + strings.Repeat(".b", n),
		"calls":       "f" + strings.Repeat("()", n),
		"methods":     "f" + strings.Repeat(":m()", n),
		"of strings":  "f" + strings.Repeat("'a'", n),
		"of tables":   "f" + strings.Repeat("{}", n),
		"arguments":   strings.Repeat("f(", n) + strings.Repeat(")", n),
		"functions":   "x = " + strings.Repeat("function() return ", n) + "1" + strings.Repeat(" end", n),
		"do":          strings.Repeat("do ", n) + strings.Repeat(" end", n),
		"while":       strings.Repeat("while x do ", n) + strings.Repeat(" end", n),
		"for":         strings.Repeat("for i=1,2 do ", n) + strings.Repeat(" end", n),
		"if":          strings.Repeat("if x then ", n) + strings.Repeat(" end", n),
		"elseif":      "if x then " + strings.Repeat(" elseif x then ", n) + " end",
		"repeat":      strings.Repeat("repeat ", n) + strings.Repeat(" until x", n),
	} {
		b := newBench(t, nil)
		if class, err := Classify(source); class != Invalid || err == nil || !strings.Contains(err.Error(), "input:1: nested deeper than 5000 levels") {
			t.Errorf("%s: %v, %v", name, class, err)
		}
		if err := b.Run(t.Context(), "x.lua", source); err == nil || !strings.HasPrefix(err.Error(), "x.lua:1: nested deeper than 5000 levels") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is long, but not deep, runs.
func TestLongIsNotDeep(t *testing.T) {
	b := newBench(t, nil)
	const n = 3000
	for name, source := range map[string]string{
		"statements":   strings.Repeat("x = 1\n", n),
		"on one line":  strings.Repeat("x = {} y = x z = 'a' .. 'b' ", n),
		"calls":        "local f = function() end\n" + strings.Repeat("f() f'' f{} ", n),
		"a table":      "x = {" + strings.Repeat("1, {2}, a = 3, [4] = 5, 'x';", n) + "}",
		"functions":    strings.Repeat("function f(a, ...) if a then return a.b.c end return ... end\n", n),
		"loops":        strings.Repeat("for i = 1, 0 do x = i end while false do end repeat until true ", n),
		"conditions":   strings.Repeat("if x then y = 1 elseif y then y = 2 else z = 1 end ", n),
		"longest":      "x = '" + strings.Repeat("a ", 10*n) + "'",
		"a comment":    "--[[" + strings.Repeat("(", n) + "]] x = 1",
		"deep enough":  strings.Repeat("do ", 2000) + "x = 1" + strings.Repeat(" end", 2000),
		"long enough":  "local a = 1 x = " + strings.Repeat("a + ", 2000) + "a",
		"local values": strings.Repeat("do local a, b = 1, -2 end ", n),
	} {
		if err := b.Run(t.Context(), "x.lua", source); err != nil {
			t.Errorf("%s: %.200s", name, err)
		}
	}
	if err := checkNesting("x.lua", "("+strings.Repeat(")", maxNesting)); err != nil {
		t.Error(err)
	}
}

func TestDeepPlaces(t *testing.T) {
	b := newBench(t, nil)
	deep := "('('):rep(1e6)"
	for _, source := range []string{
		"assert(select(2, load('x = ' .. " + deep + ")):find 'nested deeper')",
		"assert(select(2, loadstring('x = ' .. " + deep + ")):find 'nested deeper')",
		"assert(not pcall(json.decode, ('['):rep(1e6)))",
		"local t = {} for i = 1, 3e5 do t = {t} end assert(not pcall(json.encode, t)) assert(not pcall(client.push, t))",
	} {
		if err := b.Run(t.Context(), "x.lua", source); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
	values, err := b.Eval(t.Context(), "in:1", "(function() local t = {} for i = 1, 3e5 do t = {t} end return t end)()")
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{0, 80} {
		if text := b.Render(values[0], width); !strings.Contains(text, "{...}") {
			t.Errorf("width %d: %.80s", width, text)
		}
	}
	// A chain in which every part may be the one that is nil is told at once.
	long := "local a a" + strings.Repeat(".b", 4000) + " = 1"
	if err := b.Run(t.Context(), "x.lua", long); err == nil || !strings.HasPrefix(err.Error(), "x.lua:1: attempt to index") {
		t.Errorf("%.200v", err)
	}
	if err := checkNesting("x", strings.Repeat("(", maxNesting+1)); !errors.As(err, new(*parse.Error)) {
		t.Error(err)
	}
}
