package verbs

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// Opener is a value that stands for a client, which is made when it is needed first.
type Opener interface {
	Open() (*client.Client, error)
}

// Kind is the type of a parameter's value.
type Kind string

// The kinds of parameters.
const (
	String Kind = "string"
	Bool   Kind = "boolean"
	Number Kind = "number"   // a whole number
	Size   Kind = "size"     // a string that client.ParseSize reads, or bytes
	Age    Kind = "duration" // a string that client.ParseAge reads, or seconds
	Names  Kind = "list"     // of strings; a string is split at commas
	Client Kind = "client"   // another client; at the command line the name of a cloud of clouds.yaml
)

// Param is one argument or option of a verb, read from the tags of a field of its request:
//
//	arg:"name"            a positional argument; arg:"name,optional" may be left out
//	opt:"name"            a key of the trailing option table
//	opt:"!name"           a key whose opposite the field holds; such an option is true by default
//	cli:"flag"            at the command line a flag of this name, which sets the field itself;
//	                      cli:"flag,f" has a letter, and cli:"flag,f,other" one more name, both as sregistry had them
//	help:"..."            one line
//	unit:"bytes"          a number of bytes, which may be written as 64M
//	new:"true"            names what may not be there yet: an image given for it is its name, else its object
//	pattern:"true"        may be a pattern of several: an image given for it is one object all the same
//	complete:"file"       what completes it: file, image, "image or file", collection, or local for an image of the local library
//
// An argument may also be given by its name in the option table.
type Param struct {
	Name       string
	Help       string
	Kind       Kind
	Positional bool   // in Lua
	Optional   bool   // may be left out
	Flag       string // at the command line; empty for a positional argument
	Letter     string // for the flag; mostly empty
	Alias      string // another name of the flag; mostly empty
	Inverted   bool   // the field holds the opposite of what Lua gives: true by default
	Complete   string

	field   int
	fresh   bool // it names what may not be there yet
	pattern bool // it may be a pattern, which an image is not
	pointer bool // the field is nil unless a value is given
}

// paramsOf reads the parameters of a request struct, arguments first. A tag that makes no sense
// is a fault of this program and panics at start, where every test sees it.
func paramsOf(request any) []Param {
	t := reflect.TypeOf(request)
	var args, opts []Param
	for i := range t.NumField() {
		f := t.Field(i)
		p := Param{Help: f.Tag.Get("help"), Complete: f.Tag.Get("complete"), field: i, fresh: f.Tag.Get("new") != "", pattern: f.Tag.Get("pattern") != ""}
		switch f.Type.Kind() {
		case reflect.Pointer:
			p.pointer = true
			switch f.Type {
			case reflect.TypeFor[*time.Duration]():
				p.Kind = Age
			case reflect.TypeFor[*[]string]():
				p.Kind = Names
			case reflect.TypeFor[*bool]():
				p.Kind = Bool
			case reflect.TypeFor[*client.Client]():
				p.Kind = Client
			default:
				panic(fmt.Sprintf("%s.%s: a parameter cannot be a %s", t, f.Name, f.Type))
			}
		case reflect.String:
			p.Kind = String
		case reflect.Bool:
			p.Kind = Bool
		case reflect.Int, reflect.Int64:
			p.Kind = Number
			if f.Tag.Get("unit") == "bytes" {
				p.Kind = Size
			}
		default:
			panic(fmt.Sprintf("%s.%s: a parameter cannot be a %s", t, f.Name, f.Type))
		}
		arg, isArg := f.Tag.Lookup("arg")
		opt, isOpt := f.Tag.Lookup("opt")
		if isArg == isOpt || p.Help == "" {
			panic(fmt.Sprintf("%s.%s needs one of the tags arg and opt, and help", t, f.Name))
		}
		p.Flag, p.Letter, _ = strings.Cut(f.Tag.Get("cli"), ",")
		p.Letter, p.Alias, _ = strings.Cut(p.Letter, ",")
		if isOpt {
			p.Name, p.Inverted = strings.CutPrefix(opt, "!")
			p.Optional = true
			if p.Flag == "" {
				p.Flag = strings.ReplaceAll(p.Name, "_", "-")
			}
			opts = append(opts, p)
			continue
		}
		p.Positional = true
		p.Name, _, p.Optional = strings.Cut(arg, ",optional")
		args = append(args, p)
	}
	return append(args, opts...)
}

// Arguments are the positional parameters, in order.
func (v *Verb) Arguments() []Param {
	var out []Param
	for _, p := range v.Params {
		if p.Positional {
			out = append(out, p)
		}
	}
	return out
}

// Options are the keys of the option table that are no arguments.
func (v *Verb) Options() []Param {
	return v.Params[len(v.Arguments()):]
}

// Signature is how a call is written in Lua: `push(path, name [, options])`.
func (v *Verb) Signature() string {
	var b strings.Builder
	b.WriteString(v.Name + "(")
	closing := 0
	for i, p := range v.Arguments() {
		if p.Optional {
			b.WriteString(" [")
			closing++
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Name)
	}
	if len(v.Options()) > 0 {
		b.WriteString(" [")
		closing++
		if len(v.Arguments()) > 0 {
			b.WriteString(", ")
		}
		b.WriteString("options")
	}
	s := strings.ReplaceAll(b.String(), "( [", "([") + strings.Repeat("]", closing) + ")"
	return s
}
