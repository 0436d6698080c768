package verbs

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/nearest"
)

// Bind decodes the arguments of a Lua call: strings, float64, bool, nil, []any for a list,
// map[string]any for a table with names, client.Image or client.LocalImage, an Opener for a client. A wrong count or type and an unknown option
// are a *client.Error with the code invalid, which says how the call is written.
func (v *Verb) Bind(args []any) (Call, error) {
	if v.Item != "" && len(args) > 0 {
		if list, ok := args[0].([]any); ok {
			return v.bindBatch(list, args[1:])
		}
	}
	request := v.newRequest()
	if err := v.bindInto(request, args); err != nil {
		return Call{}, err
	}
	return Call{Verb: v, requests: []any{request}}, nil
}

// bindBatch decodes a list of the verb's own argument lists, and options that hold for all.
func (v *Verb) bindBatch(list []any, rest []any) (Call, error) {
	var options map[string]any
	if len(rest) > 0 {
		var ok bool
		if options, ok = rest[0].(map[string]any); !ok || len(rest) > 1 {
			return Call{}, v.invalid("after a list comes one table of options: %s({%s, ...}, {...})", v.Written(), v.Item)
		}
	}
	call := Call{Verb: v, many: true}
	required := 0
	for _, p := range v.Arguments() {
		if !p.Optional {
			required++
		}
	}
	for i, item := range list {
		var args []any
		switch x := item.(type) {
		case []any:
			args = x
		case map[string]any:
			args = []any{x}
		default:
			if required > 1 {
				return Call{}, v.invalid("item %d of the list is a %s, not %s; for a single one write %s", i+1, typeName(item), v.Item, v.Usage())
			}
			args = []any{item}
		}
		request := v.newRequest()
		for name, value := range options {
			if err := v.set(request, name, value); err != nil {
				return Call{}, err
			}
		}
		if err := v.bindInto(request, args); err != nil {
			return Call{}, fmt.Errorf("item %d of the list: %w", i+1, err)
		}
		call.requests = append(call.requests, request)
	}
	return call, nil
}

func (v *Verb) bindInto(request any, args []any) error {
	given := map[string]bool{}
	// A trailing table with names is the options.
	if n := len(args); n > 0 {
		if options, ok := args[n-1].(map[string]any); ok {
			for name, value := range options {
				if err := v.set(request, name, value); err != nil {
					return err
				}
				given[name] = true
			}
			args = args[:n-1]
		}
	}
	arguments := v.Arguments()
	for len(args) > 0 && args[len(args)-1] == nil {
		args = args[:len(args)-1]
	}
	if len(args) > len(arguments) {
		return v.invalid("%d arguments, but it is written %s", len(args), v.Usage())
	}
	for i, value := range args {
		p := arguments[i]
		if value == nil && p.Optional {
			continue
		}
		if given[p.Name] {
			return v.invalid("%s is given twice, as an argument and in the options", p.Name)
		}
		if err := v.assign(request, p, value); err != nil {
			return err
		}
		given[p.Name] = true
	}
	for _, p := range arguments {
		if !p.Optional && !given[p.Name] {
			return v.invalid("%s is missing; it is written %s", p.Name, v.Usage())
		}
	}
	return nil
}

// set assigns the parameter of that name, or names the nearest one there is.
func (v *Verb) set(request any, name string, value any) error {
	names := make([]string, len(v.Params))
	for i, p := range v.Params {
		if p.Name == name {
			return v.assign(request, p, value)
		}
		names[i] = p.Name
	}
	if near := nearest.Of(name, names); near != "" {
		return v.invalid("unknown option %q (did you mean %q?)", name, near)
	}
	if len(names) == 0 {
		return v.invalid("unknown option %q; it takes none", name)
	}
	return v.invalid("unknown option %q; it takes %s", name, strings.Join(names, ", "))
}

func (v *Verb) assign(request any, p Param, value any) error {
	field := reflect.ValueOf(request).Elem().Field(p.field)
	switch p.Kind {
	case String:
		switch x := value.(type) {
		case string:
			field.SetString(x)
			return nil
		case client.Image:
			field.SetString(x.Path())
			switch {
			case p.fresh:
				field.SetString(x.URI)
			case p.pattern:
				field.SetString(client.Literal(x.Path()))
			}
			return nil
		case client.LocalImage:
			field.SetString(x.URI)
			return nil
		}
	case Bool:
		if x, ok := value.(bool); ok {
			if p.pointer {
				field.Set(reflect.New(field.Type().Elem()))
				field = field.Elem()
			}
			field.SetBool(x != p.Inverted)
			return nil
		}
	case Names:
		if names, ok := listOf(value); ok {
			field.Set(reflect.ValueOf(&names))
			return nil
		}
	case Age:
		if x, ok := value.(float64); ok {
			value = strconv.FormatFloat(x, 'f', -1, 64)
		}
		if x, ok := value.(string); ok {
			age, err := client.ParseAge(x)
			if err != nil {
				return v.invalid("%s: %w", p.Name, err)
			}
			field.Set(reflect.ValueOf(&age))
			return nil
		}
	case Size:
		if x, ok := value.(string); ok {
			n, err := client.ParseSize(x)
			if err != nil {
				return v.invalid("%s: %w", p.Name, err)
			}
			field.SetInt(n)
			return nil
		}
		if n, ok := whole(value); ok {
			field.SetInt(n)
			return nil
		}
	case Client:
		if x, ok := value.(Opener); ok {
			made, err := x.Open()
			if err != nil {
				return err
			}
			value = made
		}
		if x, ok := value.(*client.Client); ok {
			field.Set(reflect.ValueOf(x))
			return nil
		}
		return v.invalid("%s must be a client, as connect{...} makes one, not %s", p.Name, describe(value))
	case Number:
		if x, ok := value.(int64); ok { // from the command line
			value = float64(x)
		}
		if n, ok := whole(value); ok {
			field.SetInt(n)
			return nil
		}
	}
	want := "a " + string(p.Kind)
	switch p.Kind {
	case Number:
		want = "a whole number, 0 or more"
	case Size:
		want = `a whole number of bytes or a size such as "64M"`
	case Names:
		want = "a list of strings"
	}
	return v.invalid("%s must be %s, not %s", p.Name, want, describe(value))
}

