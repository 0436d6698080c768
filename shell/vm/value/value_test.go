package value

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	lua "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"
)

func newState(t *testing.T) *lua.LState {
	L := lua.NewState()
	t.Cleanup(L.Close)
	Open(L)
	return L
}

func TestFormatNumber(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0", -5: "-5", 1 << 53: "9007199254740992", 53400000123: "53400000123", 0.1: "0.1", 12345678.9: "12345678.9",
		1e100: "1e+100", 1e-7: "1e-07", math.Inf(1): "inf", math.Inf(-1): "-inf", 1.0 / 3: "0.33333333333333", -2.5: "-2.5",
	} {
		if got := FormatNumber(n); got != want {
			t.Errorf("%v is %s, not %s", n, got, want)
		}
	}
	if got := FormatNumber(math.NaN()); got != "nan" {
		t.Error(got)
	}
}

func TestDecode(t *testing.T) {
	L := newState(t)
	for source, want := range map[string]any{
		`nil`: nil, `true`: true, `5`: 5.0, `"x"`: "x",
		`{}`:                      map[string]any{},
		`{"a", 1, false}`:         []any{"a", 1.0, false},
		`{a = 1, b = {c = {}}}`:   map[string]any{"a": 1.0, "b": map[string]any{"c": map[string]any{}}},
		`{"a", {"b"}, tag = "x"}`: []any{"a", []any{"b"}, map[string]any{"tag": "x"}},
		`{1, nil, 3}`:             []any{1.0, nil, 3.0},
	} {
		if err := L.DoString("v = " + source); err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(L.GetGlobal("v")); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", source, got, err)
		}
	}
	for source, want := range map[string]string{
		`v = print`: "a function", `v = {print}`: "a function", `v = {[1.5] = 1}`: "a table with the key 1.5",
		`v = {[true] = 1}`: "a table with a boolean as key", `v = {} v.v = v`: "a table nested deeper than 32, or that holds itself",
		`v = io.stdout`: "a userdata", `v = {[0] = 1}`: "a table with the key 0",
	} {
		if err := L.DoString(source); err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(L.GetGlobal("v")); err == nil || err.Error() != want {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestImagesRoundTrip(t *testing.T) {
	L := newState(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		want := client.Image{
			URI: text.Draw(t, "uri"), Collection: text.Draw(t, "collection"), Name: text.Draw(t, "name"), Tag: text.Draw(t, "tag"),
			Object: text.Draw(t, "object"), SHA256: text.Draw(t, "sha256"), ETag: text.Draw(t, "etag"),
			Size: rapid.Int64Range(-1, 1<<53).Draw(t, "size"),
		}
		if at := rapid.Int64Range(0, 4e9).Draw(t, "modified"); at > 0 {
			want.Modified = time.Unix(at, 0).UTC()
		}
		got, err := Decode(Encode(L, want))
		if err != nil || got != any(want) {
			t.Fatalf("%#v became %#v, %v", want, got, err)
		}
	})
}

func TestARecordThatAScriptChanged(t *testing.T) {
	L := newState(t)
	L.SetGlobal("image", Encode(L, client.Image{URI: "a/b:c", Collection: "a", Object: "b", Size: 5}))
	if err := L.DoString(`image.uri = "x/y:z" image.size = "not a number" image.own = print image.tag = nil`); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(L.GetGlobal("image"))
	if want := (client.Image{URI: "x/y:z", Collection: "a", Object: "b"}); err != nil || got != any(want) {
		t.Errorf("%#v, %v", got, err)
	}
}

func TestEncode(t *testing.T) {
	L := newState(t)
	type inner struct {
		N *int `json:"n"`
	}
	seven := 7
	for want, v := range map[string]any{
		`v == nil`:                       time.Time{},
		`v == "2026-11-22T21:05:33Z"`:    time.Date(2026, 11, 22, 23, 5, 33, 5, time.FixedZone("", 7200)),
		`v == "not_found"`:               client.NotFound,
		`v == 5 and type(v) == "number"`: uint8(5),
		`v == 0.5`:                       float32(0.5),
		`v.n == 7`:                       inner{&seven},
		`v.n == nil`:                     &inner{},
		`v == nil and 1`:                 (*inner)(nil),
		`#v == 2 and v[2] == "b"`:        [2]string{"a", "b"},
		`v.a == 1 and v.b == true`:       map[string]any{"a": 1, "b": true},
		`v.hidden == nil and v.shown == 1 and v.empty == nil`: struct {
			Hidden int `json:"-"`
			Shown  int `json:"shown"`
			Empty  int `json:"empty,omitempty"`
			Bare   int
		}{1, 1, 0, 1},
		`v.code == "full" and v.op == "push" and v.failed == nil`: &client.Error{Op: "push", Code: client.Full, Err: errText("no room")},
		`v == nil and 2`: (*client.Error)(nil),
	} {
		L.SetGlobal("v", Encode(L, v))
		if err := L.DoString("assert(" + want + ")"); err != nil {
			t.Errorf("%#v: %v", v, err)
		}
	}
}

type errText string

func (e errText) Error() string { return string(e) }

func TestConcat(t *testing.T) {
	L := newState(t)
	L.SetGlobal("v", Encode(L, client.Image{URI: "a/b:c"}))
	if err := L.DoString(`assert("x" .. v == "xa/b:c" and v .. 5 == "a/b:c5" and v .. v == "a/b:ca/b:c")`); err != nil {
		t.Error(err)
	}
	if err := L.DoString(`return v .. nil`); err == nil || !strings.Contains(err.Error(), "attempt to concatenate a nil value") {
		t.Error(err)
	}
}

func TestNumbered(t *testing.T) {
	if got := Numbered([]string{"a", "b"}); got != "1  a\n2  b" {
		t.Errorf("%q", got)
	}
	many := Numbered(make([]string, 100))
	if lines := strings.Split(many, "\n"); lines[0] != "1   " || lines[99] != "100 " {
		t.Errorf("%q, %q", lines[0], lines[99])
	}
}

// A table that is in many places counts at each.
func TestDecodeIsBounded(t *testing.T) {
	before := maxValues
	maxValues = 1000
	t.Cleanup(func() { maxValues = before })
	L := newState(t)
	table := L.NewTable()
	for range 30 {
		outer := L.NewTable()
		outer.Append(table)
		outer.Append(table)
		table = outer
	}
	if _, err := Decode(table); err == nil || err.Error() != "a table of more than 1000 values" {
		t.Error(err)
	}
}
