package vm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

var ubuntu = client.Image{
	URI: "lab/ubuntu:22.04", Collection: "lab", Name: "ubuntu", Tag: "22.04", Object: "ubuntu-22.04.sif",
	Size: 30_721_024, SHA256: "ab", ETag: "cd", Modified: time.Date(2026, 11, 22, 21, 5, 33, 0, time.UTC),
}

func TestClientTable(t *testing.T) {
	b := newBench(t, nil)
	for source, want := range map[string]string{
		`client.psuh("a")`:         `test.lua:1: client has no function "psuh" (did you mean "push"?)`,
		`local x = client.zzzzz`:   `test.lua:1: client has no function "zzzzz"`,
		`client.push = 1`:          `test.lua:1: client cannot be changed; give a function of your own another name`,
		`client.mine = 1`:          `test.lua:1: client cannot be changed; give a function of your own another name`,
		`setmetatable(client, {})`: `test.lua:1: cannot change a protected metatable`,
	} {
		if got := b.fails(t, source).Message; got != want {
			t.Errorf("%s\n%s\nnot\n%s", source, got, want)
		}
	}
	printing(t, nil, map[string]string{
		`local n = 0 for k, f in pairs(client) do assert(type(f) == "function") n = n + 1 end print(n)`: fmt.Sprint(len(verbs.Of(verbs.GroupClient))),
		`print((tostring(client):gsub(":.*", "")))`:                                                     "client",
	})
}

func TestArgumentsAreChecked(t *testing.T) {
	b := newBench(t, nil)
	for source, want := range map[string]string{
		`client.push{"a.sif", "lib/a"}`:            `write client.push("a.sif", "lib/a")`,
		`client:push{"a.sif", "lib/a"}`:            `write client.push("a.sif", "lib/a")`,
		`client.push{"a.sif", "lib/a", tag="x"}`:   `write client.push("a.sif", "lib/a", {tag="x"})`,
		`client.pull{"lib/a", file="x.sif"}`:       `write client.pull("lib/a", {file="x.sif"})`,
		`client.push("a.sif", "lib/a", {tga="x"})`: `unknown option "tga" (did you mean "tag"?)`,
		`client.push("a.sif", 5)`:                  `name must be a string, not the number 5`,
		`client.push("a.sif", print)`:              `argument 2 cannot be a function`,
		`client.push("a.sif")`:                     `name is missing; it is written client.push(`,
		`client.push("a", "b", {}, "c")`:           `client.push(`,
		`local t = {} t[1] = t client.push(t)`:     `holds itself`,
		`client.push({["a"]=1, [2.5]=2})`:          `a table with the key 2.5`,
	} {
		err := b.fails(t, source)
		if client.CodeOf(err) != client.Invalid || !strings.Contains(err.Message, want) || !strings.HasPrefix(err.Message, "test.lua:1: pu") && !strings.HasPrefix(err.Message, "test.lua:1: search") {
			t.Errorf("%s\n%s\nlacks\n%s", source, err.Message, want)
		}
	}
}

