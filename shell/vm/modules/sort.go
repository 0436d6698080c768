package modules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

const sortOptions = "list [, {key=name or function, reverse=true}]"

var sortModule = Module{
	Name:    "sort",
	Summary: "sorted copies of lists; equal items keep their order",
	Funcs: []Func{
		{Name: "natural", Params: sortOptions, Help: "numbers in names by their value: a2 before a10", run: sortWith(Natural),
			Examples: []string{`assert(sort.natural({"a10", "a2"})[1] == "a2")`}},
		{Name: "version", Params: sortOptions, Help: "by semantic version: 1.9 before 1.10, 2.0-rc1 before 2.0; a leading v does not count", run: sortWith(Version),
			Examples: []string{`assert(sort.version({"1.10", "1.9", "v1.2"})[3] == "1.10")`}},
		{Name: "by", Params: "list, key [, {reverse=true}]", Help: "by a field or by what a function gives: numbers by value, strings by bytes", run: sortBy,
			Examples: []string{`assert(sort.by({{size = 1}, {size = 5}}, "size", {reverse=true})[1].size == 5)`}},
		{Name: "compare", Params: "a, b", Help: "-1, 0 or 1 for two versions", run: sortCompare,
			Examples: []string{`assert(sort.compare("1.9", "1.10") == -1)`}},
	},
}

func sortWith(compare func(a, b string) int) func(*call) (any, error) {
	return func(c *call) (any, error) {
		o := c.options(2, "key", "reverse")
		return c.sorted(c.list(1, "list"), o["key"], o["reverse"] == lua.LTrue, func(a, b lua.LValue) int {
			return compare(value.ToString(c.L, a), value.ToString(c.L, b))
		}), nil
	}
}

func sortBy(c *call) (any, error) {
	if !c.has(2) {
		return nil, c.wrong(2, "key", "a name or a function")
	}
	return c.sorted(c.list(1, "list"), c.L.Get(2), c.options(3, "reverse")["reverse"] == lua.LTrue, compareValues(c)), nil
}

func sortCompare(c *call) (any, error) { return Version(c.str(1, "a"), c.str(2, "b")), nil }

// sorted is a sorted copy of a list. The key of an item is found once.
func (c *call) sorted(t *lua.LTable, key lua.LValue, reverse bool, compare func(a, b lua.LValue) int) lua.LValue {
	type item struct{ value, key lua.LValue }
	items := make([]item, t.Len())
	for i := range items {
		v := t.RawGetInt(i + 1)
		items[i] = item{v, c.keyOf(v, key)}
	}
	slices.SortStableFunc(items, func(a, b item) int {
		if reverse {
			return compare(b.key, a.key)
		}
		return compare(a.key, b.key)
	})
	out := value.NewList(c.L, len(items))
	for _, i := range items {
		out.Append(i.value)
	}
	return out
}

func (c *call) keyOf(v, key lua.LValue) lua.LValue {
	switch k := key.(type) {
	case nil, *lua.LNilType:
		return v
	case *lua.LFunction:
		c.L.Push(k)
		c.L.Push(v)
		c.L.Call(1, 1)
		result := c.L.Get(-1)
		c.L.Pop(1)
		return result
	case lua.LString:
		if t, ok := v.(*lua.LTable); ok {
			return c.L.GetField(t, string(k))
		}
		c.raise(c.invalid("an item of the list is a %s and has no field %q", v.Type(), string(k)))
	default:
		c.raise(c.invalid("key must be a name or a function, not a %s", key.Type()))
	}
	return lua.LNil
}

// compareValues orders numbers before strings, and what is missing last.
func compareValues(c *call) func(a, b lua.LValue) int {
	rank := func(v lua.LValue) int {
		switch v.(type) {
		case lua.LNumber:
			return 0
		case lua.LString:
			return 1
		case *lua.LNilType:
			return 3
		}
		return 2
	}
	return func(a, b lua.LValue) int {
		if d := cmp.Compare(rank(a), rank(b)); d != 0 {
			return d
		}
		switch x := a.(type) {
		case lua.LNumber:
			return cmp.Compare(x, b.(lua.LNumber))
		case *lua.LNilType:
			return 0
		}
		return cmp.Compare(value.ToString(c.L, a), value.ToString(c.L, b))
	}
}

// Natural compares names with the numbers in them by value; names that differ only in leading
// zeros are put in the order of their bytes.
func Natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, n := digits(x), digits(y)
		if m > 0 && n > 0 {
			if d := compareNumbers(x[:m], y[:n]); d != 0 {
				return d
			}
			x, y = x[m:], y[n:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	if d := cmp.Compare(len(x), len(y)); d != 0 {
		return d
	}
	return cmp.Compare(a, b)
}

// digits is how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// compareNumbers compares runs of digits of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if d := cmp.Compare(len(a), len(b)); d != 0 {
		return d
	}
	return cmp.Compare(a, b)
}

// Version compares versions by the rules of semantic versioning, with any number of parts, of
// which missing ones count as 0. A leading v and what follows a + do not count.
func Version(a, b string) int {
	coreA, preA := splitVersion(a)
	coreB, preB := splitVersion(b)
	if d := compareParts(coreA, coreB, "0"); d != 0 {
		return d
	}
	switch {
	case preA == "" && preB == "":
		return 0
	case preA == "":
		return 1
	case preB == "":
		return -1
	}
	return compareParts(preA, preB, "")
}

func splitVersion(v string) (core, pre string) {
	v = strings.TrimSpace(v)
	if len(v) > 1 && (v[0] == 'v' || v[0] == 'V') && digits(v[1:]) > 0 {
		v = v[1:]
	}
	v, _, _ = strings.Cut(v, "+")
	core, pre, _ = strings.Cut(v, "-")
	return core, pre
}

func compareParts(a, b, missing string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		p, q := missing, missing
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		if d := comparePart(p, q); d != 0 {
			return d
		}
	}
	return 0
}

// comparePart puts numbers before words, as semantic versioning does, and nothing before both.
func comparePart(p, q string) int {
	kind := func(s string) int {
		switch {
		case s == "":
			return 0
		case digits(s) == len(s):
			return 1
		}
		return 2
	}
	if d := cmp.Compare(kind(p), kind(q)); d != 0 {
		return d
	}
	if kind(p) == 1 {
		return compareNumbers(p, q)
	}
	return Natural(p, q)
}
