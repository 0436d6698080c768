package vm

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
)

// Annotations is a Lua file that tells the Lua language server of editors what there is: the
// verbs, the modules and the functions of the shell, with their help. It ends in a line break.
func Annotations() string {
	var b strings.Builder
	b.WriteString("---@meta\n\n")
	annotateFields(&b, "Image", reflect.TypeFor[client.Image]())
	annotateFields(&b, "Collection", reflect.TypeFor[client.Collection]())
	b.WriteString("---What a verb raises.\n---@class Error\n")
	for _, name := range value.ErrorFields {
		kind := "string"
		switch name {
		case "image", "hint":
			kind = "string?"
		case "done":
			kind = "Image[]?"
		case "failed":
			kind = "Error[]?"
		}
		fmt.Fprintf(&b, "---@field %s %s\n", name, kind)
	}
	b.WriteString("\n---@class Task\nlocal Task = {}\n---@return any\nfunction Task:wait() end\n---@return boolean\nfunction Task:done() end\nfunction Task:cancel() end\n")
	fmt.Fprintf(&b, "\n%s = {}\n%s = {}\n", verbs.GroupClient, verbs.GroupLibrary)
	for _, verb := range verbs.All() {
		annotateVerb(&b, verb)
		if verb.Group != verbs.GroupClient && verbs.Find(verb.Name) == verb {
			fmt.Fprintf(&b, "%s.%s = %s\n", verbs.GroupClient, verb.Name, verb.Written())
		}
	}
	for _, f := range shellFunctions {
		if f.name != "require" {
			fmt.Fprintf(&b, "\n%s%s = function(...) end\n", comment(capital(f.help)+"."), f.name)
		}
	}
	for _, module := range modules.All() {
		fmt.Fprintf(&b, "\n%s%s = {}\n", comment(capital(module.Summary)+"."), module.Name)
		for _, f := range module.Funcs {
			annotateFunction(&b, module.Name, f)
		}
	}
	return b.String()
}

func annotateFields(b *strings.Builder, class string, t reflect.Type) {
	fmt.Fprintf(b, "---@class %s\n", class)
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		kind := "string"
		if k := t.Field(i).Type.Kind(); k == reflect.Int64 || k == reflect.Int {
			kind = "integer"
		}
		if name != "" && name != "-" {
			fmt.Fprintf(b, "---@field %s %s\n", name, kind)
		}
	}
	b.WriteString("\n")
}

// comment is a text as lines of documentation.
func comment(text string) string {
	return "---" + strings.ReplaceAll(text, "\n", "\n---") + "\n"
}

var kinds = map[verbs.Kind]string{
	verbs.String: "string", verbs.Bool: "boolean", verbs.Number: "integer", verbs.Size: "string|integer", verbs.Age: "string|integer",
	verbs.Names: "string|string[]", verbs.Client: "table",
}

func annotateVerb(b *strings.Builder, verb *verbs.Verb) {
	text := capital(verb.Summary) + "."
	if verb.Help != "" {
		text += "\n" + verb.Help
	}
	b.WriteString("\n" + comment(text))
	var names []string
	for _, p := range verb.Arguments() {
		mark, kind := "", kinds[p.Kind]
		if p.Optional {
			mark = "?"
		}
		if strings.HasPrefix(p.Complete, "image") {
			kind += "|Image"
		}
		if verb.Item != "" && len(names) == 0 {
			kind += "|table"
		}
		fmt.Fprintf(b, "---@param %s%s %s %s\n", p.Name, mark, kind, p.Help)
		names = append(names, p.Name)
	}
	if options := verb.Options(); len(options) > 0 {
		var fields []string
		for _, p := range options {
			fields = append(fields, p.Name+"?: "+kinds[p.Kind])
		}
		fmt.Fprintf(b, "---@param options? { %s }\n", strings.Join(fields, ", "))
		names = append(names, "options")
	}
	if verb.Returns != "" {
		fmt.Fprintf(b, "---@return any # %s\n", verb.Returns)
	}
	fmt.Fprintf(b, "function %s(%s) end\n", verb.Written(), strings.Join(names, ", "))
}

var plainParams = regexp.MustCompile(`^[a-z, \[\]]*$`)

func annotateFunction(b *strings.Builder, module string, f modules.Func) {
	b.WriteString("\n" + comment(module+"."+f.Signature()+"\n"+capital(f.Help)+"."))
	if !plainParams.MatchString(f.Params) {
		fmt.Fprintf(b, "function %s.%s(...) end\n", module, f.Name)
		return
	}
	var names []string
	optional := false
	for part := range strings.SplitSeq(f.Params, ",") {
		name := strings.Trim(part, " []")
		optional = optional || strings.HasPrefix(strings.TrimSpace(part), "[")
		if name != "" {
			names = append(names, name)
			if optional {
				fmt.Fprintf(b, "---@param %s? any\n", name)
			}
		}
		// "a [, b]" opens the bracket at the end of the part before.
		optional = optional || strings.HasSuffix(strings.TrimSpace(part), "[")
	}
	fmt.Fprintf(b, "function %s.%s(%s) end\n", module, f.Name, strings.Join(names, ", "))
}
