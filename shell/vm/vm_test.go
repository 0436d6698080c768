package vm

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
)

func TestLimitsAreRaised(t *testing.T) {
	printing(t, nil, map[string]string{
		`local t = {} for i = 1, 4000 do t[i] = "x" end print(#table.concat(t))`:                 "4000",
		`local t = {} for i = 1, 100000 do t[i] = i end print(select("#", unpack(t)))`:           "100000",
		`local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end print(f(4000))`: "4000",
	})
}

func TestStandardLibrary(t *testing.T) {
	printing(t, nil, map[string]string{
		`print(1, "a", nil, true, 0.5)`:            "1\ta\tnil\ttrue\t0.5",
		`print(12345678.9, 1e20, 2^53, 1/0, -1/0)`: "12345678.9\t1e+20\t9007199254740992\tinf\t-inf",
		`print(math.huge, -math.huge)`:             "inf\t-inf",
		`local e = {} print(select(2, xpcall(function() error(e) end, debug.traceback)) == e)`:    "true",
		`print((select(2, xpcall(function() error("x") end, debug.traceback)):gsub("\n.*", "")))`: "test.lua:1: x",
		`print(tostring(0/0))`:                                                                                      "nan",
		`print(table.unpack({1, 2, 3}))`:                                                                            "1\t2\t3",
		`local t = table.pack(1, nil, 3) print(t.n, t[1], t[2], t[3])`:                                              "3\t1\tnil\t3",
		`print(load("return 1 + 1")())`:                                                                             "2",
		`print(load("return x", "c", "t", {x = 7})())`:                                                              "7",
		`local n = 0 print(load(function() n = n + 1 return ({"return ", "9"})[n] end)())`:                          "9",
		`print(load("x =")) `:                                                                                       "nil\t[string \"x =\"]:1: unexpected end",
		`print(loadstring("return ...")(5))`:                                                                        "5",
		`print(xpcall(function(a, b) return a + b end, print, 1, 2))`:                                               "true\t3",
		`print(xpcall(function() error("x", 0) end, function(e) return e .. "!" end))`:                              "false\tx!",
		`print(rawlen({1, 2}), rawlen("abc"))`:                                                                      "2\t3",
		`print(type(select(2, pcall(assert, false, {1}))))`:                                                         "table",
		`print(type(collectgarbage("count")), collectgarbage())`:                                                    "number\t0",
		`print(string.format("%5.2f|%-5s|%5s|%d|%x|%q|%g|%%", 1.005, "a", "b", 3, 255, "a\nb", 0.1))`:               " 1.00|a    |    b|3|ff|\"a\\nb\"|0.1|%",
		`print(string.format("%s %s %s", nil, true, 12345678.9))`:                                                   "nil true 12345678.9",
		`print(string.format("%g %g %e", 1e20, 1/0, 12345.678))`:                                                    "1e+20 inf 1.234568e+04",
		`print(string.format("%.3s|%5.1s|", "abcdef", "xyz"))`:                                                      "abc|    x|",
		`print(pcall(string.format, "%d"))`:                                                                         "false\ttest.lua:1: bad argument #2 to (anonymous) (no value)",
		`print(("ab"):rep(3), ("ab"):rep(3, "-"), ("x"):rep(0), ("x"):rep(-1))`:                                     "ababab\tab-ab-ab\t\t",
		`print((pcall(string.rep, "x", 1e9)))`:                                                                      "false",
		`print((pcall(string.rep, "x", 1e300)))`:                                                                    "false",
		`print(("x"):rep(3e5):len())`:                                                                               "300000",
		`print(("key = value"):match("^(%w+)%s*=%s*(%w+)$"))`:                                                       "key\tvalue",
		`print(("abc"):find("b", 1, true), ("a.c"):gsub("%.", "-"))`:                                                "2\ta-c\t1",
		`local f = coroutine.wrap(function() local a, b = coroutine.yield(1) return type(a), b end) f() print(f())`: "nil\tnil",
		`local f = coroutine.wrap(function() local a, b = coroutine.yield(1) return a, b end) f() print(f(5))`:      "5\tnil",
		`local f = coroutine.wrap(function() local a = coroutine.yield(1) return a end) f() print(f(5, 6))`:         "5",
		`local f = coroutine.wrap(function() return select("#", coroutine.yield()) end) f() print(f(nil, nil))`:     "2",
		`local f = coroutine.wrap(function() return coroutine.yield() end) f() print(select("#", f()))`:             "0",
		`print(os.date("!%a %A %x %j %U %W %e|%D %T %R %%a %%%a %d.%m.%Y", 86400 * 3))`:                             "Sun Sunday 01/04/70 004 01 00  4|01/04/70 00:00:00 00:00 %a %Sun 04.01.1970",
		`print(os.date("!*t", 86400 * 40).yday, #os.date("%j", nil), os.date("!%H%", 0))`:                           "41\t3\t00%",
		`print(time.format(0, "%a, %d %b"), pcall(os.date, "%a", {}))`:                                              "Thu, 01 Jan\tfalse\ttest.lua:1: bad argument #2 to (anonymous) (number expected, got table)",
		`print(tonumber("1e3"), tonumber("2.5E-3"), tonumber(" 1e+1\n"), tonumber("1e400"))`:                        "1000\t0.0025\t10\tinf",
		`print(tonumber("9999999999999999999"), tonumber("0x10"), tonumber("-0xFF"))`:                               "1e+19\t16\t-255",
		`print(tonumber("010"), tonumber("5."), tonumber("+.5"), tonumber("12", 10))`:                               "10\t5\t0.5\t12",
		`print(tonumber("ff", 16), tonumber("-11", 2), tonumber(7), tonumber({}))`:                                  "255\t-3\t7\tnil",
		`print(tonumber(""), tonumber("0x"), tonumber("1_0"), tonumber("1 2"), tonumber("inf"))`:                    "nil\tnil\tnil\tnil\tnil",
		`print(tonumber("0x1p4"), tonumber("nan"), tonumber("e5"), tonumber("- 5"), tonumber("."))`:                 "nil\tnil\tnil\tnil\tnil",
		`print(tonumber(10, 16), tonumber("0xff", 16), tonumber("5.", 2), tonumber("-z", 36), tonumber(" 7 ", 8))`:  "16\t255\tnil\t-35\t7",
		`print(rawset({}, "a", 1).a) local f = io.tmpfile() print(f:setvbuf("line"), f:setvbuf("full", 99), f:write("a")) print(f:seek("set"), f:read("*a"))`: "1\ntrue\ttrue\ttrue\n0\ta",
		`print(pcall(tonumber, "10", 1))`: "false\ttest.lua:1: bad argument #2 to (anonymous) (base out of range)",
		`print("010" + 1, 2 * "017", "1e2" - "0x10", -"010", "9" / 3, "7" % "4", -7 % "4", "010" ^ 2)`:                                                                                  "11\t34\t84\t-10\t3\t3\t1\t100",
		`print(pcall(function() return "1_0" + 1 end)) print(pcall(function() return -"x" end))`:                                                                                        "false\ttest.lua:1: cannot perform add operation between string and number\nfalse\ttest.lua:1: __unm undefined",
		`local mt = {__add = function(a, b) return type(a) .. type(b) end} local t = setmetatable({}, mt) print("1" + t, t + "1", "x" + t, 1 + t)`:                                      "stringtable\ttablestring\tstringtable\tnumbertable",
		`print(pcall(function() return "a" + {} end))`:                                                                                                                                  "false\ttest.lua:1: cannot perform add operation between string and table",
		`print(getmetatable("").__index == string, ("x"):len(), string.__index, string.__add)`:                                                                                          "true\t1\tnil\tnil",
		`print(("a\255B"):upper() == "A\255B", ("\254Z"):lower() == "\254z", ("aé"):upper())`:                                                                                           "true\ttrue\tAÉ",
		`print(pcall(string.char, 256)) print((pcall(string.char, -1)), string.char(), string.char(72, 105))`:                                                                           "false\ttest.lua:1: bad argument #1 to (anonymous) (a byte is between 0 and 255)\nfalse\t\tHi",
		`print(("abc"):byte(0, -1)) print(("abc"):byte(0, 2)) print(("abc"):byte(0)) print(("abc"):byte(2), ("abc"):byte()) print(("abc"):byte(-1), ("abc"):byte(9), ("abc"):byte(-9))`: "97\t98\t99\n97\t98\n\n98\t97\n99\tnil",
		`local t = {1, 2, 3} print(table.remove(t, 0), table.remove(t, -1), #t, table.remove(t, 1), table.remove(t), #t)`:                                                               "nil\tnil\t3\t1\t3\t1",
		`print(os.date("!%c", 1e9), os.time{year = 2001, month = "09", day = 9, hour = 12} - os.time{year = 2001, month = 9, day = 9})`:                                                 "Sun Sep  9 01:46:40 2001\t0",
		`print(pcall(os.time, {year = 2020, month = 1})) print((pcall(os.time, {})))`:                                                                                                   "false\ttest.lua:1: field 'day' missing in date table\nfalse",
		`print(("a"):match("b"), select("#", ("a"):match("b")), type(("a"):match("b")))`:                                                                                                "nil\t1\tnil",
		`print(("ab"):find("", 3)) print(("ab"):find("", 9)) print(("ab"):find("", -1))`:                                                                                                "3\t2\n3\t2\n2\t1",
		`print(("ab"):find("b", math.huge, true)) print(("ab"):find("b", -math.huge, true))`:                                                                                            "nil\n2\t2",
		`print(("ab"):find("b", -1), ("ab"):match(".", -1), ("ab"):find("a", 2))`:                                                                                                       "2\tb\tnil",
		`print(string.find(12, "2", 0/0))`:                                                   "2\t2",
		`print(("ab"):match("()", 9), pcall(string.find), (pcall(string.find, "a", {}, 1)))`: "3\tfalse\tfalse",
		`for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do print(k, v) end`:                  "a\t1\nb\t2",
		`local n = ("a b"):gmatch("%a") print(n(), n(), n(), n())`:                           "a\tb\tnil",
		`for w in ("a b"):gmatch("%a") do print(w) end`:                                      "a\nb",
		`print(select(2, (("x "):rep(1000)):gsub("x* *", "")))`:                              "1001",
		`io.write("a", 1, "\n")`:                                                             "a1",
		`io.stdout:write("a"):write("b\n")`:                                                  "ab",
		`print(io.type(io.stdout), tostring(io.stdout), io.output() == io.stdout)`:           "file\tfile (stdout)\ttrue",
		`print(pcall(io.lines, "no/such"))`:                                                  "false\ttest.lua:1: no/such: no such file or directory",
		`print(os.execute("exit 3"), os.execute("true"), os.execute())`:                      "3\t0\t1",
		`os.execute("echo hello")`:                                                           "hello",
		"#!/usr/bin/env sregistry-shell run\nprint(1)":                                       "1",
		`print(channel)`:        "nil",
		`print(pcall(load, 5))`: "false\ttest.lua:1: bad argument #1 to (anonymous) (string or function expected)",
	})
}

