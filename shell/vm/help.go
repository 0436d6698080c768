package vm

import (
	"fmt"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/scripts"
	"github.com/sregistry-shell/sregistry-shell/shell/nearest"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// Help is the help on a topic: "" for the overview, "pull" or "client.pull" for a verb, "client"
// for all of them, "scripts" for those that ship with the shell, "prompt" for its keys, "fs" for a module, "fs.size" for a function of it; false for anything else.
// The text has no line break at its end.
func Help(topic string) (string, bool) {
	switch topic {
	case "":
		return overview(), true
	case verbs.GroupClient:
		return verbList(verbs.GroupClient, "Images in storage"), true
	case verbs.GroupLibrary:
		return libraryHelp(), true
	case "modules":
		return moduleList(), true
	case "scripts":
		return scriptList(), true
	case "prompt":
		return promptHelp, true
	}
	if f := findShell(topic); f != nil {
		return f.signature + "\n\n" + capital(f.help) + ".", true
	}
	if verb := verbs.Find(topic); verb != nil {
		return strings.TrimSuffix(verb.HelpText(), "\n"), true
	}
	name, function, dotted := strings.Cut(topic, ".")
	module := modules.Find(name)
	switch {
	case module == nil:
		return standardHelp(topic)
	case !dotted:
		return moduleHelp(module), true
	}
	if f := module.Find(function); f != nil {
		return functionHelp(module, f), true
	}
	return "", false
}

// Topics are the topics that Help knows, without the overview.
func Topics() []string {
	topics := []string{verbs.GroupClient, verbs.GroupLibrary, "modules", "scripts", "prompt"}
	for _, f := range shellFunctions {
		topics = append(topics, f.name)
	}
	for _, verb := range verbs.All() {
		if verbs.Find(verb.Name) == verb {
			topics = append(topics, verb.Name)
		} else {
			topics = append(topics, verb.Written())
		}
	}
	for _, module := range modules.All() {
		topics = append(topics, module.Name)
		for _, f := range module.Funcs {
			topics = append(topics, module.Name+"."+f.Name)
		}
	}
	return topics
}

// Modules are the names of the modules that require knows by itself.
func Modules() []string {
	var names []string
	for _, module := range modules.All() {
		names = append(names, module.Name)
	}
	return names
}

func overview() string {
	return verbList(verbs.GroupClient, "Images in storage") + "\n\n" + verbList(verbs.GroupLibrary, "The local library") + "\n\n" + shellList() + "\n\n" + moduleList() + `

help(client.pull), help("pull"), help(fs), help("scripts") or help("prompt") tells more. The language is Lua 5.1.`
}

func verbList(group, title string) string {
	var rows [][2]string
	for _, verb := range verbs.All() {
		if verb.Group == group {
			rows = append(rows, [2]string{verb.Usage(), verb.Summary})
		}
	}
	return title + ":\n" + table(rows)
}

func libraryHelp() string {
	return verbList(verbs.GroupLibrary, "The local library") + `

It is the one of sregistry-cli: a database and a folder of images, by default in ~/.singularity. It
needs no settings and no network. Each is a function of client too.`
}

// shellFunctions are the global functions of the shell itself.
var shellFunctions = []struct{ name, signature, summary, help string }{
	{"async", "async(verb, ...)", "start a verb and go on: returns a task",
		`start a verb with its arguments and go on, as async(client.push, "a.sif", "lab/a"). Returns a task:
task:wait() waits and returns what the verb does, or raises its error; task:done() tells whether it
ended; task:cancel() ends it. A script waits at its end for the tasks nobody waited for, and fails
if one of them did. At most eight run at once`},
	{"connect", "connect(options)", verbs.Connect.Summary, connectHelp()},
	{"wait", "wait(task, ...)", "wait for tasks; their results", "wait for tasks and return their results; wait(list) returns a list. When some fail, the others are waited for first"},
	{"tasks", "tasks()", "a list of the tasks nobody waited for", "a list of the tasks nobody waited for"},
	{"help", "help([topic])", "explain a verb, a module or a function", `explain a verb, a module or a function: help(client.pull), help("pull"), help(fs), help("fs.size")`},
	{"traceback", "traceback()", "where the last error came from", "print where the last error at the prompt came from, the innermost call first"},
	{"require", "require(module)", "load a Lua module", "load a Lua module NAME.lua, from beside the script first, then from the folder lua in the configuration folder"},
	{"exit", "exit([status])", "leave; quit and os.exit too", "leave with an exit status, 0 by default. Nothing can catch it, and everything is cleaned up"},
}

func findShell(topic string) *struct{ name, signature, summary, help string } {
	if topic == "quit" || topic == "os.exit" {
		topic = "exit"
	}
	for i := range shellFunctions {
		if shellFunctions[i].name == topic {
			return &shellFunctions[i]
		}
	}
	return nil
}

func shellList() string {
	var rows [][2]string
	for _, f := range shellFunctions {
		rows = append(rows, [2]string{f.signature, f.summary})
	}
	return "The shell:\n" + table(rows)
}

func moduleList() string {
	var rows [][2]string
	for _, module := range modules.All() {
		rows = append(rows, [2]string{module.Name, module.Summary})
	}
	return "Modules:\n" + table(rows)
}

func scriptList() string {
	var rows [][2]string
	for _, script := range scripts.All() {
		rows = append(rows, [2]string{script.Name, script.Summary})
	}
	return "Scripts that ship with the shell:\n" + table(rows) + `

sregistry-shell run NAME [ARG...] runs one of them, or a file; the arguments are in the table arg. A
script ends with the status of the error nobody caught, or that of os.exit(n).`
}

// table writes two columns; a left one that is long stands on a line of its own.
func table(rows [][2]string) string {
	const most = 40
	width := 0
	for _, row := range rows {
		if n := len(row[0]); n <= most {
			width = max(width, n)
		}
	}
	var b strings.Builder
	for i, row := range rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		if len(row[0]) > most {
			fmt.Fprintf(&b, "  %s\n  %-*s  %s", row[0], width, "", row[1])
		} else {
			fmt.Fprintf(&b, "  %-*s  %s", width, row[0], row[1])
		}
	}
	return b.String()
}

