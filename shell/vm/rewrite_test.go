package vm

import "testing"

func TestAssignmentsToSeveral(t *testing.T) {
	printing(t, nil, map[string]string{
		`local a, b = 1, 2 a, b = b, a print(a, b)`:                                                                           "2\t1",
		`local a, b, c = 1, 2, 3 a, b, c = c, a, b print(a, b, c)`:                                                            "3\t1\t2",
		`local a, b = 1, 2 for i = 1, 10 do a, b = b, a + b end print(a, b)`:                                                  "144\t233",
		`local a, b = 1, 2 local function f() a, b = b, a end f() print(a, b)`:                                                "2\t1",
		`x, y = 1, 2 x, y = y, x print(x, y)`:                                                                                 "2\t1",
		`local t = {1, 2} t[1], t[2] = t[2], t[1] print(t[1], t[2])`:                                                          "2\t1",
		`local i, t = 1, {} i, t[i] = 2, 9 print(i, t[1], t[2])`:                                                              "2\t9\tnil",
		`local t = {} local old = t t, t.x = {}, 5 print(old.x, t.x)`:                                                         "5\tnil",
		`local t = {} local old = t t.x, t = 5, {} print(old.x, t.x)`:                                                         "5\tnil",
		`local t = {} local old = t t.x, t = (function() return 5, {} end)() print(old.x, t.x)`:                               "5\tnil",
		`local a, b, c = 1, 2, 3 a, b, c = b print(a, b, c)`:                                                                  "2\tnil\tnil",
		`local a, b = 1, 2 a, b = b, a, print("extra") print(a, b)`:                                                           "extra\n2\t1",
		`local function f() return 7, 8, 9 end local a, b, c a, b, c = 1, f() print(a, b, c) a, b, c = f(), 1 print(a, b, c)`: "1\t7\t8\n7\t1\tnil",
		`local a, b, c = 1 a, b, c = (function(...) return ... end)(a, 2) print(a, b, c)`:                                     "1\t2\tnil",
		`local n = 0 local function f() n = n + 1 return {n}, n end local a a, f()[f()] = n, n print(a, n)`:                   "2\t2",
		`local a, b repeat local z = 1 a, b = z, a until z == b or a == 1 print(a, b)`:                                        "1\tnil",
	})
	if got := newBench(t, nil).fails(t, "local a, b = 1\n\na, b = b, b.x").Message; got != "test.lua:3: attempt to index b, which is nil" {
		t.Error(got)
	}
}

func TestConstantConditionsOfLoops(t *testing.T) {
	begin := `local a, f = 1, false for i, v in ipairs({"of another loop"}) do print(v) end `
	cases := map[string]string{}
	for condition, want := range map[string]string{
		"not (false and a)": "4", "not (nil and a)": "4", "not (true and false)": "4", "true and not (false and f)": "4",
		"(false and f) or a": "4", "not (false and f) or a": "4", "not (false and a) and a < 3": "3", "false and a or a < 3": "3",
		"not nil and not (not 1 and a)": "4", "not (2 and a)": "1", "false and a": "1", "not (f or 'x')": "1", "a < 3 and not (false and f)": "3",
		"false or (function(...) return ... end)(a < 2, false)": "2", "(1 and (function() return nil, 1 end)())": "1",
	} {
		cases[begin+"while "+condition+" do a = a + 1 if a > 3 then break end end print(a)"] = "of another loop\n" + want
	}
	printing(t, nil, cases)
}

