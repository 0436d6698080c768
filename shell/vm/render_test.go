package vm

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/imagefile"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"
)

// value evaluates an expression.
func (b *bench) value(t *testing.T, expression string) lua.LValue {
	t.Helper()
	values, err := b.Eval(t.Context(), "in:1", expression)
	if err != nil || len(values) != 1 {
		t.Fatalf("%s: %v, %v", expression, values, err)
	}
	return values[0]
}

func TestRender(t *testing.T) {
	for expression, want := range map[string]string{
		`nil`:                   `nil`,
		`true`:                  `true`,
		`5`:                     `5`,
		`12345678.9`:            `12345678.9`,
		`"a\"b\\c"`:             `"a\"b\\c"`,
		`"a\nb\tc\rd\27[31m\0"`: `"a\nb\tc\rd\027[31m\000"`,
		`"héllo 漢字"`:            `"héllo 漢字"`,
		`"\255\226\128\174x"`:   `"\255\226\128\174x"`,
		`{}`:                    `{}`,
		`{1, 2, "x"}`:           `{1, 2, "x"}`,
		`{b = 1, a = 2, ["c d"] = 3, [true] = 5, [2.5] = 6, [-1] = 7}`: "{\n  [-1] = 7,\n  [2.5] = 6,\n  a = 2,\n  b = 1,\n  [\"c d\"] = 3,\n  [true] = 5,\n}",
		`{["end"] = 4, b = 1, [2] = 3}`:                                `{[2] = 3, b = 1, ["end"] = 4}`,
		`{1, {2, {3}}, x = {y = {}}}`:                                  `{1, {2, {3}}, x = {y = {}}}`,
		`(function() local t = {1} t.me = t return t end)()`:           `{1, me = <the same table again>}`,
		`(function() local t = {} return {t, t} end)()`:                `{{}, {}}`,
		`{{{{{{{{1}}}}}}}}`:                                            `{{{{{{{...}}}}}}}`,
		`print`:                                                        `function print(...)`,
		`function() end`:                                               `function`,
		`client.push`:                                                  `function client.push(path, name [, options])`,
		`fs.size`:                                                      `function fs.size(path)`,
		`io.stdout`:                                                    `file (stdout)`,
		`coroutine.create(print)`:                                      `thread`,
		`setmetatable({}, {__tostring = function() return "mine\27" end})`: `mine\027`,
		`setmetatable({}, {__tostring = function() return 5 end})`:         `5`,
		`setmetatable({}, {__tostring = function() return {} end})`:        `<error in __tostring: '__tostring' must return a string, not a table>`,
		`{setmetatable({}, {__tostring = function() error("no", 0) end})}`: `{<error in __tostring: no>}`,
		`select(2, pcall(fs.size, "no/such"))`:                             `error not_found: fs.size no/such: no such file or directory`,
		`{"aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb"}`:                 "{\n  \"aaaaaaaaaaaaaaaaaaaa\",\n  \"bbbbbbbbbbbbbbbbbbbb\",\n}",
		`{name = {"aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbb"}}`:                 "{\n  name = {\n    \"aaaaaaaaaaaaaaaaaaaa\",\n    \"bbbbbbbbbbb\",\n  },\n}",
		`sort.natural{"b", "a\27"}`:                                        "1  a\\027\n2  b",
		`sort.natural{}`:                                                   "{}",
	} {
		b := newBench(t, nil)
		if got := b.Render(b.value(t, expression), 40); got != want {
			t.Errorf("%s\n%s\nnot\n%s", expression, got, want)
		}
	}
}

func TestRenderLimits(t *testing.T) {
	b := newBench(t, nil)
	for _, test := range []struct {
		expression string
		width      int
		has, lacks string
	}{
		{`(function() local t = {} for i = 1, 150 do t[i] = i end return t end)()`, 80, "\n  100,\n  ... and 50 more,\n}", "101"},
		{`(function() local t = {} for i = 1, 150 do t[i] = i end return t end)()`, 0, "150", "more"},
		{`("x"):rep(5000)`, 80, `xxx"... (1000 bytes more)`, ""},
		{`("x"):rep(5000)`, 0, `xxx"`, "more"},
		{`{{{{{{{{1}}}}}}}}`, 0, `{{{{{{{{1}}}}}}}}`, "..."},
		{`(function() local t = {} for i = 1, 1500 do t[i] = "x" .. i end return sort.natural(t) end)()`, 80, "1000 x1000\n... and 500 more", "x1001"},
	} {
		got := b.Render(b.value(t, test.expression), test.width)
		if !strings.Contains(got, test.has) || test.lacks != "" && strings.Contains(got, test.lacks) {
			t.Errorf("%s at %d\n%s", test.expression, test.width, got)
		}
	}
}

