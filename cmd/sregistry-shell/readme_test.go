package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile/imagefiletest"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
)

const readme = "../../README.md"

var update = flag.Bool("update", false, "write the verb table into README.md")

// TestReadmeVerbs fails when the table in README.md is not the one that the verbs make.
func TestReadmeVerbs(t *testing.T) {
	var table strings.Builder
	table.WriteString("| function | does | returns |\n|---|---|---|\n")
	for _, v := range verbs.All() {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", v.Usage(), v.Summary, v.Returns)
	}
	text := read(t, readme)
	between := regexp.MustCompile(`(?s)(<!-- verbs: begin -->\n).*(<!-- verbs: end -->)`)
	want := between.ReplaceAllString(text, "${1}"+strings.ReplaceAll(table.String(), "$", "$$")+"${2}")
	if *update {
		if err := os.WriteFile(readme, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != want {
		t.Error("the verb table of README.md has drifted; go test ./cmd/sregistry-shell -run TestReadmeVerbs -update")
	}
}

// TestReadmeCommands runs every console block of README.md, in order, in one folder.
func TestReadmeCommands(t *testing.T) {
	b := newBench(t)
	text := read(t, readme)
	files := regexp.MustCompile("(?s)```(?:lua|sh)\n(?:#!/bin/sh\n)?(?:--|#) (\\S+\\.(?:lua|sh)).*?```").FindAllStringSubmatch(text, -1)
	if len(files) < 2 {
		t.Fatalf("README.md has %d scripts", len(files))
	}
	for _, file := range files {
		_, content, _ := strings.Cut(file[0], "\n")
		b.write(file[1], strings.TrimSuffix(content, "```"))
	}
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) < 5 {
		t.Fatalf("README.md has %d console blocks", len(blocks))
	}
	for _, block := range blocks {
		for i, part := range strings.Split("\n"+block[1], "\n$ ") {
			if i == 0 {
				continue
			}
			command, want, _ := strings.Cut(strings.TrimSuffix(part, "\n"), "\n")
			if got := b.run(command); got != want {
				t.Errorf("$ %s\n%s\n--- README.md says\n%s", command, got, want)
			}
		}
	}
}

// TestExamples runs each example of each verb's help, by itself.
func TestExamples(t *testing.T) {
	for _, v := range verbs.All() {
		if len(v.Examples) == 0 {
			t.Errorf("%s has no example", v.Name)
		}
		for _, example := range v.Examples {
			t.Run(example, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				if v.Written() == "client.inspect" {
					b.run("cp lolcow.sif ubuntu.sif && cp lolcow.sif ubuntu.simg")
				}
				if v.Group == verbs.GroupLibrary && v.Name != "add" {
					b.run("sregistry-shell add --copy --name lab/ubuntu:22.04 ubuntu.sif")
				}
				if v.Group == verbs.GroupClient && v.Name != "push" {
					b.run("sregistry-shell push ubuntu.simg lab/ubuntu:22.04 && sregistry-shell push a.sif lab/a && sregistry-shell push b.sif lab/b")
				}
				if v.Name == "pull" {
					b.run("rm ubuntu.sif b.sif")
				}
				code := example
				if !strings.HasPrefix(code, "for ") {
					code = "return " + code
				}
				b.write("example.lua", code)
				if got := b.run("sregistry-shell run example.lua; echo $?"); !strings.HasSuffix(got, "0") || strings.Contains(got, "traceback") {
					t.Errorf("%s", got)
				}
			})
		}
	}
}

// bench is a folder with some image files, and an endpoint that commands run in it use.
type bench struct {
	testing.TB
	endpoint *localswifttest.Endpoint
	dir      string
	env      []string
}

func newBench(t testing.TB) *bench {
	t.Helper()
	e := localswifttest.Start(t, localswift.Options{Users: []localswift.User{
		{Name: "lab:vanessa", Key: "hers", Admin: true}, {Name: "physics:ann", Key: "anns", Admin: true},
	}})
	b := &bench{TB: t, endpoint: e, dir: t.TempDir()}
	b.env = append(os.Environ(), "HOME="+b.dir, "LC_ALL=C",
		"SREGISTRY_SWIFT_USER="+e.User, "SREGISTRY_SWIFT_TOKEN="+e.Key, "SREGISTRY_SWIFT_URL="+e.URL)
	for name, size := range map[string]int{"ubuntu.simg": 100000, "pancake.simg": 1000, "ubuntu.sif": 2000, "a.sif": 10, "b.sif": 20} {
		b.write(name, "hsqs"+string(bytes.Repeat([]byte(name[:1]), size-4)))
	}
	b.write("ann.env", "export SREGISTRY_SWIFT_USER=physics:ann SREGISTRY_SWIFT_TOKEN=anns SREGISTRY_SWIFT_OS_STORAGE_URL="+e.StorageURL+"\n")
	b.write("lolcow.sif", string(imagefiletest.SIF(t, imagefiletest.Options{})))
	return b
}

func (b *bench) write(name, content string) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
}

// run gives what a shell command prints on both streams, without the last line break.
func (b *bench) run(command string) string {
	b.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = b.dir, b.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Errorf("$ %s: %v\n%s", command, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
