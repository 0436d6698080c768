package vm

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// live is a VM whose verbs work, on storage inside the process, in a folder with image files.
func live(t *testing.T) *bench {
	t.Helper()
	t.Chdir(t.TempDir())
	c, err := client.NewEmbedded(t.TempDir(), client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	for i, name := range []string{"a.sif", "b.sif", "ubuntu.sif"} {
		write(t, name, string(bytes.Repeat([]byte{byte('a' + i)}, 1000)))
	}
	return newBench(t, func(o *Options) {
		o.Connect = func(context.Context) (*client.Client, error) { return c, nil }
	})
}

func TestVerbsFromLua(t *testing.T) {
	b := live(t)
	got := b.run(t, `
		local image = client.push("a.sif", "lab/ubuntu:22.04")
		print(image, image.size)
		print(client:push("b.sif", "lab/debian"))
		print(client.search())
		for i in client.each("lab/") do print(i, i.object) end
		print(client.exists(image), client.exists("lab/no"), client.stat(image).etag == image.etag)
		print(client.pull(image, "c.sif"), fs.read("c.sif") == fs.read("a.sif"))
		print(client.pull({image, "lab/debian"}, {force = true}))
		local ok, e = pcall(client.pull, "lab/no")
		print(e.code, e.op, e.image)
		print(client.list("lab/ubuntu")[1].tag, #client.collections())
		print(pcall(client.delete, {"lab/ubuntu:22.04", "lab/debian"}))
		print(client.delete({image, "lab/debian"}, {yes = true}))
		print(#client.search())`)
	want := `lab/ubuntu:22.04	1000
lab/debian:latest
1  lab/debian-latest.sif
2  lab/ubuntu-22.04.sif
lab/debian:latest	debian-latest.sif
lab/ubuntu:22.04	ubuntu-22.04.sif
true	false	true
c.sif	true
1  ubuntu-22.04.sif
2  debian-latest.sif
not_found	pull	lab/no
22.04	1
false	delete: this would delete 2 images, from lab/ubuntu:22.04 to lab/debian; say so with {yes=true}
1  lab/ubuntu:22.04
2  lab/debian:latest
0
`
	if got != want {
		t.Errorf("printed\n%s\nnot\n%s", got, want)
	}
	err := b.fails(t, "\n\nclient.pull('lab/no')")
	if client.CodeOf(err) != client.NotFound || !strings.HasPrefix(err.Message, "test.lua:3: pull lab/no: ") {
		t.Error(err)
	}
}

func TestVerbsAsTasks(t *testing.T) {
	b := live(t)
	got := b.run(t, `
		local one, two = async(client.push, "a.sif", "lab/a"), async("push", "b.sif", "lab/b")
		print(wait(one, two))
		print(wait{async(client.exists, "lab/a"), async(client.exists, "lab/c")})
		local ok, e = pcall(wait, async(client.pull, "lab/c"))
		print(ok, e.code, e.image)
		async(client.push, "a.sif", "lab/unwaited")`)
	if want := "lab/a:latest\tlab/b:latest\n1  true\n2  false\nfalse\tnot_found\tlab/c\n"; got != want {
		t.Errorf("printed\n%s\nnot\n%s", got, want)
	}
	if got := b.run(t, `print(client.exists("lab/unwaited"))`); got != "true\n" {
		t.Error("a task was not waited for")
	}
	if err := b.fails(t, `async(client.pull, "lab/no")`); client.CodeOf(err) != client.NotFound {
		t.Error(err)
	}
}
