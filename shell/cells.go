package shell

import (
	"slices"
	"strings"

	"github.com/rivo/uniseg"
)

// What a terminal makes of characters: a base and its accents, or an emoji of several parts, are one
// character to a reader, a cluster, of one or two columns.

// isPlain tells whether each character is a cluster of one column.
func isPlain(r rune) bool {
	return ' ' <= r && r < 0x7f || 0xa0 <= r && r < 0x300 && r != 0xad || r == lineBreak || r == tabMark
}

// cellsIn is how many columns a text takes.
func cellsIn(text string) int {
	_, column := layout(0, 1<<30, text)
	return column
}

// layout is the row and column in which a text ends that begins in the given column of row 0. Where it
// fills a row, that is the first column of the next. Colours take no room.
func layout(column, width int, text string) (row, end int) {
	width = max(2, width)
	row, column = column/width, column%width
	state := -1
	for len(text) > 0 {
		var cells int
		switch {
		case text[0] == '\n':
			row, column, text, state = row+1, 0, text[1:], -1
			continue
		case strings.HasPrefix(text, "\x1b["):
			text, state = text[strings.IndexByte(text, 'm')+1:], -1
			continue
		case text[0] < 0x7f && (len(text) == 1 || text[1] < 0x80): // the quick way through long lines
			cells, text, state = 1, text[1:], -1
		default:
			_, text, cells, state = uniseg.FirstGraphemeClusterInString(text, state)
		}
		if column+cells > width { // a wide one is never cut in two
			row, column = row+1, 0
		}
		if column += cells; column == width {
			row, column = row+1, 0
		}
	}
	return row, column
}

// clusterAt is where the cluster begins and ends that the character at a place belongs to; both are the
// place itself at the end of the line.
func clusterAt(line []rune, at int) (start, end int) {
	if at >= len(line) {
		return at, at
	}
	if isPlain(line[at]) && (at+1 == len(line) || isPlain(line[at+1])) && (at == 0 || isPlain(line[at-1])) {
		return at, at + 1
	}
	rest, state, n := string(line), -1, 0
	for len(rest) > 0 {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		start = n
		if n += len([]rune(cluster)); n > at {
			return start, n
		}
	}
	return at, at
}

// wholeClusters makes an edit of one character that of its cluster: Backspace and Delete take it as a
// whole, and the cursor does not stop inside. before is the line, and the place in it, before the edit.
func wholeClusters(before []rune, was int, line []rune, at int) ([]rune, int) {
	if len(line) == len(before)-1 && at <= was && was-at <= 1 && slices.Equal(before[:at], line[:at]) && slices.Equal(before[at+1:], line[at:]) {
		start, end := clusterAt(before, at) // what was removed
		if end-start > 1 {
			return slices.Concat(before[:start], before[end:]), start
		}
	}
	start, end := clusterAt(line, at)
	switch {
	case start == at || len(line) != len(before): // typed, what comes next may belong to it
		return line, at
	case at < was:
		return line, start
	}
	return line, end
}