func TestConnectIsAskedOnceItWorked(t *testing.T) {
	calls := 0
	b := newBench(t, func(o *Options) {
		o.Connect = func(ctx context.Context) (*client.Client, error) {
			calls++
			if calls == 1 {
				return nil, &client.Error{Op: "sign in", Code: client.Denied, Err: errors.New("wrong token")}
			}
			return &client.Client{}, nil
		}
	})
	if calls != 0 {
		t.Fatal("connected before a verb needed it")
	}
	if err := b.fails(t, "client.search()"); client.CodeOf(err) != client.Denied || err.Message != "test.lua:1: sign in: wrong token" {
		t.Errorf("%v", err)
	}
	for range 2 {
		if _, err := b.client.get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 2 {
		t.Errorf("connected %d times", calls)
	}
}

// raising makes a global function that raises an error as a verb does.
func raising(b *bench, err error) {
	b.L.SetGlobal("fail", b.L.NewFunction(func(L *lua.LState) int {
		return guard(L, "push", func() int { b.raise(L, verbs.Find("push"), err); return 0 })
	}))
}

func TestErrorsAreValues(t *testing.T) {
	missing := &client.Error{Op: "pull", Image: "no/such", Code: client.NotFound, Err: fs.ErrNotExist, Hint: "look again"}
	b := newBench(t, nil)
	raising(b, missing)
	for source, want := range map[string]string{
		`local ok, e = pcall(fail) print(ok, e.code, e.op, e.image)`:                           "false\tnot_found\tpull\tno/such",
		`local ok, e = pcall(fail) print(e.message == tostring(e), e)`:                         "true\tpull no/such: file does not exist; look again",
		`local ok, e = pcall(fail) print("! " .. e)`:                                           "! pull no/such: file does not exist; look again",
		`local ok, e = pcall(fail) print(e.hint, e.done, e.failed, e.zzz)`:                     "look again\tnil\tnil\tnil",
		`local ok, e = pcall(function() assert(pcall(fail)) end) print(e.code)`:                "not_found",
		`local ok, e = pcall(function() local ok, e = pcall(fail) error(e) end) print(e.code)`: "not_found",
		`local ok, e = coroutine.resume(coroutine.create(fail)) print(ok, e.code)`:             "false\tnot_found",
	} {
		if got := strings.TrimSpace(b.run(t, source)); got != want {
			t.Errorf("%s\n%q\nnot\n%q", source, got, want)
		}
	}
	for _, source := range []string{
		"\nfail()", "\nlocal ok, e = pcall(fail)\nerror(e)", "local function f()\nfail() end f()",
		"coroutine.wrap(function()\nfail() end)()",
	} {
		err := b.fails(t, source)
		if !errors.Is(err, missing) || !errors.Is(err, fs.ErrNotExist) || err.Message != "test.lua:2: pull no/such: file does not exist; look again" {
			t.Errorf("%s: %v", source, err)
		}
		if !strings.Contains(err.Traceback, "test.lua:") || strings.Contains(err.Traceback, "[G]") {
			t.Errorf("%s: traceback %q", source, err.Traceback)
		}
	}
}

func TestPartialErrors(t *testing.T) {
	b := newBench(t, nil)
	raising(b, &client.Error{Op: "push", Code: client.Partial, Err: errors.New("1 of 2 failed"),
		Done: []client.Image{ubuntu}, Failed: []*client.Error{{Op: "push", Image: "a/b", Code: client.Full, Err: errors.New("no room")}}})
	got := b.run(t, `local ok, e = pcall(fail) print(#e.done, e.done[1].tag, #e.failed, e.failed[1].code, e.failed[1].image)`)
	if got != "1\t22.04\t1\tfull\ta/b\n" {
		t.Errorf("%q", got)
	}
}

func TestWhichItemOfAList(t *testing.T) {
	b := newBench(t, nil)
	err := b.fails(t, `client.push({ {"a", "lib/a"}, {"b"} })`)
	if client.CodeOf(err) != client.Invalid || !strings.HasPrefix(err.Message, "test.lua:1: push: item 2 of the list: ") || strings.Count(err.Message, "push: ") != 1 {
		t.Errorf("%s", err.Message)
	}
}

func TestOtherErrors(t *testing.T) {
	b := newBench(t, nil)
	for source, want := range map[string]string{
		`error("boom")`:      "test.lua:1: boom",
		`error("boom", 0)`:   "boom",
		`error({code = 42})`: "test.lua:1: {code = 42}",
		`error(nil)`:         "test.lua:1: nil",
		`error(setmetatable({}, {__tostring = function() return "mine" end}))`:     "test.lua:1: mine",
		`error(setmetatable({}, {__tostring = function() error("worse") end}))`:    "test.lua:1: <error in __tostring: test.lua:1: worse>",
		`error(setmetatable({}, {__tostring = function() while true do end end}))`: "test.lua:1: <error in __tostring: it does not end>",
		`local x = nil; x.y = 1`:                    "test.lua:1: attempt to index x, which is nil",
		`local function f() return 1 + f() end f()`: "test.lua:1: stack overflow: a function calls itself too deep",
		"x = 1\ny = ) 2":                            "test.lua:2: unexpected symbol near ')'",
		"x = 1\nprint('abc":                         "test.lua:2: unterminated string",
		`x = 1e`:                                    "test.lua:1: malformed number near '1e'",
		`break`:                                     "test.lua:1: no loop to break",
		`goto nowhere`:                              "test.lua:1: no visible label 'nowhere' for <goto>",
		`coroutine.wrap(function() pcall(coroutine.yield, 1) error("after") end)()`: "test.lua:1: after",
	} {
		if got := b.fails(t, source); got.Message != want || client.CodeOf(got) != client.Internal {
			t.Errorf("%s\n%s\nnot\n%s", source, got.Message, want)
		}
	}
	printing(t, nil, map[string]string{
		`print(select(2, coroutine.wrap(function() return pcall(function() coroutine.yield() end) end)()))`: "test.lua:1: cannot yield across pcall, table.sort or another function that is not Lua",
	})
}

func TestNilPointers(t *testing.T) {
	b := newBench(t, nil)
	b.L.SetGlobal("unguarded", b.L.NewFunction(func(L *lua.LState) int {
		var none *client.Image
		L.Push(lua.LString(none.Name))
		return 1
	}))
	if err := b.fails(t, `unguarded()`); !errors.As(err, new(*PanicError)) {
		t.Errorf("%v is not said to be a fault of the program", err)
	}
	err := b.fails(t, `
		local co = coroutine.wrap(function()
			return setmetatable({}, {__index = function() coroutine.yield(1) end}).x
		end)
		co() co()`)
	if !strings.Contains(err.Message, "yielded inside a metamethod") || err.Cause != nil {
		t.Errorf("%v", err)
	}
}

func TestFaultsOfTheProgram(t *testing.T) {
	b := newBench(t, nil)
	b.L.SetGlobal("crash", b.L.NewFunction(func(L *lua.LState) int {
		return guard(L, "push", func() int { panic("a bug") })
	}))
	err := b.fails(t, "\ncrash()")
	var fault *PanicError
	if client.CodeOf(err) != client.Internal || !errors.As(err, &fault) || !strings.Contains(string(fault.Stack), "bind_test.go") {
		t.Errorf("%v, %+v", err, fault)
	}
	if got := b.run(t, `local ok, e = pcall(crash) print(e.code)`); got != "internal\n" {
		t.Errorf("%q", got)
	}
}

func TestResults(t *testing.T) {
	b := newBench(t, nil)
	for _, test := range []struct {
		result       any
		source, want string
	}{
		{ubuntu, `print(x)`, "lab/ubuntu:22.04"},
		{ubuntu, `print("is " .. x)`, "is lab/ubuntu:22.04"},
		{ubuntu, `print(x.collection, x.object, x.size, x.modified)`, "lab\tubuntu-22.04.sif\t30721024\t2026-11-22T21:05:33Z"},
		{client.Image{URI: "a/b"}, `print(x.modified, x.sha256 == "")`, "nil\ttrue"},
		{[]string{"a/b", "c/d"}, `print(x)`, "1  a/b\n2  c/d"},
		{[]string{"a/b", "c/d"}, `print(#x, x[2])`, "2\tc/d"},
		{[]string{}, `print(x)`, ""},
		{[]client.Image{ubuntu, {URI: "x/y:z"}}, `print(x)`, "1  lab/ubuntu:22.04\n2  x/y:z"},
		{[]client.Collection{{Name: "lab", Images: 2, Bytes: 5}}, `print(x[1], x[1].images, x[1].bytes)`, "lab\t2\t5"},
		{true, `print(x)`, "true"},
		{nil, `print(x)`, "nil"},
		{"a.sif", `print(x)`, "a.sif"},
	} {
		b.L.SetGlobal("x", b.encode(b.L, "push", test.result))
		if got := strings.TrimSuffix(b.run(t, test.source), "\n"); got != test.want {
			t.Errorf("%v: %s\n%q\nnot\n%q", test.result, test.source, got, test.want)
		}
	}
}

func TestImagesAreArguments(t *testing.T) {
	b := newBench(t, nil)
	v := value.Encode(b.L, ubuntu)
	got, err := value.Decode(v)
	if err != nil || got != any(ubuntu) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := verbs.Find("stat").Bind([]any{got}); err != nil {
		t.Error(err)
	}
}

func TestIterators(t *testing.T) {
	b := newBench(t, nil)
	steps, ended := 0, 0
	var seq iter.Seq2[client.Image, error] = func(yield func(client.Image, error) bool) {
		defer func() { ended++ }()
		for i := range 3 {
			steps++
			if !yield(client.Image{URI: fmt.Sprint(i)}, nil) {
				return
			}
		}
		yield(client.Image{}, &client.Error{Op: "each", Code: client.Unavailable, Err: errors.New("gone")})
	}
	each := func(L *lua.LState) int { L.Push(b.encode(L, "each", seq)); return 1 }
	b.L.SetGlobal("each", b.L.NewFunction(each))
	if got := b.run(t, `for i in each() do print(i) if tostring(i) == "1" then break end end`); got != "0\n1\n" || steps != 2 {
		t.Errorf("%q after %d steps", got, steps)
	}
	if err := b.fails(t, `for i in each() do end`); client.CodeOf(err) != client.Unavailable {
		t.Error(err)
	}
	if ended != 1 {
		t.Errorf("%d iterators ended, not 1", ended)
	}
	b.VM.Close()
	b.VM = New(Options{})
	if ended != 2 {
		t.Error("Close left an iterator open")
	}
}

func TestConfirm(t *testing.T) {
	three := `client.delete({"a/b", "a/c", "a/d"})`
	b := newBench(t, nil)
	if err := b.fails(t, three); client.CodeOf(err) != client.Invalid || !strings.Contains(err.Message, "delete 3 images, from a/b to a/d; say so with {yes=true}") {
		t.Error(err)
	}
	answer, asked := false, ""
	b = newBench(t, func(o *Options) {
		o.Confirm = func(_ context.Context, question string) (bool, error) { asked = question; return answer, nil }
	})
	if err := b.fails(t, three); client.CodeOf(err) != client.Canceled || asked != "delete 3 images, from a/b to a/d?" {
		t.Error(asked, err)
	}
	answer = true
	if err := b.fails(t, three); client.CodeOf(err) != client.Denied {
		t.Errorf("not gone on after a yes: %v", err)
	}
	asked = ""
	if err := b.fails(t, `client.delete({"a/b", "a/c"}, {yes=true})`); client.CodeOf(err) != client.Denied || asked != "" {
		t.Error(asked, err)
	}
}
