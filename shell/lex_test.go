package shell

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestContinuation(t *testing.T) {
	for source, want := range map[string]string{
		"function f()\n":                ">> ",
		"for i = 1, 3 do\n":             ">> ",
		"while true do if x then\n":     ">>> ",
		"if x then y() else\n":          ">> ",
		"repeat f(function()\n":         ">>>> ",
		"if x then for k in p do end\n": ">> ",
		"x =\n":                         ">> ",
		"client.push({\n":               ">>> ",
		"x = [[\n":                      "]] ",
		"x = [==[ ]]\n":                 "]] ",
		"--[[ note\n":                   "--]] ",
		"print 'a\\\n":                  "'> ",
		"f( -- )\n":                     ">> ",
		"f('do (', \"{\", [[(]]\n":      ">> ",
		strings.Repeat("{", 50):         ">>>>>>>>>>> ",
	} {
		if got := continuation(source); got != want {
			t.Errorf("%q: %q, not %q", source, got, want)
		}
	}
}

func TestLex(t *testing.T) {
	const source = `x1 = "a\"b" .. 'c' -- d
if 1.5e-3 ~= 0xff then [[e
]] end`
	var got []string
	for _, tok := range lex(source) {
		got = append(got, source[tok.start:tok.end])
	}
	want := []string{"x1", "=", `"a\"b"`, ".", ".", "'c'", "-- d", "if", "1.5e-3", "~", "=", "0xff", "then", "[[e\n]]", "end"}
	if strings.Join(got, "¦") != strings.Join(want, "¦") {
		t.Errorf("%q", got)
	}
}

func TestLexNeverFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"client", ".", ":", "(", ")", "{", "}", "[", "[[", "[=[", "]]", `"`, "'", `\`, "--", "\n", " ", "=", ",", "1", "ä", "function", "end", "\x00",
		})).Draw(t, "source"), "")
		at := 0
		for _, tok := range lex(source) {
			if tok.start < at || tok.end <= tok.start || tok.end > len(source) {
				t.Fatalf("%q: token %+v after %d", source, tok, at)
			}
			if tok.open && tok.end != len(source) {
				t.Fatalf("%q: %+v is open before the end", source, tok)
			}
			at = tok.end
		}
		if n := len(continuation(source)); n > 12 {
			t.Fatalf("%q: a prompt of %d columns", source, n)
		}
		fakeSources().suggest(source)
	})
}
