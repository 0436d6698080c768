package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// taken are the objects whose names verbs take, and which listings show.
func (h *hostile) taken() (objects []string) {
	for _, n := range h.names {
		if n.file != "" {
			objects = append(objects, n.object)
		}
	}
	return objects
}

// left is how many objects a listing leaves out and tells of: all others but those of segments.
func (h *hostile) left() int { return len(h.names) - len(h.taken()) - 1 }

// pulled fails unless a folder holds the files of all objects that can be pulled, whole, and nothing
// else; or nothing, if none can.
func (v *victim) pulled(folder string, all bool) {
	v.Helper()
	want := map[string]bool{}
	for _, n := range v.h.names {
		if all && n.file != "" {
			want[n.file] = true
		}
	}
	entries, err := os.ReadDir(filepath.Join(v.dir, folder))
	if err != nil && all {
		v.Error(err)
	}
	for _, e := range entries {
		v.harmless("a file's name", e.Name())
		content, err := os.ReadFile(filepath.Join(v.dir, folder, e.Name()))
		if !want[e.Name()] || !e.Type().IsRegular() || err != nil || !bytes.Equal(content, v.h.content) {
			v.Errorf("%s has %q, %s, %d bytes, %v", folder, e.Name(), e.Type(), len(content), err)
		}
		delete(want, e.Name())
	}
	if len(want) > 0 {
		v.Errorf("%s has no %q", folder, slices.Sorted(maps.Keys(want)))
	}
}

// write makes a file in the folder of the program.
func (v *victim) write(name string, content any) {
	v.Helper()
	text, ok := content.(string)
	if !ok {
		b, err := json.Marshal(content)
		if err != nil {
			v.Fatal(err)
		}
		text = string(b)
	}
	if err := os.WriteFile(filepath.Join(v.dir, name), []byte(text), 0o644); err != nil {
		v.Fatal(err)
	}
}

// Whatever objects are called and say of themselves, nothing reaches the terminal that it would
// obey, and no file is made outside of the folder that was meant, or hidden in it.
func TestHostileNames(t *testing.T) {
	v := newVictim(t)
	taken := len(v.h.taken())
	note := fmt.Sprintf("lab: %d objects are left out whose names no image can have", v.h.left())
	for _, c := range []struct {
		args           []string
		lines          int // of standard output; -1: not counted
		noted, refused bool
	}{
		{[]string{"search"}, taken + 1, true, false},
		{[]string{"search", "--json"}, taken, true, false},
		{[]string{"list"}, taken, true, false},
		{[]string{"list", "--json"}, taken, true, false},
		{[]string{"list", "lab/"}, taken, true, false},
		{[]string{"collections"}, 1, false, false},
		{[]string{"collections", "--json"}, 1, false, false},
		{[]string{"versions", "lab/plain"}, 1, false, false},
		{[]string{"usage"}, -1, false, false},
		{[]string{"clean"}, -1, false, false},
		{[]string{"__complete", "pull", "lab/"}, taken + 1, true, false},
		{[]string{"__complete", "pull", ""}, -1, false, false},
		{[]string{"--debug", "search", "lab/"}, taken + 1, true, false},
		{[]string{"-e", `for i in client.each() do print(i.object) io.stderr:write(tostring(i), "\n") end`}, taken, true, false},
		{[]string{"-e", `for _, i in ipairs(client.list()) do print(json.encode(i)) end`}, taken, true, false},
		{[]string{"-e", `for _, n in ipairs(client.search()) do print(n) log.warn(n) end`}, taken, true, false},
		{[]string{"--json", "-e", `error(client.list()[1].uri)`}, 0, true, true},
		{[]string{"run", "audit"}, -1, true, false},
		{[]string{"run", "report"}, -1, true, false},
	} {
		out, errs, status := v.run(c.args...)
		if lines := strings.Count(out, "\n"); (status != 0) != c.refused || c.lines >= 0 && lines != c.lines || strings.Contains(errs, note) != c.noted {
			t.Errorf("%q exits %d, with %d lines, not %d: %.2000s%.2000s", c.args, status, lines, c.lines, out, errs)
		}
	}
	out, _, _ := v.run("--json", "search", "lab/")
	var found []string
	for line := range strings.Lines(out) {
		var path string
		if err := json.Unmarshal([]byte(line), &path); err != nil {
			t.Error(err)
		}
		found = append(found, strings.TrimPrefix(path, "lab/"))
	}
	if !slices.Equal(found, v.h.taken()) {
		t.Errorf("search finds %q", found)
	}
	v.contained("looking")
}

// Names typed as arguments are taken by all verbs or by none. No argument of a program can hold NUL.
func TestHostileArguments(t *testing.T) {
	v := newVictim(t)
	typed := append(slices.Clone(v.h.names), hostileName{object: "latin\xff\xfe.sif"})
	for i, n := range typed {
		if strings.ContainsRune(n.object, 0) || i%4 > 0 && i < len(typed)-1 {
			continue // the others go by one script
		}
		for _, args := range [][]string{
			{"stat", "lab/" + n.object}, {"pull", "--json", "--name", "in/", "lab/" + n.object}, {"inspect", "lab/" + n.object}, {"delete", "--yes", "lab/" + n.object},
		} {
			out, errs, status := v.run(args...)
			if want := map[bool]int{true: 2}[n.file == ""]; status != want {
				t.Errorf("%q exits %d: %.500s%.500s", args, status, out, errs)
			}
		}
	}
	v.contained("arguments")
}

