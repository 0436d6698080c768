package modules_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/shell/vm"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	"pgregory.net/rapid"
)

func TestJSON(t *testing.T) {
	prints(t, map[string]string{
		`print(json.encode{z = 1, a = {true, "x", json.null}, m = {b = 0.5}})`:                                                             `{"a":[true,"x",null],"m":{"b":0.5},"z":1}`,
		`print(json.encode{}, json.encode(json.list{}), json.encode(fs.glob("no*")), json.encode(nil))`:                                    "{}\t[]\t[]\tnull",
		`print(json.encode({a = {1, 2}, b = {}}, {indent = 2}))`:                                                                           "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}",
		`print(json.encode("<é\n\0>"))`:                                                                                                    `"<é\n\u0000>"`,
		`print(json.encode(2^53), json.encode(1e300), json.encode(-0.1), json.encode(12345678.9))`:                                         "9007199254740992\t1e+300\t-0.1\t12345678.9",
		`local v = json.decode('{"a": [1, null, {"b": "x"}], "n": null, "t": true}') print(#v.a, v.a[2] == json.null, v.a[3].b, v.n, v.t)`: "3\ttrue\tx\tnil\ttrue",
		`print(json.decode("null") == json.null, json.decode(" 5 "), json.encode(json.decode("[]")))`:                                      "true\t5\t[]",
		`local ok, e = pcall(json.decode, "{") print(e.code, e.op)`:                                                                        "invalid\tjson.decode",
	})
	raises(t, map[string]string{
		`json.encode(print)`:                  "invalid: json.encode: a function has no form in JSON",
		`json.encode(0/0)`:                    "invalid: json.encode: nan has no form in JSON",
		`json.encode{1, a = 2}`:               `invalid: json.encode: a table with both items and names ("a") has no form in JSON`,
		`json.encode{[1] = 1, [2.5] = 3}`:     "invalid: json.encode: a table with the key 2.5 has no form in JSON",
		`json.encode{[true] = 1}`:             "invalid: json.encode: a table with a boolean as key has no form in JSON",
		`local t = {} t.t = t json.encode(t)`: "invalid: json.encode: a table holds itself",
		`json.encode()`:                       "invalid: json.encode: value is missing",
		`json.decode("[1, 2")`:                "invalid: json.decode: no JSON near byte",
		`json.decode("1 2")`:                  "invalid: json.decode: no JSON: something follows the value",
		`json.decode("")`:                     "invalid: json.decode: no JSON near byte 0: the text ends too early",
	})
}

// A few tables that hold one another twice stand for more than there is room for.
func TestJSONIsBounded(t *testing.T) {
	t.Cleanup(modules.LimitJSON(1 << 20))
	raises(t, map[string]string{
		`local t = {1} for i = 1, 60 do t = {t, t} end json.encode(t)`: "invalid: json.encode: its text would be longer than 1 MiB",
	})
}

// What was decoded is encoded to the same JSON, keys sorted, nulls in objects gone.
func TestJSONRoundTrip(t *testing.T) {
	var leaf = rapid.OneOf(
		rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "s") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Bool().Draw(t, "b") }),
		rapid.Custom(func(t *rapid.T) any { return float64(rapid.Int32().Draw(t, "n")) }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Float64Range(0.1, 1e6).Draw(t, "f") }),
	)
	var tree func(depth int) *rapid.Generator[any]
	tree = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(leaf,
			rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(tree(depth-1), 0, 3).Draw(t, "list") }),
			rapid.Custom(func(t *rapid.T) any {
				return rapid.MapOfN(rapid.String(), tree(depth-1), 0, 3).Draw(t, "map")
			}))
	}
	var out bytes.Buffer
	m := vm.New(vm.Options{Stdout: &out})
	defer m.Close()
	rapid.Check(t, func(rt *rapid.T) {
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(tree(3).Draw(rt, "value")); err != nil {
			rt.Fatal(err)
		}
		out.Reset()
		source := "io.write(json.encode(json.decode([===[\n" + want.String() + "]===])), '\\n')"
		if err := m.Run(t.Context(), "m.lua", source); err != nil {
			rt.Fatalf("%s: %v", source, err)
		}
		var a, b any
		if json.Unmarshal(out.Bytes(), &a) != nil || json.Unmarshal(want.Bytes(), &b) != nil {
			rt.Fatalf("%s", out.String())
		}
		if x, y := canonical(a), canonical(b); x != y {
			rt.Fatalf("%s\n%s", x, y)
		}
	})
}

func canonical(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
