package modules_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
)

// run runs a program in a folder of its own and gives what it printed.
func run(t *testing.T, source string) (string, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	var out, errOut bytes.Buffer
	line := func(kind string) func(string) {
		return func(text string) { fmt.Fprintln(&errOut, kind+": "+text) }
	}
	m := vm.New(vm.Options{Stdout: &out, Stderr: &errOut, Note: line("note"), Warn: line("warning"), Debug: line("debug")})
	defer m.Close()
	err := m.Run(t.Context(), "m.lua", source)
	return strings.TrimSuffix(out.String()+errOut.String(), "\n"), err
}

// prints runs programs each of which must print a text.
func prints(t *testing.T, cases map[string]string) {
	t.Helper()
	for source, want := range cases {
		if got, err := run(t, source); err != nil || got != want {
			t.Errorf("%s\nprinted %q, %v\nnot     %q", source, got, err, want)
		}
	}
}

// raises runs programs each of which must fail with a code and a message.
func raises(t *testing.T, cases map[string]string) {
	t.Helper()
	for source, want := range cases {
		_, err := run(t, source)
		if got := fmt.Sprintf("%s %v", client.CodeOf(err), err); err == nil || !strings.HasPrefix(got, strings.Replace(want, ": ", " m.lua:1: ", 1)) {
			t.Errorf("%s\n%s\nnot\n%s", source, got, want)
		}
	}
}

func TestEveryFunctionIsComplete(t *testing.T) {
	for _, m := range modules.All() {
		if m.Summary == "" || len(m.Funcs) == 0 || modules.Find(m.Name) == nil {
			t.Errorf("%s is incomplete", m.Name)
		}
		for _, f := range m.Funcs {
			if f.Help == "" || m.Find(f.Name) == nil {
				t.Errorf("%s.%s is incomplete", m.Name, f.Name)
			}
			for _, example := range f.Examples {
				if _, err := run(t, example); err != nil {
					t.Errorf("%s\n%v", example, err)
				}
			}
		}
	}
}

func TestModulesAreRequired(t *testing.T) {
	prints(t, map[string]string{
		`for _, m in ipairs{"log", "json", "fs", "path", "sort", "human", "sh", "time"} do assert(require(m) == _G[m]) end`: "",
		`path = "x.sif" local path = require "path" print(path.base("a/b"))`:                                                "b",
	})
	raises(t, map[string]string{
		`fs.siez("x")`:              `internal: fs has no function "siez" (did you mean "size"?); it has exists`,
		`fs.size()`:                 "invalid: fs.size: path is missing; it is written fs.size(path)",
		`fs.size({})`:               "invalid: fs.size: path must be a string, not a table",
		`fs.remove("x", {al=true})`: `invalid: fs.remove: unknown option "al" (did you mean "all"?); it takes all`,
	})
}

func TestLog(t *testing.T) {
	prints(t, map[string]string{
		`log.info("a", 1, nil, {} ~= nil)`:                       "note: a 1 nil true",
		`log.warn("w") log.error("e") log.debug("d") log.info()`: "warning: w\nerror: e\ndebug: d\nnote: ",
	})
}

func TestScriptFail(t *testing.T) {
	raises(t, map[string]string{
		`script.fail("not_found", "no", 3)`: "not_found: script.fail: no 3",
		`script.fail("nonsense", "x")`:      `invalid: script.fail: "nonsense" is no code; they are [invalid not_found`,
	})
}

func TestPath(t *testing.T) {
	prints(t, map[string]string{
		`print(path.join("a", "b/", "../c", 5))`:                                     "a/c/5",
		`print(path.base("a/b.sif"), path.dir("a/b.sif"), path.dir("b"))`:            "b.sif\ta\t.",
		`print(path.ext("a.b/c"), path.ext(".bashrc"), path.ext("a.tar.gz"))`:        "\t\t.gz",
		`print(path.stem("x/a.tar.gz"), path.stem(".bashrc"), path.stem("x/"))`:      "a.tar\t.bashrc\tx",
		`assert(path.abs("x"):sub(1, 1) == "/" and path.base(path.abs("x")) == "x")`: "",

		`print(path.match("a[1]", "a[[]1]"), path.match("a]", "a]"), path.match("b", "[!a]"))`: "true\ttrue\ttrue",
	})
	raises(t, map[string]string{
		`path.match("a", "[")`:     `invalid: path.match: "[" is no pattern: a set is written [a-z]`,
		`path.match("a", "x[]y")`:  `invalid: path.match: "x[]y" is no pattern`,
		`path.match("a", "[z-a]")`: `invalid: path.match: "[z-a]" is no pattern`,
	})
}

