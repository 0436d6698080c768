package shell

import (
	"strings"
	"unicode/utf8"

	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
)

// The colours of a line as it is typed, as SGR sequences.
const (
	plainColor   = "\x1b[0m"
	keywordColor = "\x1b[35m" // magenta
	textColor    = "\x1b[32m" // green
	numberColor  = "\x1b[36m" // cyan
	commentColor = "\x1b[2m"  // faint
	verbColor    = "\x1b[34m" // blue
)

// highlight puts colours into a line. It adds nothing else: the line editor takes the width from
// the line without them.
func highlight(line []rune) []rune {
	// In the line of the editor a break and a tab are marks; to Lua they are what they stand for.
	source := expand(string(line))
	tokens := lex(source)
	out := make([]rune, 0, len(line)+16*len(tokens))
	at, bytes := 0, 0 // in line, in source
	upTo := func(end int) {
		for bytes < end {
			r := line[at]
			out = append(out, r)
			at++
			if r == lineBreak || r == tabMark {
				bytes++ // of what it stands for
			} else {
				bytes += utf8.RuneLen(r)
			}
		}
	}
	for i, t := range tokens {
		color := ""
		switch t.kind {
		case keyword:
			color = keywordColor
		case text:
			color = textColor
		case number:
			color = numberColor
		case comment:
			color = commentColor
		case word:
			if i > 0 && strings.ContainsRune(".:", rune(source[tokens[i-1].start])) && verbs.Find(source[t.start:t.end]) != nil {
				color = verbColor
			}
		}
		upTo(t.start)
		if color == "" {
			upTo(t.end)
			continue
		}
		out = append(out, []rune(color)...)
		upTo(t.end)
		out = append(out, []rune(plainColor)...)
	}
	upTo(len(source))
	return out
}
