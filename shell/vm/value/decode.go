package value

import (
	"fmt"
	"math"

	"github.com/sregistry-shell/sregistry-shell/client"
	lua "github.com/yuin/gopher-lua"
)

// maxDepth is how deep an argument may be nested; a table that holds itself ends here.
const maxDepth = 32

// maxValues is how many values an argument may hold. A table that is in many places counts at each:
// thirty tables can stand for a thousand million. A test makes it less.
var maxValues = 5_000_000

// Held is the name in a metatable under which a userdata holds the Go value that a table stands
// for.
const Held = "__held"

// Decode makes a Go value of a Lua value: nil, bool, float64, string, []any for a list,
// map[string]any for a table with names, client.Image or client.LocalImage for an image table made by Encode, what a table with a Held value stands for. A table
// that has both a list and names becomes a []any whose last item is the map of the names, which
// is what arguments with options are. A function, a thread or a value of another program part is
// an error that names its type.
func Decode(v lua.LValue) (any, error) {
	left := decoder(maxValues)
	return left.decode(v, 0)
}

// decoder is how many values may still come.
type decoder int

func (left *decoder) decode(v lua.LValue, depth int) (any, error) {
	if *left--; *left < 0 {
		return nil, fmt.Errorf("a table of more than %d values", maxValues)
	}
	switch x := v.(type) {
	case *lua.LNilType:
		return nil, nil
	case lua.LBool:
		return bool(x), nil
	case lua.LNumber:
		return float64(x), nil
	case lua.LString:
		return string(x), nil
	case *lua.LTable:
		if depth > maxDepth {
			return nil, fmt.Errorf("a table nested deeper than %d, or that holds itself", maxDepth)
		}
		if r, ok := Record(x); ok {
			switch image := r.(type) {
			case client.Image, client.LocalImage:
				return image, nil
			}
		}
		if mt, ok := x.Metatable.(*lua.LTable); ok {
			if ud, ok := mt.RawGetString(Held).(*lua.LUserData); ok {
				return ud.Value, nil
			}
		}
		return left.table(x, depth)
	}
	return nil, fmt.Errorf("a %s", v.Type())
}

func (left *decoder) table(t *lua.LTable, depth int) (any, error) {
	n := t.MaxN()
	list := make([]any, 0, min(n, 1024))
	for i := 1; i <= n; i++ {
		item, err := left.decode(t.RawGetInt(i), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	names := map[string]any{}
	var failed error
	t.ForEach(func(k, v lua.LValue) {
		if failed != nil {
			return
		}
		switch key := k.(type) {
		case lua.LString:
			names[string(key)], failed = left.decode(v, depth+1)
		case lua.LNumber:
			if i := float64(key); i != math.Trunc(i) || i < 1 || int(i) > n {
				failed = fmt.Errorf("a table with the key %s", FormatNumber(i))
			}
		default:
			failed = fmt.Errorf("a table with a %s as key", k.Type())
		}
	})
	switch {
	case failed != nil:
		return nil, failed
	case len(names) == 0 && n == 0:
		// An empty table is both: no options, and nothing to do.
		return map[string]any{}, nil
	case n == 0:
		return names, nil
	case len(names) > 0:
		list = append(list, names)
	}
	return list, nil
}
