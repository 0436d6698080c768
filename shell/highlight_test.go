package shell

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestHighlight(t *testing.T) {
	for line, want := range map[string]string{
		"":                         "",
		"x = 1":                    "x = <cyan>1</>",
		"for i in pairs(t) do end": "<magenta>for</> i <magenta>in</> pairs(t) <magenta>do</> <magenta>end</>",
		`client.push("a`:           `client.<blue>push</>(<green>"a</>`,
		`push = 'ü' -- note`:       `push = <green>'ü'</> <faint>-- note</>`,
		"-- a⏎x = '␉'⏎":            "<faint>-- a</>⏎x = <green>'␉'</>⏎",
	} {
		got := strings.NewReplacer(plainColor, "</>", keywordColor, "<magenta>", textColor, "<green>",
			numberColor, "<cyan>", commentColor, "<faint>", verbColor, "<blue>").Replace(string(highlight([]rune(line))))
		if got != want {
			t.Errorf("%s: %s, not %s", line, got, want)
		}
	}
}

func TestHighlightChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.String().Filter(utf8.ValidString).Draw(t, "line")
		if strings.Contains(line, "\x1b") {
			return
		}
		painted := string(highlight([]rune(line)))
		for _, color := range []string{plainColor, keywordColor, textColor, numberColor, commentColor, verbColor} {
			painted = strings.ReplaceAll(painted, color, "")
		}
		if painted != line {
			t.Fatalf("%q became %q", line, painted)
		}
	})
}

func BenchmarkHighlight(b *testing.B) {
	line := []rune(strings.Repeat(`client.push("a.sif", "lab/a") -- x⏎`, 60)) // 2,000 characters
	for b.Loop() {
		highlight(line)
	}
}
