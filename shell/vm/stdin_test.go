package vm

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// fed is a VM whose standard input is a pipe with that text, and what writes to it.
func fed(t *testing.T, text string) (*bench, io.Closer) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	return newBench(t, func(o *Options) { o.Stdin = r }), w
}

func TestStandardInput(t *testing.T) {
	for _, c := range []struct{ in, source, want string }{
		{"one\ntwo\n\nfour", `for line in io.lines() do io.write("<", line, ">") end`, "<one><two><><four>"},
		{"one\ntwo\n", `print(io.read(), io.stdin:read("*l"), io.read())`, "one\ttwo\tnil\n"},
		{"one\ntwo", `io.write(io.read("*L"), io.read("*a"), io.read("*a"), tostring(io.read()))`, "one\ntwonil"},
		{" 12 -0x1F 1.5e2 x", `print(io.read("*n", "*n", "*n", "*n"))`, "12\t-31\t150\tnil\n"},
		{"abcdef", `print(io.read(2, 0, 3)) print(io.read(9), io.read(1), io.read(0))`, "ab\t\tcde\nf\tnil\tnil\n"},
		{"x", `print(io.type(io.stdin), io.input() == io.stdin, io.stdin, io.stdin:close(), io.read())`, "file\ttrue\tfile (stdin)\ttrue\tx\n"},
		{strings.Repeat("long", 5000) + "\n", `for line in io.stdin:lines() do print(#line) end`, "20000\n"},
	} {
		b, w := fed(t, c.in)
		w.Close()
		if got := b.run(t, c.source); got != c.want {
			t.Errorf("%s: %q, not %q", c.source, got, c.want)
		}
	}
	b, _ := fed(t, "")
	if got := b.fails(t, `io.read("*x")`).Message; !strings.Contains(got, "the formats are") {
		t.Error(got)
	}
}

func TestLinesOfFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	b, _ := fed(t, "stdin\n")
	got := b.run(t, `
		local f = io.open("long", "w") f:write(("x"):rep(10000), "\n", ("y"):rep(5000)) f:close()
		for line in io.lines("long") do io.write(#line, " ") end
		f = io.open("long") for line in f:lines() do io.write(#line, " ") end f:close()
		io.input("long") io.write(#io.read(), " ") for line in io.lines() do io.write(#line, " ") end
		io.input(io.stdin) io.write(io.read())`)
	if want := "10000 5000 10000 5000 10000 5000 stdin"; got != want {
		t.Errorf("%q", got)
	}
	if got := b.fails(t, `io.lines("no such")`).Message; !strings.Contains(got, "no such: no such file") {
		t.Error(got)
	}
}

func TestReadingIsInterrupted(t *testing.T) {
	for source, in := range map[string]string{`io.read()`: "io.read: ", `for l in io.lines() do end`: "io.read: ", `pcall(io.read) io.read()`: ""} {
		b, w := fed(t, "")
		err := b.interrupted(t, source, in)
		if client.CodeOf(err) != client.Canceled && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", source, err)
		}
		w.(io.Writer).Write([]byte("for the next\n"))
		if got := b.run(t, `print(io.read())`); got != "for the next\n" {
			t.Errorf("%q", got)
		}
	}
}