func TestArgAndRequire(t *testing.T) {
	beside, modules := t.TempDir(), t.TempDir()
	write(t, beside+"/near.lua", `return {name = "near"}`)
	write(t, modules+"/far.lua", `return {name = "far", path = ...}`)
	write(t, modules+"/near.lua", `return {name = "wrong"}`)
	write(t, modules+"/deep/er.lua", "#!x\nreturn 5")
	write(t, modules+"/bad.lua", "x = ) 1")
	set := func(o *Options) {
		o.Script, o.Args, o.ModuleDirs = beside+"/main.lua", []string{"a", "b"}, []string{modules}
	}
	printing(t, set, map[string]string{
		`print(#arg, arg[1], arg[2], arg[0] == "` + beside + `/main.lua")`: "2\ta\tb\ttrue",
		`print(require("near").name, require("far").name)`:                 "near\tfar",
		`print(require("deep.er"), require("far").path)`:                   "5\tfar",
		`print(pcall(require, "bad"))`:                                     "false\t" + modules + "/bad.lua:1: unexpected symbol near ')'",
	})
	b := newBench(t, set)
	if text := b.fails(t, `require "nowhere"`).Message; !strings.Contains(text, modules+"/nowhere.lua") || strings.HasSuffix(strings.TrimSpace(text), ",") {
		t.Errorf("the folders that were looked in are missing: %s", text)
	}
	// A module that was mended after it failed can be had.
	b.fails(t, `require "bad"`)
	write(t, modules+"/bad.lua", "return 'mended'")
	if got := b.run(t, `print(require "bad")`); got != "mended\n" {
		t.Errorf("got %q", got)
	}
}

