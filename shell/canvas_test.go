//go:build linux

package shell

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"
)

// glass is what a terminal shows of what was written to it. It takes each character by itself, as many
// do: two columns for a wide one, none for one that goes with the one before.
type glass struct {
	columns  int
	rows     [][]string // a cell each; empty for the second of a wide one
	row, col int
	full     bool // the cursor is behind the last column
}

var sequence = regexp.MustCompile(`^\x1b\[([?\d;]*)([A-Za-z])`)

func look(columns int, written string) *glass {
	g := &glass{columns: columns, rows: [][]string{{}}}
	for written != "" {
		if m := sequence.FindStringSubmatch(written); m != nil {
			n, _ := strconv.Atoi(m[1])
			g.obey(m[2], n)
			written = written[len(m[0]):]
			continue
		}
		for _, r := range written {
			g.put(r)
			written = written[len(string(r)):]
			break
		}
	}
	return g
}

func (g *glass) obey(command string, n int) {
	if command != "m" && command != "h" && command != "l" {
		g.full = false
	}
	switch command {
	case "A":
		g.row = max(0, g.row-max(1, n))
	case "C":
		g.col = min(g.columns-1, g.col+max(1, n))
	case "H":
		g.row, g.col = 0, 0
	case "J":
		if n == 2 {
			g.rows = [][]string{{}}
			break
		}
		g.rows = g.rows[:g.row+1]
		g.rows[g.row] = g.rows[g.row][:min(g.col, len(g.rows[g.row]))]
	case "K":
		g.rows[g.row] = nil
	}
	for g.row >= len(g.rows) {
		g.rows = append(g.rows, nil)
	}
}

func (g *glass) put(r rune) {
	switch r {
	case '\r':
		g.col, g.full = 0, false
	case '\b':
		g.col, g.full = max(0, g.col-1), false
	case '\n':
		g.row++
		g.full = false
	case '\a':
	default:
		cells := uniseg.StringWidth(string(r))
		row := &g.rows[g.row]
		if cells == 0 || r >= 0x1f3fb && r <= 0x1f3ff {
			at := g.col
			if !g.full {
				at--
			}
			for at > 0 && (*row)[at] == "" {
				at--
			}
			if at >= 0 && at < len(*row) {
				(*row)[at] += string(r)
			}
			return
		}
		if g.full || g.col+cells > g.columns {
			g.row, g.col, g.full = g.row+1, 0, false
			if g.row == len(g.rows) {
				g.rows = append(g.rows, nil)
			}
			row = &g.rows[g.row]
		}
		for len(*row) < g.col+cells {
			*row = append(*row, " ")
		}
		(*row)[g.col] = string(r)
		if cells == 2 {
			(*row)[g.col+1] = ""
		}
		if g.col += cells; g.col == g.columns {
			g.col, g.full = g.columns-1, true
		}
	}
	for g.row >= len(g.rows) {
		g.rows = append(g.rows, nil)
	}
}

// shows is the text from the row of the last prompt on, and the row, counted from it, and column of the
// cursor.
func (g *glass) shows() (text string, row, col int) {
	first := 0
	var lines []string
	for i, cells := range g.rows {
		line := strings.TrimRight(strings.Join(cells, ""), " ")
		if strings.HasPrefix(line, ">") {
			first, lines = i, nil
		}
		lines = append(lines, line)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n"), g.row - first, g.col
}

// sees waits until the terminal shows a text behind the last prompt, with the cursor where | is.
func (s *sitting) sees(columns int, want string) {
	s.t.Helper()
	before, after, _ := strings.Cut(want, "|")
	want = strings.TrimRight(before+after, " \n")
	lines := strings.Split(before, "\n")
	row, col := len(lines)-1, look(columns, lines[len(lines)-1]).col
	late := time.After(time.Minute)
	for {
		text, atRow, atCol := look(columns, s.all()).shows()
		if text == want && atRow == row && atCol == col {
			return
		}
		select {
		case <-s.news:
		case <-late:
			s.t.Fatalf("on the terminal, the cursor on row %d, column %d:\n%s\n--- wanted, row %d, column %d:\n%s", atRow, atCol, text, row, col, want)
		}
	}
}

// passBy leaves behind all that came but an empty line.
func (s *sitting) passBy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.Reset()
	s.seen.WriteString(mainPrompt)
	s.read = 0
}

