package screen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var image = client.Image{
	URI: "lab/ubuntu:22.04", Collection: "lab", Name: "ubuntu", Tag: "22.04", Object: "ubuntu-22.04.sif",
	Size: 53400000, SHA256: "ab12", ETag: "cd34", Modified: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
}

var unknown = client.Image{URI: "b/x\x1b", Collection: "b", Object: "x\x1b", Size: -1}

func TestResult(t *testing.T) {
	eleven := make([]string, 11)
	for i := range eleven {
		eleven[i] = fmt.Sprint("lab/x", i)
	}
	for _, c := range []struct {
		header string
		v      any
		want   string
		json   string
	}{
		{"", nil, "", ""},
		{"", "breakfast.simg", "breakfast.simg\n", `"breakfast.simg"` + "\n"},
		{"", "a\u202eb\x1b", `a\u202eb\x1b` + "\n", `"a\u202eb\u001b"` + "\n"},
		{"", true, "true\n", "true\n"},
		{"", int64(7), "7\n", "7\n"},
		{"Collections", []string{"yippy/yuppy-latest.simg", "a<b>"},
			"Collections\n1  yippy/yuppy-latest.simg\n2  a<b>\n", "\"yippy/yuppy-latest.simg\"\n\"a<b>\"\n"},
		{"", eleven[9:], "1  lab/x9\n2  lab/x10\n", "\"lab/x9\"\n\"lab/x10\"\n"},
		{"Collections", []string{}, "", ""},
		{"", []client.Image{image, unknown}, `1  lab/ubuntu-22.04.sif  53.4 MB  2026-01-02 03:04
2  b/x\x1b                     ?
`, `{"uri":"lab/ubuntu:22.04","collection":"lab","name":"ubuntu","tag":"22.04","object":"ubuntu-22.04.sif","size":53400000,"sha256":"ab12","etag":"cd34","modified":"2026-01-02T03:04:05Z","arch":"","id":""}
{"uri":"b/x\u001b","collection":"b","name":"","tag":"","object":"x\u001b","size":-1,"sha256":"","etag":"","modified":"0001-01-01T00:00:00Z","arch":"","id":""}
`},
		{"", image, `uri:        lab/ubuntu:22.04
collection: lab
name:       ubuntu
tag:        22.04
object:     ubuntu-22.04.sif
size:       53.4 MB (53400000 bytes)
sha256:     ab12
etag:       cd34
modified:   2026-01-02 03:04
`, `{"uri":"lab/ubuntu:22.04","collection":"lab","name":"ubuntu","tag":"22.04","object":"ubuntu-22.04.sif","size":53400000,"sha256":"ab12","etag":"cd34","modified":"2026-01-02T03:04:05Z","arch":"","id":""}` + "\n"},
		{"", []client.Collection{{Name: "lab", Images: 1, Bytes: 12}, {Name: "library", Images: 12, Bytes: 1e12}},
			"1  lab        1 object    12 B\n2  library  12 objects  1.0 TB\n",
			`{"name":"lab","images":1,"bytes":12}` + "\n" + `{"name":"library","images":12,"bytes":1000000000000}` + "\n"},
		{"", []struct {
			Key  string   `json:"key"`
			N    int      `json:"n"`
			List []string `json:"list"`
			No   string   `json:"-"`
		}{{"a", 1, []string{"x", "y"}, "no"}, {"bbb", 100, nil, "no"}},
			"1  a      1  x, y\n2  bbb  100\n",
			`{"key":"a","n":1,"list":["x","y"]}` + "\n" + `{"key":"bbb","n":100,"list":null}` + "\n"},
		{"", struct {
			Arch   string            `json:"arch"`
			Labels map[string]string `json:"labels"`
			Def    string            `json:"def"`
			None   map[string]string `json:"none"`
			Parts  []client.Image    `json:"parts"`
		}{"amd64", map[string]string{"b": "2\n", "a": "\x1b"}, "From: x\n\n  y\n", nil, nil},
			"arch: amd64\nlabels:\n  a: \\x1b\n  b: 2\ndef:\n  From: x\n\n    y\n",
			`{"arch":"amd64","labels":{"a":"\u001b","b":"2\n"},"def":"From: x\n\n  y\n","none":null,"parts":null}` + "\n"},
	} {
		b := newBench("", nil)
		if err := b.Result(c.header, c.v); err != nil {
			t.Fatal(err)
		}
		if got := b.out.raw.String(); got != c.want {
			t.Errorf("%v:\n%s--- wanted:\n%s", c.v, got, c.want)
		}
		b = newBench("", func(o *Options) { o.JSON = true })
		b.Result(c.header, c.v)
		if got := b.out.raw.String(); got != c.json {
			t.Errorf("%v as JSON:\n%s--- wanted:\n%s", c.v, got, c.json)
		}
	}
	b := newBench("", nil)
	b.Result("", eleven)
	if got := b.out.raw.String(); !strings.HasPrefix(got, "1  lab/x0\n") || !strings.HasSuffix(got, "\n10 lab/x9\n11 lab/x10\n") {
		t.Errorf("labels:\n%s", got)
	}
}

