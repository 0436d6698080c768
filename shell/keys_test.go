package shell

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestKeys(t *testing.T) {
	for in, want := range map[string]string{
		"client.search()\r":                          "client.search()\r",
		"ä日👍":                                        "ä日👍",
		"\x1b[A\x1b[B\x1b[C\x1b[D":                   "\x1b[A\x1b[B\x1b[C\x1b[D",
		"\x1bOA\x1bOB\x1bOC\x1bOD":                   "\x1b[A\x1b[B\x1b[C\x1b[D",
		"\x1b[H\x1bOH\x1b[1~\x1b[7~":                 "\x01\x01\x01\x01", // Home
		"\x1b[F\x1bOF\x1b[4~\x1b[8~":                 "\x05\x05\x05\x05", // End
		"\x1b[1;5D\x1b[1;3D\x1bOd\x1b\x1b[D":         "\x1bb\x1bb\x1bb\x1bb",
		"\x1b[1;5C\x1b[1;3C\x1bOc\x1b\x1b[C":         "\x1bf\x1bf\x1bf\x1bf",
		"\x1bb\x1bf\x1bd":                            "\x1bb\x1bf\x1bd",
		"x\x1b[3~y":                                  "x" + string(deleteMark) + "\x04y",
		"\x04":                                       "\x04",
		"\x00a\x1b\x00b":                             "ab",
		"a\x1b[5~\x1b[6~\x1b[12;40R\x1b[Ib":          "ab",
		"\x1b[1;2P\x1b[24~x":                         "x",
		"a\x1b[\rb":                                  "a\rb",
		"\x1b\x03":                                   "\x1b\x03",
		"\x1b[200~a\tb\rc\x1b[201~\r":                "a␉b⏎c\r",
		"\x1b[200~one\r\ntwo\nthree\r\r\x1b[201~":    "one⏎two⏎three",
		"\x1b[200~\x03\x04\x00\x1b[Ax\xff\x1b[201~y": "[Axy",
		"\x1b[200~\x1b[201~z":                        "z",
	} {
		for name, reader := range map[string]io.Reader{"at once": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in))} {
			k := &keys{in: reader}
			data, err := io.ReadAll(k)
			got := string(data)
			for strings.ContainsRune(got, pasteMark) {
				got = strings.Replace(got, string(pasteMark), k.nextPaste(), 1)
			}
			if k.nextPaste() != "" {
				t.Errorf("%q %s: a paste without a mark", in, name)
			}
			if got != want || err != nil {
				t.Errorf("%q %s: %q, %v, not %q", in, name, got, err, want)
			}
			if !k.ended.Load() {
				t.Errorf("%q %s: the end was not seen", in, name)
			}
		}
	}
}

func TestTypedAhead(t *testing.T) {
	k := &keys{in: strings.NewReader("ab\x00c\x00d")}
	k.ahead.Store(4)
	if got, _ := io.ReadAll(k); string(got) != "ab\x04cd" {
		t.Errorf("%q", got)
	}
}

func TestPasteThatNeverEnds(t *testing.T) {
	k := &keys{in: strings.NewReader(pasteBegins + strings.Repeat("x", 2*mostPaste) + pasteEnds + "y")}
	got, err := io.ReadAll(k)
	if text := k.nextPaste(); err != nil || string(got) != string(pasteMark)+"y" || len(text) > mostPaste || !strings.HasSuffix(text, "x") {
		t.Errorf("%q, %d bytes, %v", got, len(text), err)
	}
}

func TestOneLine(t *testing.T) {
	const function = "function f()\n\treturn 1\nend"
	if got := expand(oneLine(function)); got != function {
		t.Errorf("%q", got)
	}
	if got := oneLine(function); strings.ContainsAny(got, "\n\t") {
		t.Errorf("%q", got)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("\x1b[200~a\x1b[201~\x1b[3~\x1bOc\x1b"))
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, _ := io.ReadAll(&keys{in: strings.NewReader(string(in))})
		pieces, _ := io.ReadAll(&keys{in: iotest.OneByteReader(strings.NewReader(string(in)))})
		if string(whole) != string(pieces) {
			t.Fatalf("%q at once, %q byte by byte", whole, pieces)
		}
		if strings.ContainsRune(string(whole), 0) {
			t.Fatal("a NUL came through")
		}
	})
}
