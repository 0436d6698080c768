// Package scripts holds the Lua scripts that ship inside the binary. Each is a model of how to
// write one: a first comment line that says what it is for, and a usage for --help.
package scripts

import (
	"embed"
	"sort"
	"strings"
)

//go:embed *.lua
var files embed.FS

// Script is one that ships with the shell.
type Script struct {
	Name    string // "sync.lua"
	Summary string // its first comment line
	Source  string
}

// All are the scripts, by name.
func All() []Script {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the program
	}
	var all []Script
	for _, e := range entries {
		source, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		first, _, _ := strings.Cut(string(source), "\n")
		all = append(all, Script{e.Name(), strings.TrimSpace(strings.TrimLeft(first, "- ")), string(source)})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}

// Find is the script of that name, with or without its .lua.
func Find(name string) (Script, bool) {
	for _, s := range All() {
		if s.Name == name || s.Name == name+".lua" {
			return s, true
		}
	}
	return Script{}, false
}

// Names are the scripts' names, for a message.
func Names() string {
	var names []string
	for _, s := range All() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}
