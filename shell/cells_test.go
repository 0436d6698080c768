package shell

import (
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		column, width int
		text          string
		row, end      int
	}{
		{0, 10, "", 0, 0},
		{2, 10, "abc", 0, 5},
		{2, 10, "12345678", 1, 0}, // the row is full
		{2, 10, "123456789", 1, 1},
		{2, 10, "日本語", 0, 8},
		{2, 10, "日本語日", 1, 0},
		{3, 10, "日本語日", 1, 2}, // a wide one is not cut in two
		{2, 10, "e\u0301e\u0301", 0, 4},
		{2, 10, "é。！ﾊﾝ", 0, 9},
		{2, 10, "👍x", 0, 5},
		{2, 10, "👍🏽👨‍👩‍👧🇩🇪", 0, 8},
		{2, 10, "ab\n", 1, 0},
		{2, 10, "12345678\x1b[32m9\x1b[0m", 1, 1},
		{25, 10, "a", 2, 6},
		{0, 1, "日", 1, 0},
		{0, 10, "⏎␉", 0, 2},
		{0, 80, strings.Repeat("x", 2000), 25, 0},
	} {
		if row, end := layout(c.column, c.width, c.text); row != c.row || end != c.end {
			t.Errorf("%q from column %d of %d: row %d, column %d, not %d, %d", c.text, c.column, c.width, row, end, c.row, c.end)
		}
	}
}

func TestClusters(t *testing.T) {
	const family = "👨‍👩‍👧"
	for _, c := range []struct {
		line       string
		at         int
		start, end int
	}{
		{"abc", 1, 1, 2},
		{"abc", 3, 3, 3},
		{"e\u0301x", 0, 0, 2},
		{"e\u0301x", 1, 0, 2},
		{"e\u0301x", 2, 2, 3},
		{"日本", 1, 1, 2},
		{"x" + family + "y", 3, 1, 6},
		{"x" + family + "y", 6, 6, 7},
	} {
		if start, end := clusterAt([]rune(c.line), c.at); start != c.start || end != c.end {
			t.Errorf("%q at %d: %d to %d, not %d to %d", c.line, c.at, start, end, c.start, c.end)
		}
	}
	for _, c := range []struct {
		before string
		was    int
		line   string
		at     int
		want   string
		cursor int
	}{
		{"ae\u0301b", 3, "aeb", 2, "ab", 1},              // Backspace
		{"ae\u0301b", 1, "a\u0301b", 1, "ab", 1},         // Delete
		{"ab", 2, "a", 1, "a", 1},                        // of one
		{"ae\u0301b", 3, "ae\u0301b", 2, "ae\u0301b", 1}, // to the left
		{"ae\u0301b", 1, "ae\u0301b", 2, "ae\u0301b", 3}, // to the right
		{"ae\u0301b", 3, "abe", 3, "abe", 3},             // from history
		{"a日", 2, "a", 1, "a", 1},                        // a wide one
		{family, 5, "👨‍👩\u200d", 4, "", 0},               // of several parts
		{"e", 1, "e\u0301", 2, "e\u0301", 2},             // an accent typed behind it
		{"ex", 1, "e\u0301x", 2, "e\u0301x", 2},          // in the middle
		{"", 0, "", 0, "", 0},
	} {
		line, at := wholeClusters([]rune(c.before), c.was, []rune(c.line), c.at)
		if string(line) != c.want || at != c.cursor {
			t.Errorf("%q at %d became %q at %d: %q, %d, not %q, %d", c.before, c.was, c.line, c.at, string(line), at, c.want, c.cursor)
		}
	}
}