// Scripts pull by all names, whatever the objects say of themselves: a file has the bytes of its object
// and a name of its own in the folder that was meant.
func TestHostilePulls(t *testing.T) {
	v := newVictim(t)
	type named struct {
		Object string `json:"object"`
		Taken  bool   `json:"taken"`
	}
	var names []named
	for _, n := range v.h.names {
		names = append(names, named{n.object, n.file != ""})
	}
	v.write("names.json", names)
	v.write("all.lua", `
local function expect(want, verb, name, ...)
  local ok, err = pcall(client[verb], name, ...)
  print(verb, ok, err)
  if ok ~= want then error(verb .. " " .. name .. ": " .. tostring(err)) end
end
for _, n in ipairs(json.decode(fs.read("names.json"))) do
  local name = "lab/" .. n.object
  for _, verb in ipairs{"stat", "exists", "inspect"} do
    expect(n.taken, verb, name)
  end
  expect(n.taken, "delete", name, {yes = true})
  print("pull", pcall(client.pull, name)) -- into the library, where some names are too long
  expect(n.taken and arg[1] == "pulls", "pull", name, {file = "in/"})
  for _, verb in ipairs{"versions", "list", "search"} do
    print(verb, pcall(client[verb], name))
  end
  expect(false, "push", "names.json", name)
end`)
	v.write("each.lua", `
for i in client.each() do
  local ok, err = pcall(client.pull, i, {file = "all/"})
  if not ok then print(err) end
end
print(pcall(client.pull, client.search(), {file = "batch/"}))`)
	for kind, is := range hostileTypes {
		v.h.turns(kind)
		for _, script := range []string{"all.lua", "each.lua"} {
			out, errs, status := v.run("run", script, map[bool]string{false: "pulls", true: "fails"}[is.spoilt])
			if status != 0 {
				t.Errorf("%s of %.50q exits %d: ...%s", script, is.said, status, (out + errs)[max(0, len(out+errs)-1000):])
			}
		}
		v.contained(fmt.Sprintf("pulling %.50q", is.said))
		for _, folder := range []string{"in", "all", "batch"} {
			v.pulled(folder, !is.spoilt && (folder == "in" || !is.unlisted))
			os.RemoveAll(filepath.Join(v.dir, folder))
		}
	}
	entries, err := os.ReadDir(v.dir)
	var here []string
	for _, e := range entries {
		here = append(here, e.Name())
	}
	if want := []string{"all.lua", "each.lua", "home", "names.json", strings.Repeat("\U0001f9a0", 50)}; !slices.Equal(here, want) || err != nil {
		t.Errorf("%q is here, not %q: %v", here, want, err)
	}
	v.shelved()
}

// shelved fails unless what lies in the local library is whole.
func (v *victim) shelved() {
	images := 0
	err := filepath.WalkDir(filepath.Join(v.dir, "home"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".sif" {
			return err
		}
		images++
		content, err := os.ReadFile(path)
		if !d.Type().IsRegular() || !bytes.Equal(content, v.h.content) {
			v.Errorf("the library has %q, %s, %d bytes", path, d.Type(), len(content))
		}
		return err
	})
	if want := len(v.h.taken()) - 1; err != nil || images != want { // one is too long for a folder
		v.Errorf("the library has %d images, not %d: %v", images, want, err)
	}
}

// What an image says of itself is shown harmless, and whole.
func TestHostileLabels(t *testing.T) {
	v := newVictim(t)
	if _, errs, status := v.run("pull", "--name", "con.sif", "lab/con.sif"); status != 0 {
		t.Fatalf("exits %d: %s", status, errs)
	}
	for _, args := range [][]string{{"inspect", "lab/con.sif"}, {"inspect", "./con.sif"}, {"inspect", "lab/con:v1"}} {
		out, errs, status := v.run(args...)
		for _, want := range []string{`  maintainer: red\x1b[31m title\x1b]0;owned\x07 rtl\u202e bell\x07` + "\n", `  key\x1b[2J\nsregistry-shell: forged: tag\U000e0041\u2029\r` + "\n"} {
			if status != 0 || !strings.Contains(out, want) {
				t.Errorf("%q exits %d, and does not say %q: %s%s", args, status, want, out, errs)
			}
		}
	}
	for _, args := range [][]string{
		{"inspect", "--json", "lab/con.sif"}, {"-e", `error(json.encode(client.inspect("lab/con.sif").labels))`}, {"-e", `log.warn(json.encode(client.inspect("lab/con.sif").labels))`},
	} {
		out, errs, status := v.run(args...)
		if want := map[bool]int{true: 1}[strings.HasPrefix(args[1], "error")]; status != want || !strings.Contains(out+errs, `forged`) {
			t.Errorf("%q exits %d: %s%s", args, status, out, errs)
		}
	}
}
