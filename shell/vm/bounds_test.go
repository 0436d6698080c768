package vm

import (
	"strings"
	"testing"
)

// One step that would make more than there is room for is an error of the program.
func TestOneStepIsBounded(t *testing.T) {
	maxString = 1 << 20
	t.Cleanup(func() { maxString = 256 << 20 })
	b := newBench(t, nil)
	for source, want := range map[string]string{
		`local s = ("x"):rep(1e3) s:gsub("x", ("y"):rep(2e3))`:                              "string.gsub would make more than 1 MiB",
		`local s = "x" for i = 1, 40 do s = s:gsub("x", "xx") end`:                          "string.gsub would make more than 1 MiB",
		`local s = "x" for i = 1, 40 do s = s:gsub(".", function(c) return c .. c end) end`: "string.gsub would make more than 1 MiB",
		`table.concat({("x"):rep(6e5), ("x"):rep(6e5)})`:                                    "table.concat would make more than 1 MiB",
		`string.format("%s%s", ("x"):rep(6e5), ("x"):rep(6e5))`:                             "string.format would make more than 1 MiB",
		`("x"):rep(1e9)`:                  "string.rep would make 1000000000 bytes",
		`io.open("/dev/zero"):read("*a")`: "read would make more than 1 MiB",
	} {
		if got := b.fails(t, source).Message; !strings.Contains(got, want) {
			t.Errorf("%s\n%s\nlacks\n%s", source, got, want)
		}
	}
}

// A replacement takes time by the length of what it makes, and not by its square.
func TestManyReplacements(t *testing.T) {
	printing(t, nil, map[string]string{
		`local s, n = ("ab"):rep(2e5):gsub("a", "xyz") print(#s, n)`: "800000\t200000",
		`print(("hello world"):gsub("o", "0", 1))`:                   "hell0 world\t1",
		`print(("hello"):gsub("", "-"))`:                             "-h-e-l-l-o-\t6",
		`print(("abc"):gsub("%w", "%0%0", 2))`:                       "aabbc\t2",
		`print(("abc"):gsub("%w", "%%%1"))`:                          "%a%b%c\t3",
		`print(("hello world"):gsub("(%w+) (%w+)", "%2 %1"))`:        "world hello\t1",
		`print(("abc"):gsub("^%w", "x"))`:                            "xbc\t1",
		`print(("abc"):gsub("x", "y", 0))`:                           "abc\t0",
		`print(("abc"):gsub("a", "y", 0))`:                           "abc\t0",
		`print(("$a $b $c"):gsub("%$(%w)", {a = 1, b = false}))`:     "1 $b $c\t3",
		`print(("abc"):gsub("()b", function(p) return p end))`:       "a2c\t1",
		`print(("abc"):gsub("b", function() end))`:                   "abc\t1",
		`print(("a.b"):gsub("%.", 5))`:                               "a5b\t1",
		`print(select(2, pcall(string.gsub, "a", "a", "%2")))`:       "test.lua:1: invalid capture index %2 in the replacement",
		`print(select(2, pcall(string.gsub, "a", "a", {a = {}})))`:   "test.lua:1: invalid replacement value (a table)",
		`local all = {} for k, v in ("a=1, b=2"):gmatch("(%w)=(%w)") do all[#all+1] = k .. v end print(table.concat(all))`: "a1b2",
		`local n = 0 for w in ("one two"):gmatch("%a+") do n = n + #w end print(n)`:                                        "6",
		`local n = 0 for w in ("x"):rep(3e5):gmatch(".") do n = n + 1 if n == 5 then break end end print(n)`:               "5",
	})
}

// Patterns that go through all the ways there are end with the time that is left. What is left behind
// here takes half a second: it would keep the machine from the other tests for as long as it lasts. Behind
// the end of a pattern the error would not name its function.
func TestPatternsEndInTime(t *testing.T) {
	for _, call := range []string{"find", "match", "gmatch", "gsub"} {
		b := newBench(t, nil)
		with := map[string]string{"gsub": `, ""`}[call]
		b.interrupted(t, `local f = string.`+call+`(("a"):rep(120), ("a*"):rep(3) .. "b"`+with+`) if type(f) == "function" then f() end`, "string."+call+": ")
	}
}