func TestLoopsThatBeginWithAJump(t *testing.T) {
	begin := `local k, calls = 0, 0
		local function to(n)
			local i = 0
			return function()
				calls, i = calls + 1, i + 1
				assert(calls < 50, "the loop never ends")
				return i <= n and i or nil
			end
		end
		for v in to(1) do print("of another loop") end `
	cases := map[string]string{}
	for code, want := range map[string]string{
		`for v in to(3) do break end`:                                                                                                           "0",
		`for v in to(3) do do break end end`:                                                                                                    "0",
		`for v in to(3) do if true then break end end`:                                                                                          "0",
		`for v in to(3) do if false then k = 9 end k = k + v end`:                                                                               "6",
		`for v in to(3) do if not true then k = 9 elseif nil then k = 9 else k = k + v end end`:                                                 "6",
		`for v in to(3) do if false and k then k = 9 end k = k + v end`:                                                                         "6",
		`for v in to(3) do local x = false and v k = k + v end`:                                                                                 "6",
		`for v in to(3) do k = nil or k + v end`:                                                                                                "6",
		`for v in to(3) do while false do k = 9 end k = k + v end`:                                                                              "6",
		`for v in to(3) do repeat break until true k = k + v end`:                                                                               "6",
		`for v in to(3) do repeat do break end until true k = k + v end`:                                                                        "6",
		`for v in to(3) do repeat if v == 2 then break end k = k + v until true end`:                                                            "4",
		`for v in to(3) do while true do break end k = k + v end`:                                                                               "6",
		`for v in to(3) do ::l:: break end`:                                                                                                     "0",
		`local n = to(9) while true do if false then k = 9 end k = k + 1 n() if k > 3 then break end end`:                                       "4",
		`local n = to(9) while k < 3 do if nil then k = 9 end k = k + 1 n() end`:                                                                "3",
		`local n = to(9) while k < 3 do while false do end k = k + 1 n() end`:                                                                   "3",
		`local n = to(9) repeat if false then k = 9 end k = k + 1 n() until k > 3`:                                                              "4",
		`local n = to(9) local z while true do if false then end local f = function() return k end k = k + 1 n() if f() > 3 then break end end`: "4",
		`local n = to(9) ::l:: if false then k = 9 end k = k + 1 n() if k < 4 then goto l end`:                                                  "4",
		`local n = to(9) do ::l:: do if nil then k = 9 end end k = k + 1 n() if k < 4 then goto l end end`:                                      "4",
	} {
		cases[begin+code+" print(k)"] = "of another loop\n" + want
	}
	printing(t, nil, cases)
}

func TestAssignmentsToALocalVariable(t *testing.T) {
	begin := `local t, n, p = {x = {y = 3}}, nil, 7 local function g(...) return ... end `
	cases := map[string]string{}
	for code, want := range map[string]string{
		`p = t.z and "s"`:                            "nil",
		`p = g(false) and "s"`:                       "false",
		`p = not t and "s"`:                          "false",
		`p = (missing and "s")`:                      "nil",
		`p = t.x and t.z and "s"`:                    "nil",
		`p = n or t.z and "s"`:                       "nil",
		`p = (t.z and 1) or (t.z and 2)`:             "nil",
		`p = t.x and t.x.y`:                          "3",
		`p = n or (t.z or "s")`:                      "s",
		`for i = 1, 2 do p = t.z and i end`:          "nil",
		`local f = function() p = t.z and 1 end f()`: "nil",
		`local function f(s) s = (s:gsub("a", "b")) return s end p = f("aa")`:             "bb",
		`local function f(q, s) local r = 5 s = (g(s)) return q + r + s end p = f(1, 2)`:  "8",
		`local function f(q, s) local r = 5 s = g(s), 1 return q + r + s end p = f(1, 2)`: "8",
		`local function f(s, ...) local r = 5 s = (...) return r + s end p = f(1, 2)`:     "7",
		`local function f(s) s = (g(s)) and t.z and 1 return s end p = f(1)`:              "nil",
	} {
		cases[begin+code+" print(p)"] = want
	}
	printing(t, nil, cases)
}

func TestScopeOfALocalFunction(t *testing.T) {
	printing(t, nil, map[string]string{
		`local print = function(...) print("wrapped", ...) end print(1)`:                                          "wrapped\t1",
		`local f = function() return f end print(f())`:                                                            "nil",
		`local f = 1 local f = function() return f end print(f())`:                                                "1",
		`local function f(n) return n == 0 and "end" or f(n - 1) end print(f(3))`:                                 "end",
		`local f f = function(n) return n == 0 and "end" or f(n - 1) end print(f(3))`:                             "end",
		`local a, f, b = 1, function() return f end, 2 local g = function(x) return x end print(a, f(), b, g(3))`: "1\tnil\t2\t3",
		`for i = 1, 2 do local f = function() return i end local z = 5 print(f(), z) end`:                         "1\t5\n2\t5",
	})
	if got := newBench(t, nil).fails(t, "local f = function()\n\nerror('x')\nend\nf()").Message; got != "test.lua:3: x" {
		t.Error(got)
	}
}
