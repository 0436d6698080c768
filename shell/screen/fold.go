package screen

import (
	"strings"

	"github.com/rivo/uniseg"
)

// leastText is how many columns an explanation has beside what it explains; with fewer it goes on
// below.
const leastText = 24

// Fold breaks the lines of a help text that are longer than width columns, between words. Lines in
// a row that begin at the margin are a paragraph. What follows a gap of two columns or more, as in
// a list of options, is one, too, with the lines that begin below it. A paragraph with a line that
// is too long is filled anew. Other lines that begin with a space are code, and stay whole, as does
// a word that is longer than a line.
func Fold(text string, width int) string {
	var out, paragraph []string
	hang := 0 // where the lines of the paragraph begin, after its first
	flush := func() {
		for _, line := range paragraph {
			if uniseg.StringWidth(line) > width {
				paragraph = fill(paragraph, hang, width)
				break
			}
		}
		out, paragraph = append(out, paragraph...), nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		words := strings.TrimLeft(line, " ")
		margin := len(line) - len(words)
		if words != "" && margin == hang && len(paragraph) > 0 {
			paragraph = append(paragraph, line)
			continue
		}
		flush()
		name, rest, gap := strings.Cut(words, "  ")
		switch {
		case words == "" || margin > 0 && !gap:
			out = append(out, line)
			continue
		case margin == 0:
			hang = 0
		default:
			hang = margin + uniseg.StringWidth(name) + 2 + len(rest) - len(strings.TrimLeft(rest, " "))
		}
		paragraph = []string{line}
	}
	flush()
	return strings.Join(out, "\n")
}

// fill makes a paragraph of lines that are no longer than width where words allow it. It breaks
// what comes after the column hang, where all but the first begin; where this leaves too little
// room, they begin further left.
func fill(paragraph []string, hang, width int) []string {
	line := paragraph[0]
	for _, more := range paragraph[1:] {
		line += " " + strings.TrimLeft(more, " ")
	}
	if width-hang < leastText {
		hang = min(hang, len(line)-len(strings.TrimLeft(line, " "))+2)
	}
	var lines []string
	for uniseg.StringWidth(line) > width {
		end := 0 // of the last word that fits, or of the first
		for i := hang + 1; i < len(line); i++ {
			if line[i] != ' ' || line[i-1] == ' ' {
				continue
			}
			if end > 0 && uniseg.StringWidth(line[:i]) > width {
				break
			}
			end = i
		}
		rest := strings.TrimLeft(line[end:], " ")
		if end == 0 || rest == "" {
			break
		}
		lines = append(lines, line[:end])
		line = strings.Repeat(" ", hang) + rest
	}
	return append(lines, line)
}