func TestCursorBetweenWideCharacters(t *testing.T) {
	const left, right, home, end, backspace, del = "\x1b[D", "\x1b[C", "\x1b[H", "\x1b[F", "\x7f", "\x1b[3~"
	s := sitAt(t, newPerson(t, 20), func(c *Config, _ map[string]string) { c.Database, c.Where = "", func() string { return "" } })
	for _, c := range []struct{ keys, want string }{
		{"", "> |"},
		{"日本語", "> 日本語|"},
		{"日本語" + left, "> 日本|語"},
		{"日本語" + left + left + "x", "> 日x|本語"},
		{"日本語" + home + "ü", "> ü|日本語"},
		{"日本語" + home + right + del, "> 日|語"},
		{"日本語" + left + backspace, "> 日|語"},
		{"👍👍" + left + "a", "> 👍a|👍"},
		{"e\u0301e\u0301" + left + "x", "> e\u0301x|e\u0301"},
		{"xe\u0301" + backspace, "> x|"},
		{"e\u0301x" + home + del, "> |x"},
		{"！。ﾊﾝ" + left + left + left, "> ！|。ﾊﾝ"},
		{"한국어" + left + home + end, "> 한국어|"},
		{"日本\x1bb語", "> 語|日本"},
		// Over several rows; a wide one does not begin in the last column.
		{"日本語日本語日本語", "> 日本語日本語日本語\n|"},
		{"日本語日本語日本語" + left, "> 日本語日本語日本|語"},
		{"日本語日本語日本語日", "> 日本語日本語日本語\n日|"},
		{"日本語日本語日本語日" + left, "> 日本語日本語日本語\n|日"},
		{"日本語日本語日本語日" + left + left, "> 日本語日本語日本|語\n日"},
		{"x日本語日本語日本語", "> x日本語日本語日本\n語|"},
		{"x日本語日本語日本語" + home + "y", "> y|x日本語日本語日本\n語"},
		{"x日本語日本語日本語" + home + del, "> |日本語日本語日本語"},
		{strings.Repeat("a", 18) + left + "日", "> " + strings.Repeat("a", 17) + "\n日|a"},
		{strings.Repeat("a", 40) + home, "> |" + strings.Repeat("a", 18) + "\n" + strings.Repeat("a", 20) + "\naa"},
	} {
		s.types(c.keys)
		s.sees(20, c.want)
		s.types(end + "\x15")
	}
	// What is searched for and what was found.
	s.cancels()
	s.want(`x = "日本語日本語日本語"`, "")
	s.types("\x12語\"")
	s.sees(20, "> x = \"日本語日本語\n日本|語\"\nbck-i-search: 語\"")
	s.cancels()
	// It may look like a piece of what takes a line away.
	s.want(`y = "`+strings.Repeat("-", 28)+`A2J"`, "")
	for typed, shown := range map[string]string{"A": "|A2J", "2": "A|2J", "J": "A2|J"} {
		s.types("\x12" + typed)
		s.expect("\x1b[4m" + typed + "\x1b[24m")
		s.sees(20, "> y = \"-------------\n---------------"+shown+"\"\nbck-i-search: "+typed)
		s.cancels()
	}
	s.types("\x04")
	s.leaves(0)
}

func TestCandidatesBelowWideCharacters(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"日本a", "日本b", "👍a", "👍b"} {
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := sitAt(t, newPerson(t, 30), func(c *Config, _ map[string]string) { c.Database, c.Where = "", func() string { return "" } })
	s.types("fs.size('日\t\t")
	s.sees(30, "> fs.size('日本|\na b")
	s.cancels()
	// Over two rows, and in the middle of the line.
	s.types(`fs.size(fs.read("日本語日本", "👍` + "')\x1b[D\x1b[D\x7f\t")
	s.cancels()
	s.types(`f("日本語日本語日本", fs.size("👍` + "\t\t")
	s.sees(30, "> f(\"日本語日本語日本\", fs.siz\ne(\"👍|\na b")
	s.cancels()
	s.types("\x04")
	s.leaves(0)
}

// The cursor and what is on the terminal are those of an editor that knows nothing of columns, whatever is
// typed, also where the terminal has an opinion of its own on an emoji, as long as the line is one row.
func TestCursorLikeAModel(t *testing.T) {
	pieces := []string{"a", "Z", "日", "ー", "。", "e\u0301", "👍", "👍🏽", "👨‍👩‍👧", "é", "ﾊ", "한"}
	keys := map[string]string{"left": "\x1b[D", "right": "\x1b[C", "home": "\x01", "end": "\x05", "backspace": "\x7f", "delete": "\x1b[3~"}
	names := []string{"left", "right", "home", "end", "backspace", "delete"}
	s := sitAt(t, newPerson(t, 200), func(c *Config, _ map[string]string) { c.Database, c.Where = "", func() string { return "" } })
	rapid.Check(t, func(r *rapid.T) {
		var line []string
		at := 0
		var typed strings.Builder
		for range rapid.IntRange(0, 25).Draw(r, "keys") {
			if rapid.Bool().Draw(r, "types") {
				piece := rapid.SampledFrom(pieces).Draw(r, "piece")
				line = slices.Insert(line, at, piece)
				at++
				typed.WriteString(piece)
				continue
			}
			name := rapid.SampledFrom(names).Draw(r, "key")
			typed.WriteString(keys[name])
			switch {
			case name == "left":
				at = max(0, at-1)
			case name == "right":
				at = min(len(line), at+1)
			case name == "home":
				at = 0
			case name == "end":
				at = len(line)
			case name == "backspace" && at > 0:
				at--
				line = slices.Delete(line, at, at+1)
			case name == "delete" && at < len(line):
				line = slices.Delete(line, at, at+1)
			}
		}
		s.types(typed.String())
		s.sees(200, fmt.Sprintf("> %s|%s", strings.Join(line[:at], ""), strings.Join(line[at:], "")))
		s.types("\x05\x15")
		s.sees(200, "> |")
		s.passBy()
	})
	s.types("\x04")
	s.leaves(0)
}