func TestExit(t *testing.T) {
	for source, want := range map[string]int{
		`os.exit()`:                           0,
		`os.exit(3)`:                          3,
		`os.exit(true)`:                       0,
		`os.exit(false)`:                      1,
		`exit(4)`:                             4,
		`quit()`:                              0,
		`pcall(os.exit, 5) print("not here")`: 5,
		`xpcall(function() os.exit(6) end, function() return 1 end) print("not here")`:           6,
		`coroutine.wrap(function() pcall(os.exit, 7) print("not here") end)() print("not here")`: 7,
		`while true do pcall(function() pcall(os.exit, 8) end) end`:                              8,
		`table.sort({3, 1, 2}, function(a, b) os.exit(9) end)`:                                   9,
	} {
		b := newBench(t, nil)
		err := b.Run(t.Context(), "test.lua", source)
		var exit *ExitError
		if !errors.As(err, &exit) || exit.Status != want || b.out.Len() > 0 {
			t.Errorf("%s: %v, printed %q", source, err, b.out.String())
		}
		// The VM lives on.
		if got := b.run(t, "print(1)"); got != "1\n" {
			t.Errorf("after exit: %q", got)
		}
	}
}

// canceler cancels when something is written to it.
type canceler struct{ cancel func() }

func (c canceler) Write(p []byte) (int, error) { c.cancel(); return len(p), nil }

