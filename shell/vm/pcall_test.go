package vm

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestProtectedCallsLeaveVariablesAlone(t *testing.T) {
	b := newBench(t, nil)
	for program, want := range map[string]string{
		`local n = 0 local function add() n = n + 1 end pcall(error, "x") add() print(n)`:                                                 "1\n",
		`local n = 0 local function add() n = n + 1 end pcall(function() add() error("x") end) add() print(n)`:                            "2\n",
		`local n = 0 local function add() n = n + 1 end xpcall(function() error("x") end, function(e) add() return e end) add() print(n)`: "2\n",
		`local n = 0 local function add() n = n + 1 end pcall(pcall, error, "x") pcall(error) add() print(n)`:                             "1\n",
		`local n = 0 for i = 1, 3 do local k = i local function add() n = n + k end pcall(error, "x") add() end print(n)`:                 "6\n",
		// A closure that got out of a failed call keeps what it captured, through later calls.
		`local f pcall(function() local v = "mine" f = function() return v end error("x") end) for i = 1, 9 do pcall(print, i * 0) end print(f())`:                       "0\n0\n0\n0\n0\n0\n0\n0\n0\nmine\n",
		`local f xpcall(function() local v = "mine" f = function() return v end error("x") end, print) pcall(function() local a, b, c, d = 1, 2, 3, 4 end) print((f()))`: "test.lua:1: x\nmine\n",
		`print(pcall(function(...) return select("#", ...), ... end, nil, 2, nil))`:                                                                                      "true\t3\tnil\t2\tnil\n",
		`print(pcall(nil))`: "false\tattempt to call a nil value\n",
		`print(pcall(setmetatable({}, { __call = function(_, x) return x end }), 5))`:                                                                                     "true\t5\n",
		`print(select(2, xpcall(error, function(e) return "handled " .. e end, "it", 0)))`:                                                                                "handled it\n",
		`local co = coroutine.wrap(function() local n = 0 local function add() n = n + 1 end pcall(error) add() coroutine.yield(n) add() return n end) print(co(), co())`: "1\t2\n",
		`pcall(function() local co = coroutine.wrap(function() coroutine.yield(1) end) co() end) print(coroutine.running())`:                                              "nil\n",
		`local function deep(n) return n == 0 and "end" or select(2, pcall(deep, n - 1)) end print(deep(150))`:                                                            "end\n",
	} {
		if got := b.run(t, program); got != want {
			t.Errorf("%s: %q, want %q", program, got, want)
		}
	}
	got := b.run(t, `local function deep() local _, e = pcall(deep) error(e, 0) end print(select(2, pcall(deep)))`)
	if want := "test.lua:1: stack overflow: pcall inside of pcall, 200 deep\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func BenchmarkProtectedCall(b *testing.B) {
	m := New(Options{})
	defer m.Close()
	if err := m.Run(b.Context(), "test.lua", `function f() return 1 end function many(n) for i = 1, n do pcall(f) end end`); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	m.L.Push(m.L.GetGlobal("many"))
	m.L.Push(lua.LNumber(b.N))
	m.L.Call(1, 0)
}