func TestHuman(t *testing.T) {
	prints(t, map[string]string{
		`print(human.bytes(0), human.bytes(999), human.bytes(1000), human.bytes(5e10), human.bytes(-2000))`:                 "0 B\t999 B\t1.0 kB\t50.0 GB\t-2.0 kB",
		`print(human.duration(0), human.duration(0.25), human.duration(59.6), human.duration(3600), human.duration(93784))`: "0 s\t0.25 s\t1 min\t1 h\t1 d 2 h",
		`print(human.parse("5"), human.parse("5 kB"), human.parse("5k"), human.parse(" 1.5 MiB "), human.parse("2TB"))`:     "5\t5000\t5120\t1572864\t2000000000000",
		`print(human.seconds("90"), human.seconds("1h30min"), human.seconds("2 d"), human.seconds("1.5m"))`:                 "90\t5400\t172800\t90",
	})
	raises(t, map[string]string{
		`human.parse("x")`:    `invalid: human.parse: "x" is no size; it is written 64M, 1.5 GiB or 5000000`,
		`human.parse("5 kg")`: `invalid: human.parse: "5 kg" is no size; it is written 64M, 1.5 GiB or 5000000`,
		`human.parse("9e")`:   `invalid: human.parse: "9e" is too large for a size`,
		`human.seconds("1y")`: `invalid: human.seconds: "1y" is no duration: unknown unit "y"`,
		`human.seconds("")`:   `invalid: human.seconds: "" is no duration: a number is missing`,
		`human.bytes("5")`:    `invalid: human.bytes: n must be a number, not a string`,
	})
	for d, want := range map[time.Duration]string{0: "now", -5: "now", time.Second: "1 second", 49 * time.Hour: "2 days", 800 * 24 * time.Hour: "2 years"} {
		if got := modules.Age(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}

func TestTime(t *testing.T) {
	prints(t, map[string]string{
		`print(time.parse("1970-01-01"), time.parse("1970-01-01T00:01"), time.parse("1970-01-01T01:00:00+01:00"))`: "0\t60\t0",
		`print(time.parse("Sun, 22 Nov 2026 21:05:33 GMT"), time.parse("1970-01-01T00:00:01.5Z"))`:                 "1795381533\t1.5",
		`print(time.utc(1795381533), time.format(1795381533), time.format("2026-11-22", "%Y/%m"))`:                 "2026-11-22T21:05:33Z\t2026-11-22T21:05:33Z\t2026/11",
		`assert(math.abs(time.now() - os.time()) < 2 and time.utc() > "2020")`:                                     "",
	})
	raises(t, map[string]string{
		`time.parse("yesterday")`: `invalid: time.parse: "yesterday" is no time; write it like`,
		`time.utc(0/0)`:           `invalid: time.utc: seconds is out of range`,
		`time.format({})`:         `invalid: time.format: time must be a number or a text, not a table`,
	})
	ctx, cancel := context.WithCancel(t.Context())
	m := vm.New(vm.Options{Debug: func(string) { cancel() }})
	defer m.Close()
	if err := m.Run(ctx, "m.lua", `log.debug() time.sleep(1000)`); client.CodeOf(err) != client.Canceled {
		t.Error(err)
	}
}

func TestSh(t *testing.T) {
	prints(t, map[string]string{
		`local r = sh.run{"sh", "-c", "echo out; echo err >&2; exit 3"} print(r.code, r.out, r.err)`: "3\tout\n\terr\n",
		`local r = sh.run{"printf", "%s|", "a b", "$HOME", 5} print(r.out)`:                          "a b|$HOME|5|",
		`print(sh.run("echo $X", {env = {X = "y"}}).out)`:                                            "y\n",
		`fs.mkdir("d") print(path.base(sh.run{"pwd", cwd = "d"}.out))`:                               "d\n",
		`print(sh.run{"cat", input = "text"}.out)`:                                                   "text",
		`print(sh.run{"sh", "-c", "kill -9 $$"}.code)`:                                               "137",
		`print(sh.run("echo " .. sh.quote("it's $HOME")).out)`:                                       "it's $HOME\n",
	})
	raises(t, map[string]string{
		`sh.run{"no-such-program"}`: "not_found: sh.run no-such-program: no such program",
		`sh.run{}`:                  "invalid: sh.run: the list is empty",
		`sh.run()`:                  "invalid: sh.run: command is missing",
		`sh.run{"true", cmd = 1}`:   `invalid: sh.run: unknown option "cmd"`,
		`sh.run{"sh", "-c", "echo a; echo no >&2; exit 4", check = true}`: "unavailable: sh.run sh: exit code 4: no",
	})
	ctx, cancel := context.WithCancel(t.Context())
	m := vm.New(vm.Options{Debug: func(string) { cancel() }})
	defer m.Close()
	if err := m.Run(ctx, "m.lua", `log.debug() sh.run{"sleep", "1000"}`); client.CodeOf(err) != client.Canceled {
		t.Error(err)
	}
}

func TestTmpdirIsRemoved(t *testing.T) {
	var out bytes.Buffer
	m := vm.New(vm.Options{Stdout: &out})
	if err := m.Run(t.Context(), "m.lua", `local d = fs.tmpdir() fs.write(path.join(d, "x"), "y") io.write(d)`); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(out.String()); err != nil {
		t.Error(err)
	}
	m.Close()
	if _, err := os.Stat(out.String()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", out.String(), err)
	}
}