// whole is a number of Lua without a fraction and a sign.
func whole(value any) (int64, bool) {
	x, ok := value.(float64)
	return int64(x), ok && x == math.Trunc(x) && x >= 0 && x < 1<<53
}

// listOf makes a list of names of a Lua list, or of one string with commas.
func listOf(value any) (names []string, ok bool) {
	names = []string{}
	switch x := value.(type) {
	case string:
		for name := range strings.SplitSeq(x, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
		return names, true
	case []any:
		for _, item := range x {
			name, ok := item.(string)
			if !ok {
				return nil, false
			}
			names = append(names, name)
		}
		return names, true
	case map[string]any:
		return names, len(x) == 0
	}
	return nil, false
}

// BindCommand decodes a command line: positional arguments, and those flags that were given, by
// their names, with a string, bool, int64 or *client.Client for what the field holds. An argument that is
// required and has a flag may be given either way. A verb whose list has one required argument an
// item takes any number of them.
func (v *Verb) BindCommand(positional []string, flags map[string]any) (Call, error) {
	slots := v.commandSlots(flags)
	fill := func(values []string) (any, error) {
		request := v.newRequest()
		target := reflect.ValueOf(request).Elem()
		for _, p := range v.Params {
			value, ok := flags[p.Flag]
			switch {
			case !ok || p.Flag == "":
			case p.Kind == Age || p.Kind == Number || p.Kind == Size || p.pointer:
				if err := v.assign(request, p, value); err != nil {
					return nil, err
				}
			default:
				target.Field(p.field).Set(reflect.ValueOf(value).Convert(target.Field(p.field).Type()))
			}
		}
		for i, p := range slots {
			switch {
			case i < len(values):
				target.Field(p.field).SetString(values[i])
			case !p.Optional:
				return nil, v.invalid("%s is missing; see sregistry-shell %s --help", p.Name, v.Name)
			}
		}
		return request, nil
	}
	if len(positional) > len(slots) && !(v.Item != "" && len(slots) == 1) {
		return Call{}, v.invalid("too many arguments; see sregistry-shell %s --help", v.Name)
	}
	if len(positional) <= len(slots) {
		request, err := fill(positional)
		return Call{Verb: v, requests: []any{request}}, err
	}
	call := Call{Verb: v, many: true}
	for _, value := range positional {
		request, err := fill([]string{value})
		if err != nil {
			return Call{}, err
		}
		call.requests = append(call.requests, request)
	}
	return call, nil
}

// commandSlots are the parameters that are positional at the command line: the arguments but for
// those that a flag gives, or can only be given by a flag.
func (v *Verb) commandSlots(flags map[string]any) []Param {
	var slots []Param
	for _, p := range v.Arguments() {
		_, given := flags[p.Flag]
		if p.Flag == "" || !p.Optional && !given {
			slots = append(slots, p)
		}
	}
	return slots
}

// CommandUse is how a call is written at the command line: `push path [name]`.
func (v *Verb) CommandUse() string {
	use := v.Name
	for _, p := range v.commandSlots(nil) {
		switch {
		case p.Optional || p.Flag != "":
			use += " [" + p.Name + "]"
		default:
			use += " " + p.Name
		}
	}
	if v.Item != "" && len(v.commandSlots(nil)) == 1 {
		use += "..."
	}
	return use
}

func (v *Verb) invalid(format string, args ...any) *client.Error {
	return &client.Error{Op: v.Name, Code: client.Invalid, Err: fmt.Errorf(format, args...)}
}

func typeName(value any) string {
	switch value.(type) {
	case nil:
		return "nil"
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case client.Image, client.LocalImage:
		return "image"
	case []any, map[string]any:
		return "table"
	case Opener, *client.Client:
		return "client"
	}
	return fmt.Sprintf("%T", value)
}

func describe(value any) string {
	switch x := value.(type) {
	case nil:
		return "nil"
	case float64, bool:
		return fmt.Sprintf("the %s %v", typeName(value), x)
	}
	return "a " + typeName(value)
}
