package screen

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for _, c := range []struct {
		width      int
		text, want string
	}{
		{20, "", ""},
		{20, "short\n", "short\n"},
		{10, "one two three four\nfive six\n\nseven", "one two\nthree four\nfive six\n\nseven"},
		{20, "one two\nthree", "one two\nthree"}, // it fits: it stays
		{40, "Options:\n  name  what to call it: collection and image\n", "Options:\n  name  what to call it: collection and\n        image\n"},
		{30, "  -n, --name string   what to call it here", "  -n, --name string   what to\n    call it here"},
		{40, "  Tab    completes functions, options and names\n         of images\n  Enter  runs\n", "  Tab    completes functions, options\n         and names of images\n  Enter  runs\n"},
		{30, "  Tab    completes functions, options and names", "  Tab    completes functions,\n    options and names"},
		{20, "  client.push(\"ubuntu.sif\", \"lab/ubuntu\")", "  client.push(\"ubuntu.sif\", \"lab/ubuntu\")"},
		{10, "/a/path/that/is/longer than a line", "/a/path/that/is/longer\nthan a\nline"},
		{40, "  f  画像を保存する 画像を保存する 画像を保存する", "  f  画像を保存する 画像を保存する\n     画像を保存する"},
	} {
		if got := Fold(c.text, c.width); got != c.want {
			t.Errorf("%d, %q:\n%s\nwant\n%s", c.width, c.text, got, c.want)
		}
	}
}

// TestFoldKeepsWords folds any text: no word is lost, and where there is room nothing changes.
func TestFoldKeepsWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`( {0,4}[a-z画]{1,12}( {1,4}[a-z画]{1,9}){0,12}\n?){0,6}`).Draw(t, "text")
		width := rapid.IntRange(1, 60).Draw(t, "width")
		folded := Fold(text, width)
		if got, want := strings.Fields(folded), strings.Fields(text); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Fatalf("%q at %d became %q", text, width, folded)
		}
		if again := Fold(text, 1<<20); again != text {
			t.Fatalf("%q became %q where there is room", text, again)
		}
	})
}
