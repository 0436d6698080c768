package vm

import (
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	"github.com/yuin/gopher-lua/parse"
)

func TestAnnotations(t *testing.T) {
	text := Annotations()
	if _, err := parse.Parse(strings.NewReader(text), "annotations.lua"); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	want := []string{
		"---@meta\n", "---@field sha256 string\n", "---@field size integer\n", "---@field failed Error[]?\n",
		"---@param path string|table the image file to upload\n", "---@param query? string|Image ", "tag?: string", "older?: string|integer", "---@param format? any\n",
		"function client.push(path, name, options) end\n", "client.get = library.get\n", "function fs.size(path) end\n", "function time.now() end\n",
		"function sh.run(...) end\n", "async = function(...) end\n",
	}
	for _, verb := range verbs.All() {
		for _, p := range verb.Params {
			if kinds[p.Kind] == "" {
				t.Errorf("%s of %s is of a kind that no editor is told", p.Name, verb.Name)
			}
		}
		want = append(want, "\nfunction "+verb.Written()+"(")
	}
	for _, module := range modules.All() {
		for _, f := range module.Funcs {
			want = append(want, "\nfunction "+module.Name+"."+f.Name+"(")
		}
	}
	for _, line := range want {
		if !strings.Contains(text, line) {
			t.Errorf("%q is missing", line)
		}
	}
	if strings.Contains(text, " \n") {
		t.Error("blanks at the end of a line")
	}
	// It does what it says when it is run, too: nothing.
	newBench(t, nil).run(t, text)
}
