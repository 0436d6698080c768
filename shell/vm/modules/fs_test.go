package modules_test

import (
	"os"
	"strings"
	"testing"
)

func TestFs(t *testing.T) {
	prints(t, map[string]string{
		`print(fs.exists("x"), fs.exists("x/y"), fs.isdir("x"), fs.isdir("."))`:                                "false\tfalse\tfalse\ttrue",
		`fs.write("x", "abc") print(fs.exists("x"), fs.exists("x/y"), fs.size("x"), fs.read("x"))`:             "true\tfalse\t3\tabc",
		`fs.write("x", "a") fs.write("x", "b", {append = true}) print(fs.read("x"), fs.list()[1], #fs.list())`: "ab\tx\t1",
		`fs.write("x", "\0\255") print(#fs.read("x"))`:                                                         "2",
		`fs.mkdir("a/b/c") fs.mkdir("a/b") print(fs.isdir("a/b/c"))`:                                           "true",
		`fs.write("b", "") fs.write("a", "") print(fs.list())`:                                                 "1  a\n2  b",
		`fs.write("b.sif", "") fs.write("a.sif", "") fs.write("c", "") print(fs.glob("*.sif"))`:                "1  a.sif\n2  b.sif",
		`print(#fs.glob("no*"), #fs.list("."))`:                                                                "0\t0",
		`fs.write("x", "") fs.rename("x", "y") print(fs.exists("x"), fs.exists("y"))`:                          "false\ttrue",
		`fs.write("x", "") fs.remove("x") fs.mkdir("d/e") fs.remove("d", {all = true}) print(#fs.list())`:      "0",
		`fs.mkdir("d/e") fs.write("d/b", "1") fs.write("d/e/a", "22") fs.write("d/z", "")
		 for p, s in fs.walk("d") do print(p, s.type, s.size) if s.type == "folder" then assert(p == "d/e") end end`: "d/b\tfile\t1\nd/e\tfolder\t" + folderSize(t) + "\nd/e/a\tfile\t2\nd/z\tfile\t0",
		`fs.mkdir("d/e") fs.write("d/e/a", "") for _, root in ipairs{"d", "d/", "./d", "d/../d//", "d/e/.."} do for _, s in fs.walk(root) do if s.name == "a" then print(s.below) end end end`: strings.TrimSpace(strings.Repeat("e/a\n", 5)),
		`fs.write("x", "abc") local s = fs.stat("x") print(s.path, s.name, s.type, s.size, #s.mode, #s.modified, s.modified > "2020")`:                                                         "x\tx\tfile\t3\t4\t20\ttrue",
	})
	raises(t, map[string]string{
		`fs.size("x")`:                      "not_found: fs.size x: no such file or directory",
		`fs.read("x")`:                      "not_found: fs.read x: no such file or directory",
		`fs.read(".")`:                      "invalid: fs.read .: is a directory",
		`fs.stat("x")`:                      "not_found: fs.stat x: no such file or directory",
		`fs.list("x")`:                      "not_found: fs.list x: no such file or directory",
		`fs.walk("x")`:                      "not_found: fs.walk x: no such file or directory",
		`fs.glob("[")`:                      `invalid: fs.glob: "[" is no pattern`,
		`fs.remove("x")`:                    "not_found: fs.remove x: no such file or directory",
		`fs.remove("x", {all = true})`:      "not_found: fs.remove x: no such file or directory",
		`fs.remove("/", {all = true})`:      `invalid: fs.remove: "/" is not removed`,
		`fs.mkdir("d/e") fs.remove("d")`:    "exists: fs.remove d: directory not empty",
		`fs.write("x", "") fs.mkdir("x/y")`: "not_found: fs.mkdir x/y: not a directory",
		`fs.write("no/x", "")`:              "not_found: fs.write no/x: no such file or directory",
		`fs.write("/dev/full", "x")`:        "full: fs.write /dev/full: no space left on device",
		`fs.rename("x", "y")`:               "not_found: fs.rename x: no such file or directory",
	})
}

func folderSize(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/a", []byte("22"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, `print(fs.stat("`+dir+`").size)`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

func TestWriteKeepsModeAndLeavesNothing(t *testing.T) {
	out, err := run(t, `
		fs.write("x", "1") os.execute("touch y") print(fs.stat("x").mode == fs.stat("y").mode) fs.remove("y")
		os.execute("chmod 0640 x; ln -s x link") fs.write("x", "2") print(fs.stat("x").mode)
		fs.write("link", "3") print(fs.read("x"), #fs.list())
		print(pcall(fs.write, "/proc/x", "y"))
		print(#fs.list())`)
	lines := strings.Split(out, "\n")
	if err != nil || len(lines) != 5 || lines[0] != "true" || lines[1] != "0640" || lines[2] != "3\t2" || lines[4] != "2" {
		t.Errorf("%q, %v", out, err)
	}
}