func TestRenderResults(t *testing.T) {
	b := newBench(t, nil)
	old := ubuntu
	old.Modified = time.Now().Add(-50 * time.Hour)
	for _, test := range []struct {
		result any
		want   string
	}{
		{[]string{"a/b", "c/d\x1b"}, "1  a/b\n2  c/d\\027"},
		{[]client.Image{old, {Collection: "x", Object: "y", Size: -1}}, "1  lab/ubuntu-22.04.sif  30.7 MB  2 days ago\n2  x/y"},
		{[]client.Leftover{{Collection: "lab", Object: "a-v1.sif", Folder: ".segments/a", Size: 5e9, Modified: old.Modified, Removed: true},
			{Collection: "lab", Folder: ".segments/日本", Size: 70e6, Modified: old.Modified, Kept: "in progress"}},
			"1  lab/a-v1.sif         5.0 GB  2 days ago            removed\n2  lab/.segments/日本  70.0 MB  2 days ago  kept: in progress"},
		{[]client.Collection{{Name: "日本", Images: 1, Bytes: 5}, {Name: "lab", Images: 2, Bytes: 5}}, "1  日本   1 image  5 B\n2  lab   2 images  5 B"},
		{[]client.Collection{{Name: "lab", Images: 1, Bytes: 5}, {Name: "longer", Images: 20, Bytes: 5e9}}, "1  lab       1 image     5 B\n2  longer  20 images  5.0 GB"},
		{[]bool{true}, "1  true"},
		{old, "uri:        lab/ubuntu:22.04\ncollection: lab\nname:       ubuntu\ntag:        22.04\nobject:     ubuntu-22.04.sif\nsize:       30.7 MB (30721024 bytes)\nsha256:     ab\netag:       cd\nmodified:   " +
			old.Modified.UTC().Format(value.TimeFormat) + " (2 days ago)"},
		{client.Inspection{
			Format: "sif", Size: 100, Partitions: []imagefile.Partition{{Type: "primary system", FS: "squashfs", Arch: "amd64", Size: 7}},
			Labels: map[string]string{"b": "2\n", "a": "1"}, Deffile: "Bootstrap: docker\nFrom: x\x1b[31m\n", Signers: []string{"AA", "BB"},
		}, "format:  sif\nsize:    100 B\npartitions:\n  primary system (squashfs, amd64) 7 bytes at 0\nlabels:\n  a: 1\n  b: 2\ndeffile:\n  Bootstrap: docker\n  From: x\\x1b[31m\nsigners: AA, BB"},
		{map[string]any{"image": client.Image{URI: "a/b:c"}}, `{image = "a/b:c"}`},
	} {
		if got := b.Render(value.Encode(b.L, test.result), 80); got != test.want {
			t.Errorf("%v\n%s\nnot\n%s", test.result, got, test.want)
		}
	}
}

// However many values with a __tostring there are, they keep nobody for longer than one may, and none
// of them leaves the shell.
func TestRenderWhatDoesNotEnd(t *testing.T) {
	b := newBench(t, nil)
	began := time.Now()
	text := b.Render(b.value(t, `(function()
		local t = {setmetatable({}, {__tostring = function() return "fine" end})}
		for i = 2, 20 do t[i] = setmetatable({}, {__tostring = function() while true do end end}) end
		return t
	end)()`), 80)
	if took := time.Since(began); took > 10*patience {
		t.Errorf("it took %v", took)
	}
	if !strings.Contains(text, "fine,\n  <error in __tostring: it does not end>,\n  <error in __tostring: it was not called,") {
		t.Error(text)
	}
	if got := b.Render(b.value(t, `setmetatable({}, {__tostring = function() pcall(os.exit, 3) end})`), 80); got != "<error in __tostring: it calls os.exit>" {
		t.Error(got)
	}
	if got := b.value(t, `1 + 1`); got != lua.LNumber(2) {
		t.Error(got)
	}
}

// Whatever a value holds, what is rendered of it moves no cursor, and strings read back as they
// were.
func TestRenderedStringsReadBack(t *testing.T) {
	b := newBench(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(rt, "s"))
		text := b.Render(lua.LString(s), 0)
		if strings.IndexFunc(text, func(r rune) bool { return !printable(r) }) >= 0 {
			rt.Fatalf("%q", text)
		}
		if got := b.value(t, text); got != lua.LValue(lua.LString(s)) {
			rt.Fatalf("%q became %q by %s", s, got, text)
		}
	})
}

// Any table, whatever it holds and wherever it holds itself, is rendered without harm.
func TestRenderAnyTable(t *testing.T) {
	b := newBench(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		tables := make([]*lua.LTable, rapid.IntRange(1, 6).Draw(rt, "tables"))
		for i := range tables {
			tables[i] = b.L.NewTable()
		}
		leaf := func(name string) lua.LValue {
			switch rapid.IntRange(0, 4).Draw(rt, name) {
			case 0:
				return lua.LString(rapid.String().Draw(rt, "string"))
			case 1:
				return lua.LNumber(rapid.Float64().Draw(rt, "number"))
			case 2:
				return lua.LBool(rapid.Bool().Draw(rt, "bool"))
			case 3:
				return b.L.GetGlobal("print")
			}
			return tables[rapid.IntRange(0, len(tables)-1).Draw(rt, "table")]
		}
		for _, table := range tables {
			for range rapid.IntRange(0, 5).Draw(rt, "entries") {
				if key := leaf("key"); key != lua.LNumber(math.NaN()) {
					table.RawSet(key, leaf("value"))
				}
			}
		}
		text := b.Render(tables[0], rapid.IntRange(0, 100).Draw(rt, "width"))
		if strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !printable(r) }) >= 0 {
			rt.Fatalf("%q", text)
		}
	})
}

func FuzzRender(f *testing.F) {
	f.Add("a\x1b[31m", "k\n", 40)
	f.Fuzz(func(t *testing.T, key, item string, width int) {
		b := newBench(t, nil)
		table := b.L.NewTable()
		table.RawSetString(key, lua.LString(item))
		text := b.Render(table, width%200)
		values, err := b.Eval(t.Context(), "in:1", text)
		if len(item) > maxText {
			return
		}
		if err != nil || values[0].(*lua.LTable).RawGetString(key) != lua.LValue(lua.LString(item)) {
			t.Errorf("%q = %q became %s: %v", key, item, text, err)
		}
	})
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "now", 3 * time.Second: "3 seconds ago", -24 * time.Hour: "in 1 day", -20 * time.Minute: "in 20 minutes"} {
		if got := ago(d); got != want {
			t.Errorf("%v: %q, not %q", d, got, want)
		}
	}
}