func TestEmpty(t *testing.T) {
	if !Empty(nil) || !Empty([]string{}) || !Empty([]client.Image(nil)) || Empty("") || Empty(false) || Empty([]string{""}) {
		t.Error("wrong")
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{-1: "?", 0: "0 B", 999: "999 B", 1000: "1.0 kB", 999949: "999.9 kB", 999951: "1.0 MB", 53.4e9: "53.4 GB", 1 << 62: "4.6 EB"} {
		if got := Size(n); got != want {
			t.Errorf("%d: %s, not %s", n, got, want)
		}
	}
}

func TestFail(t *testing.T) {
	notFound := &client.Error{Op: "pull", Image: "no/such\n", Code: client.NotFound, Err: errors.New("no such image"), Hint: "client.search() lists what is there"}
	partial := &client.Error{Op: "push", Code: client.Partial, Err: errors.New("1 of 2 images failed"), Done: []client.Image{{URI: "a/b"}, {URI: "a/c:v1", Collection: "a", Name: "c", Tag: "v1", Object: "c-v1.sif", Size: 7}}, Failed: []*client.Error{notFound}}
	for _, c := range []struct {
		err        error
		text, json string
	}{
		{nil, "", ""},
		{&OutputError{&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}}, "", ""},
		{&OutputError{&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}},
			"sregistry-shell: write standard output: no space left on device\n",
			`{"error":{"code":"full","message":"write standard output: no space left on device"}}` + "\n"},
		{notFound, `sregistry-shell: pull "no/such\n": no such image; client.search() lists what is there` + "\n",
			`{"error":{"code":"not_found","op":"pull","image":"no/such\n","message":"no such image","hint":"client.search() lists what is there"}}` + "\n"},
		{fmt.Errorf("item 2: %w", notFound), `sregistry-shell: item 2: pull "no/such\n": no such image; client.search() lists what is there` + "\n",
			`{"error":{"code":"not_found","op":"pull","image":"no/such\n","message":"no such image","hint":"client.search() lists what is there"}}` + "\n"},
		{partial, `sregistry-shell: push: 1 of 2 images failed` + "\n" + `  pull "no/such\n": no such image; client.search() lists what is there` + "\n",
			`{"error":{"code":"partial","op":"push","message":"1 of 2 images failed","done":[{"uri":"a/b"},{"uri":"a/c:v1","collection":"a","name":"c","tag":"v1","object":"c-v1.sif","size":7,"sha256":"","etag":"","modified":"0001-01-01T00:00:00Z","arch":"","id":""}],"failed":[{"code":"not_found","op":"pull","image":"no/such\n","message":"no such image","hint":"client.search() lists what is there"}]}}` + "\n"},
		{context.Canceled, "sregistry-shell: context canceled\n", `{"error":{"code":"canceled","message":"context canceled"}}` + "\n"},
	} {
		b := newBench("", nil)
		b.Fail(c.err)
		if got := b.err.raw.String(); got != c.text {
			t.Errorf("%v:\n%s--- wanted:\n%s", c.err, got, c.text)
		}
		b = newBench("", func(o *Options) { o.JSON = true })
		b.Fail(c.err)
		if got := b.err.raw.String(); got != c.json {
			t.Errorf("%v as JSON:\n%s--- wanted:\n%s", c.err, got, c.json)
		}
	}
}

func TestFailScript(t *testing.T) {
	cause := &client.Error{Op: "pull", Image: "no/such", Code: client.NotFound, Err: errors.New("no such image")}
	b := newBench("", nil)
	b.FailScript("sync.lua:3: pull no/such: no such image", "\t[G]: in function 'pull'\n\tsync.lua:3: in main chunk", cause)
	want := "sync.lua:3: pull no/such: no such image\nstack traceback:\n  [G]: in function 'pull'\n  sync.lua:3: in main chunk\n"
	if got := b.err.raw.String(); got != want {
		t.Errorf("%q, not %q", got, want)
	}
	b = newBench("", func(o *Options) { o.JSON = true })
	b.FailScript("sync.lua:3: pull no/such: no such image", "stack", cause)
	b.FailScript("sync.lua:4: oh", "", nil)
	want = `{"error":{"code":"not_found","op":"pull","image":"no/such","message":"sync.lua:3: pull no/such: no such image","traceback":"stack"}}
{"error":{"code":"internal","message":"sync.lua:4: oh"}}
`
	if got := b.err.raw.String(); got != want {
		t.Errorf("%s--- wanted:\n%s", got, want)
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestBrokenPipe(t *testing.T) {
	b := newBench("", func(o *Options) { o.Out = closedPipe{} })
	err := b.Result("", "x")
	if !BrokenPipe(err) {
		t.Errorf("it is %v", err)
	}
	_, err = io.WriteString(b.Stdout(), "x")
	if !BrokenPipe(fmt.Errorf("print: %w", err)) {
		t.Errorf("it is %v", err)
	}
	if BrokenPipe(syscall.EPIPE) {
		t.Error("a broken connection is no broken pipe of standard output")
	}
}

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES \n": true, "yes": true, "n\n": false, "\n": false, "": false, "yep\n": false} {
		b := newBench("ie", func(o *Options) { o.In = strings.NewReader(answer) })
		got, err := b.Confirm(context.Background(), "delete 3 images?")
		if got != want || err != nil {
			t.Errorf("%q: %v, %v", answer, got, err)
		}
		if raw := b.err.raw.String(); !strings.HasPrefix(raw, "delete 3 images? [y/N] ") {
			t.Errorf("it asks %q", raw)
		}
	}
	b := newBench("oe", nil)
	if _, err := b.Confirm(context.Background(), "delete?"); !errors.Is(err, ErrNobody) {
		t.Errorf("with nobody there: %v", err)
	}
}

func TestConfirmIsInterrupted(t *testing.T) {
	in, w := io.Pipe()
	b := newBench("ie", func(o *Options) { o.In = in })
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := b.Confirm(ctx, "delete"); !errors.Is(err, stop) {
		t.Errorf("it is %v", err)
	}
	w.Close()
}