func TestInterruptStopsAnything(t *testing.T) {
	for _, source := range []string{
		`print() while true do end`,
		`print() while true do pcall(function() while true do end end) end`,
		`os.execute("echo; exec sleep 60")`,
		`stuck = coroutine.wrap(function() print() while true do end end) stuck()`,
		`print() return ("a"):rep(60):find(("a*"):rep(4) .. "b")`,
		`print() for x in (("a"):rep(1e4)):gmatch("a*b") do end`,
		`print() pcall(os.execute, "exec sleep 60") print(1)`,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		b := newBench(t, func(o *Options) { o.Stdout = canceler{cancel} })
		b.run(t, "x = 1")
		err := b.Run(ctx, "test.lua", source)
		if client.CodeOf(err) != client.Canceled || !strings.HasPrefix(err.Error(), "test.lua:1: ") {
			t.Errorf("%s: %v", source, err)
		}
		b.run(t, `assert(x == 1)`)
		cancel()
	}
}

func TestCoroutinesOutliveTheirEntry(t *testing.T) {
	b := newBench(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	if err := b.Run(ctx, "in:1", `co = coroutine.wrap(function() while true do coroutine.yield(2) end end) co()`); err != nil {
		t.Fatal(err)
	}
	cancel() // after the entry, as a prompt does
	if got := b.run(t, `print(co())`); got != "2\n" {
		t.Errorf("got %q", got)
	}
	if err := b.Run(ctx, "in:2", "x = 1"); client.CodeOf(err) != client.Canceled {
		t.Errorf("a program ran under a context that was over: %v", err)
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(Options{}).Close()
	}
}

type behindFile struct {
	bytes.Buffer
	f *os.File
}

func (b *behindFile) File() *os.File { return b.f }

func TestCommandsGetTheFileBehindAWriter(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := &behindFile{f: f}
	b := newBench(t, func(o *Options) { o.Stdout = out })
	b.run(t, `print("lua") os.execute("echo command")`)
	if content, _ := os.ReadFile(f.Name()); string(content) != "command\n" || out.String() != "lua\n" {
		t.Errorf("%q, %q", content, out.String())
	}
}

func TestStringsAreBounded(t *testing.T) {
	before := maxString
	defer func() { maxString = before }()
	maxString = 1 << 20
	many := `local s, t = ("x"):rep(1e5), {} for i = 1, 100 do t[i] = s end `
	printing(t, nil, map[string]string{
		many + `print(pcall(table.concat, t))`:                           "false\ttest.lua:1: table.concat would make more than 1 MiB, which is the limit",
		many + `print(pcall(table.concat, {"a", "b", "c"}, s:rep(6)))`:   "false\ttest.lua:1: table.concat would make more than 1 MiB, which is the limit",
		many + `print(pcall(string.format, ("%s"):rep(100), unpack(t)))`: "false\ttest.lua:1: string.format would make more than 1 MiB, which is the limit",
		`print(pcall(string.rep, "x", 1e10))`:                            "false\ttest.lua:1: string.rep would make 10000000000 bytes; the limit is 67108864",
		`print(table.concat({1, 2.5, "c"}, "-"), table.concat({}), table.concat({1, 2, 3}, ",", 2), table.concat({1, 2, 3}, ",", 3, 2))`: "1-2.5-c\t\t2,3\t",
		`print(pcall(table.concat, {1, {}, 3}))`:    "false\ttest.lua:1: invalid value (table) at index 2 in table for concat",
		`print(pcall(table.concat, {1}, "", 1, 2))`: "false\ttest.lua:1: invalid value (nil) at index 2 in table for concat",
	})
}
