package value

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	lua "github.com/yuin/gopher-lua"
)

// TimeFormat is how a time is written in Lua values: ISO 8601, UTC, whole seconds. Strings of
// this form sort by time.
const TimeFormat = "2006-01-02T15:04:05Z"

var (
	timeType     = reflect.TypeFor[time.Time]()
	stringerType = reflect.TypeFor[fmt.Stringer]()
)

// Encode makes a Lua value of a Go value: strings, booleans and numbers as they are, a time as a
// TimeFormat string (a zero time as nil), a *client.Error as an error value, a slice as a list
// that prints numbered, a map with string keys as a table, a struct as a table with the keys of
// its json tags that prints as its String method says. A Lua value is passed through. Anything
// else is a fault of the program and panics.
func Encode(L *lua.LState, v any) lua.LValue {
	switch x := v.(type) {
	case nil:
		return lua.LNil
	case lua.LValue:
		return x
	case string:
		return lua.LString(x)
	case bool:
		return lua.LBool(x)
	case time.Time:
		if x.IsZero() {
			return lua.LNil
		}
		return lua.LString(x.UTC().Format(TimeFormat))
	case *client.Error:
		if x == nil {
			return lua.LNil
		}
		return NewError(L, x)
	}
	return encode(L, reflect.ValueOf(v))
}

func encode(L *lua.LState, v reflect.Value) lua.LValue {
	switch v.Kind() {
	case reflect.String:
		return lua.LString(v.String())
	case reflect.Bool:
		return lua.LBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return lua.LNumber(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return lua.LNumber(v.Uint())
	case reflect.Float32, reflect.Float64:
		return lua.LNumber(v.Float())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return lua.LNil
		}
		return Encode(L, v.Elem().Interface())
	case reflect.Slice, reflect.Array:
		list := NewList(L, v.Len())
		for i := range v.Len() {
			list.Append(Encode(L, v.Index(i).Interface()))
		}
		return list
	case reflect.Map:
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
		t := L.CreateTable(0, len(keys))
		for _, k := range keys {
			t.RawSetString(k.String(), Encode(L, v.MapIndex(k).Interface()))
		}
		return t
	case reflect.Struct:
		return encodeStruct(L, v)
	}
	panic(fmt.Sprintf("a %s has no form in Lua", v.Type()))
}

func encodeStruct(L *lua.LState, v reflect.Value) lua.LValue {
	t := L.CreateTable(0, v.NumField())
	for _, f := range fieldsOf(v.Type()) {
		field := v.Field(f.index)
		if f.omitEmpty && field.IsZero() {
			continue
		}
		t.RawSetString(f.name, Encode(L, field.Interface()))
	}
	t.Metatable = recordMetatable(L, v.Type())
	return t
}

type field struct {
	index     int
	name      string
	omitEmpty bool
}

var fieldCache sync.Map // reflect.Type -> []field

func fieldsOf(t reflect.Type) []field {
	if known, ok := fieldCache.Load(t); ok {
		return known.([]field)
	}
	var out []field
	for i := range t.NumField() {
		name, rest, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" || !t.Field(i).IsExported() {
			continue
		}
		out = append(out, field{i, name, strings.Contains(rest, "omitempty")})
	}
	fieldCache.Store(t, out)
	return out
}

// FieldNames are the keys of the table that a struct of this type becomes, in their order.
func FieldNames(t reflect.Type) []string {
	var names []string
	for _, f := range fieldsOf(t) {
		names = append(names, f.name)
	}
	return names
}

// recordMetatable is the metatable of all tables made from structs of one type.
func recordMetatable(L *lua.LState, rt reflect.Type) *lua.LTable {
	key := "record " + rt.String()
	registry := L.Get(lua.RegistryIndex).(*lua.LTable)
	if mt, ok := registry.RawGetString(key).(*lua.LTable); ok {
		return mt
	}
	mt := L.NewTable()
	registry.RawSetString(key, mt)
	kind := L.NewUserData()
	kind.Value = rt
	mt.RawSetString("__record", kind)
	if rt.Implements(stringerType) {
		mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
			t := L.CheckTable(1)
			L.Push(lua.LString(record(t, rt).Interface().(fmt.Stringer).String()))
			return 1
		}))
		mt.RawSetString("__concat", L.NewFunction(concat))
	}
	return mt
}

// RecordType is the Go type that a table was encoded from; nil for any other table.
func RecordType(t *lua.LTable) reflect.Type {
	mt, ok := t.Metatable.(*lua.LTable)
	if !ok {
		return nil
	}
	if ud, ok := mt.RawGetString("__record").(*lua.LUserData); ok {
		if rt, ok := ud.Value.(reflect.Type); ok {
			return rt
		}
	}
	return nil
}

// Record is the Go struct that a table was encoded from, with what the script changed in it
// since; false for any other table.
func Record(t *lua.LTable) (any, bool) {
	rt := RecordType(t)
	if rt == nil {
		return nil, false
	}
	return record(t, rt).Interface(), true
}

// record reads a struct back from its table. A field that the script removed, or gave another
// type, is left zero.
func record(t *lua.LTable, rt reflect.Type) reflect.Value {
	out := reflect.New(rt).Elem()
	for _, f := range fieldsOf(rt) {
		field := out.Field(f.index)
		switch x := t.RawGetString(f.name).(type) {
		case lua.LString:
			switch {
			case field.Kind() == reflect.String:
				field.SetString(string(x))
			case field.Type() == timeType:
				if at, err := time.Parse(TimeFormat, string(x)); err == nil {
					field.Set(reflect.ValueOf(at))
				}
			}
		case lua.LNumber:
			switch {
			case field.CanInt():
				field.SetInt(int64(x))
			case field.CanUint():
				field.SetUint(uint64(x))
			case field.CanFloat():
				field.SetFloat(float64(x))
			}
		case lua.LBool:
			if field.Kind() == reflect.Bool {
				field.SetBool(bool(x))
			}
		case *lua.LTable:
			switch {
			case field.Kind() == reflect.Struct:
				field.Set(record(x, field.Type()))
			case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
				for i := 1; i <= x.Len(); i++ {
					if element, ok := x.RawGetInt(i).(*lua.LTable); ok {
						field.Set(reflect.Append(field, record(element, field.Type().Elem())))
					}
				}
			case field.Type() == reflect.TypeFor[map[string]string]():
				texts := map[string]string{}
				x.ForEach(func(k, v lua.LValue) {
					key, named := k.(lua.LString)
					if s, ok := v.(lua.LString); ok && named {
						texts[string(key)] = string(s)
					}
				})
				field.Set(reflect.ValueOf(texts))
			case field.Type() == reflect.TypeFor[[]string]():
				var all []string
				for i := 1; i <= x.Len(); i++ {
					if s, ok := x.RawGetInt(i).(lua.LString); ok {
						all = append(all, string(s))
					}
				}
				field.Set(reflect.ValueOf(all))
			}
		}
	}
	return out
}
