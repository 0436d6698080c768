package modules

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

var jsonModule = Module{
	Name:    "json",
	Summary: "write and read JSON",
	Funcs: []Func{
		{Name: "encode", Params: "value [, {indent=2}]", run: jsonEncode,
			Help: `a value as JSON, with sorted keys. A table with names is an object, one with items a list; an
empty one is an object, unless it came from a verb, a module or json.list`,
			Examples: []string{`assert(json.encode({b = 1, a = {true, "x"}}) == '{"a":[true,"x"],"b":1}')`}},
		{Name: "decode", Params: "text", Help: "the value of a JSON text; null in a list is json.null, in an object it is left out", run: jsonDecode,
			Examples: []string{`assert(json.decode('{"a": [1, 2]}').a[2] == 2)`}},
		{Name: "list", Params: "table", Help: "marks a table as a list, also when it is empty, and returns it", run: jsonList,
			Examples: []string{`assert(json.encode(json.list{}) == "[]")`}},
	},
	Values: func(L *lua.LState) map[string]lua.LValue { return map[string]lua.LValue{"null": null(L)} },
}

const nullType = "json null"

// null is the one value that stands for null.
func null(L *lua.LState) lua.LValue {
	registry := L.Get(lua.RegistryIndex).(*lua.LTable)
	if v, ok := registry.RawGetString(nullType).(*lua.LUserData); ok {
		return v
	}
	ud := L.NewUserData()
	mt := L.NewTable()
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString("null"))
		return 1
	}))
	ud.Metatable = mt
	registry.RawSetString(nullType, ud)
	return ud
}

func jsonList(c *call) (any, error) {
	t := c.list(1, "table")
	t.Metatable = value.NewList(c.L, 0).Metatable
	return t, nil
}

func jsonEncode(c *call) (any, error) {
	if c.L.GetTop() == 0 {
		return nil, c.wrong(1, "value", "")
	}
	indent := 0
	if v, ok := c.options(2, "indent")["indent"]; ok {
		n, isNumber := v.(lua.LNumber)
		if !isNumber || n < 0 || n > 16 {
			return nil, c.invalid("indent must be a number from 0 to 16")
		}
		indent = int(n)
	}
	return encodeJSON(c, c.L.Get(1), indent)
}

// encodeJSON is v as JSON; without an indent on one line.
func encodeJSON(c *call, v lua.LValue, indent int) (string, error) {
	w := &jsonWriter{L: c.L, indent: strings.Repeat(" ", indent), above: map[*lua.LTable]bool{}}
	if err := w.value(v); err != nil {
		if ctx := c.ctx(); ctx != nil && ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", c.invalid("%w", err)
	}
	return w.b.String(), nil
}

// maxJSON is how long a text json.encode makes, in bytes: a table that is in many places is written at
// each, and forty tables can stand for more than there is memory. A test makes it less.
var maxJSON = 256 << 20

type jsonWriter struct {
	L      *lua.LState
	b      bytes.Buffer
	indent string
	above  map[*lua.LTable]bool
}

func (w *jsonWriter) value(v lua.LValue) error {
	switch x := v.(type) {
	case *lua.LNilType:
		w.b.WriteString("null")
	case lua.LBool:
		fmt.Fprint(&w.b, bool(x))
	case lua.LNumber:
		return w.number(float64(x))
	case lua.LString:
		w.text(string(x))
	case *lua.LTable:
		return w.table(x)
	default:
		if v == null(w.L) {
			w.b.WriteString("null")
			return nil
		}
		return fmt.Errorf("a %s has no form in JSON", v.Type())
	}
	return nil
}

// number writes all digits, so that what is read back is the same number.
func (w *jsonWriter) number(n float64) error {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return fmt.Errorf("%s has no form in JSON", value.FormatNumber(n))
	}
	if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
		fmt.Fprintf(&w.b, "%d", int64(n))
		return nil
	}
	text, err := json.Marshal(n)
	w.b.Write(text)
	return err
}

func (w *jsonWriter) text(s string) {
	e := json.NewEncoder(&w.b)
	e.SetEscapeHTML(false)
	e.Encode(s)
	w.b.Truncate(w.b.Len() - 1) // the line break of Encode
}

func (w *jsonWriter) table(t *lua.LTable) error {
	switch {
	case w.above[t]:
		return errors.New("a table holds itself")
	case w.b.Len() > maxJSON:
		return fmt.Errorf("its text would be longer than %d MiB", maxJSON>>20)
	case w.L.Context() != nil && w.L.Context().Err() != nil:
		return context.Cause(w.L.Context())
	}
	if len(w.above) > 200 {
		return errors.New("tables are nested deeper than 200")
	}
	w.above[t] = true
	defer delete(w.above, t)
	n := t.Len()
	var keys []string
	var odd error
	t.ForEach(func(k, _ lua.LValue) {
		switch key := k.(type) {
		case lua.LString:
			keys = append(keys, string(key))
		case lua.LNumber:
			if i := int(key); float64(i) != float64(key) || i < 1 || i > n {
				odd = fmt.Errorf("a table with the key %s has no form in JSON", value.FormatNumber(float64(key)))
			}
		default:
			odd = fmt.Errorf("a table with a %s as key has no form in JSON", k.Type())
		}
	})
	if odd != nil {
		return odd
	}
	if n > 0 && len(keys) > 0 {
		return fmt.Errorf("a table with both items and names (%q) has no form in JSON", keys[0])
	}
	if n > 0 || len(keys) == 0 && value.IsList(w.L, t) {
		return w.sequence('[', ']', n, func(i int) error { return w.value(t.RawGetInt(i + 1)) })
	}
	slices.Sort(keys)
	return w.sequence('{', '}', len(keys), func(i int) error {
		w.text(keys[i])
		w.b.WriteByte(':')
		if w.indent != "" {
			w.b.WriteByte(' ')
		}
		return w.value(t.RawGetString(keys[i]))
	})
}

func (w *jsonWriter) sequence(open, end byte, n int, item func(int) error) error {
	w.b.WriteByte(open)
	for i := range n {
		if i > 0 {
			w.b.WriteByte(',')
		}
		w.newLine(len(w.above))
		if err := item(i); err != nil {
			return err
		}
	}
	if n > 0 {
		w.newLine(len(w.above) - 1)
	}
	w.b.WriteByte(end)
	return nil
}

func (w *jsonWriter) newLine(level int) {
	if w.indent != "" {
		w.b.WriteString("\n" + strings.Repeat(w.indent, level))
	}
}

func jsonDecode(c *call) (any, error) {
	text := c.str(1, "text")
	d := json.NewDecoder(strings.NewReader(text))
	var v any
	if err := d.Decode(&v); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = errors.New("the text ends too early")
		}
		return nil, c.invalid("no JSON near byte %d: %w", d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, c.invalid("no JSON: something follows the value, at byte %d", d.InputOffset())
	}
	if v == nil {
		return null(c.L), nil
	}
	return c.decoded(v), nil
}

func (c *call) decoded(v any) lua.LValue {
	switch x := v.(type) {
	case nil:
		return null(c.L)
	case []any:
		t := value.NewList(c.L, len(x))
		for _, item := range x {
			t.Append(c.decoded(item))
		}
		return t
	case map[string]any:
		t := c.L.CreateTable(0, len(x))
		for k, item := range x {
			if item != nil {
				t.RawSetString(k, c.decoded(item))
			}
		}
		return t
	}
	return value.Encode(c.L, v)
}