func examples(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "\n\nExamples:\n  " + strings.Join(lines, "\n  ")
}

func moduleHelp(m *modules.Module) string {
	var rows [][2]string
	for _, f := range m.Funcs {
		rows = append(rows, [2]string{m.Name + "." + f.Signature(), summary(f.Help)})
	}
	return fmt.Sprintf("%s: %s\n\n%s", m.Name, m.Summary, table(rows))
}

// summary is what fits into a line of a table: all of a short text, else its first sentence.
func summary(text string) string {
	text = strings.ReplaceAll(text, "\n", " ")
	if first, _, more := strings.Cut(text, ". "); more && len(text) > 100 {
		return first
	}
	return text
}

func functionHelp(m *modules.Module, f *modules.Func) string {
	return fmt.Sprintf("%s.%s\n\n%s.%s", m.Name, f.Signature(), capital(f.Help), examples(f.Examples))
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// openHelp makes the global help, a function that can also be looked at.
func (m *VM) openHelp() {
	mt := m.L.NewTable()
	mt.RawSetString("__call", m.L.NewFunction(func(L *lua.LState) int {
		topic, err := m.topicOf(L.Get(2))
		if err == "" {
			if text, ok := Help(topic); ok {
				text += "\n"
				if m.opt.Fold != nil {
					text = m.opt.Fold(text)
				}
				if m.opt.Explain == nil || !m.opt.Explain(text) {
					m.write(L, m.opt.Stdout, "help", text)
				}
				return 0
			}
			err = fmt.Sprintf("there is no help on %q", topic)
			if near := nearest.Of(topic, Topics()); near != "" {
				err += fmt.Sprintf(" (did you mean %q?)", near)
			}
		}
		L.RaiseError("%s", err)
		return 0
	}))
	mt.RawSetString("__tostring", m.L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(overview()))
		return 1
	}))
	ud := m.L.NewUserData()
	ud.Metatable = mt
	m.L.SetGlobal("help", ud)
}

// topicOf is the topic that the argument of help means, or why it means none.
func (m *VM) topicOf(v lua.LValue) (topic, problem string) {
	switch x := v.(type) {
	case *lua.LNilType:
		return "", ""
	case lua.LString:
		return strings.TrimSuffix(strings.TrimSpace(string(x)), "()"), ""
	case *lua.LFunction:
		if topic, ok := m.topics[x]; ok {
			return topic, ""
		}
		return "", "that function has no help; it is one of your own"
	case *lua.LTable:
		if x == m.library.table {
			return verbs.GroupLibrary, ""
		}
		if m.connectionOf(x) != nil {
			return verbs.GroupClient, ""
		}
		for name, module := range m.modules {
			if x == module {
				return name, ""
			}
		}
		if name := m.libraries[x]; name != "" {
			return name, ""
		}
		if rt := value.RecordType(x); rt != nil {
			return "", fmt.Sprintf("a table with the fields %s", strings.Join(value.FieldNames(rt), ", "))
		}
	case *lua.LUserData:
		if _, ok := value.AsError(x); ok {
			return "", "an error with the fields " + strings.Join(value.ErrorFields, ", ")
		}
		if x == m.L.GetGlobal("help") {
			return "", ""
		}
	}
	return "", fmt.Sprintf("there is no help on a %s", v.Type())
}

// documented remembers which verb a function is.
func (m *VM) documented(f *lua.LFunction, verb *verbs.Verb) {
	m.topics[f] = verb.Written()
	m.signatures[f] = verb.Usage()
}

// signature is how a call of a function made here is written; empty for any other function.
func (m *VM) signature(f *lua.LFunction) string { return m.signatures[f] }
