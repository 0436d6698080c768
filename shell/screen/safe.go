package screen

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Safe is text with everything escaped that a terminal would not print but obey, or that makes
// it show something else than what is there: control characters and with them escape sequences,
// marks that turn the direction of writing or are invisible, bytes that are no UTF-8. What is
// printable stays as it is, a backslash too. The result is one line.
func Safe(text string) string {
	clean := true
	for _, r := range text {
		if dangerous(r) {
			clean = false
			break
		}
	}
	if clean && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case !dangerous(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		text = text[size:]
	}
	return b.String()
}

// dangerous tells of control characters (Cc), format characters (Cf: direction marks, zero-width
// characters, tags), and the line and paragraph separators.
func dangerous(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// safeLines is Safe for a text of this program that may have several lines: those after the first
// are indented, so that none of them can pass for a line of its own.
func safeLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		line = strings.ReplaceAll(line, "\t", "  ")
		if i > 0 && !strings.HasPrefix(line, " ") {
			line = "  " + line
		}
		lines[i] = Safe(line)
	}
	return strings.Join(lines, "\n")
}

// cells is how many columns r takes: none for a combining mark, two for what East Asian writing
// and emoji make wide. It is a close guess, used to line columns up and to cut lines; nothing
// depends on its being right.
func cells(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r < 0x1100:
		return 1
	case r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

func textCells(text string) int {
	n := 0
	for _, r := range text {
		n += cells(r)
	}
	return n
}

// cut is as much of text as fits into n columns.
func cut(text string, n int) string {
	for i, r := range text {
		if n -= cells(r); n < 0 {
			return text[:i]
		}
	}
	return text
}

// pad fills text up to n columns.
func pad(text string, n int) string {
	return text + strings.Repeat(" ", max(0, n-textCells(text)))
}
