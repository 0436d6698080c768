package shell

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// canvas draws the line that is edited, and what is shown below it, in place of the line editor, which
// takes emoji and much of East Asian writing for one column wide, goes back a column a character,
// and loses the column of a line that goes over several rows.
//
// It stands between the editor and the terminal. The editor asks its painter for the line just before
// it writes it, so what it writes then is left out and the line drawn here: first the whole of it, then
// its part before the cursor again. So it is the terminal that puts the cursor in its place, and only
// the rows that a line takes depend on how wide characters are believed to be. What the editor writes
// below the line, candidates or what is searched for, is passed on between the ways down and back up.
type canvas struct {
	out   io.Writer
	width func() int               // of the terminal
	paint func(line []rune) []rune // may only add colour; nil adds none

	mu      sync.Mutex
	prompt  string
	line    []rune // as it is on the terminal
	cursor  int    // in line
	painted bool   // what is written next is the line
	cleaned bool   // the line was taken away

	below   []byte // what is shown below the line, as far as it was written
	marking bool   // what is written next was found by a search
	before  bool   // what was found ends at the cursor
	found   int    // how many characters of it
}

// begin makes the canvas ready for a new line, behind a prompt without colours.
func (c *canvas) begin(prompt string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prompt, c.line, c.cursor = prompt, nil, 0
	c.painted, c.cleaned, c.below, c.marking = false, false, nil, false
}

// Paint is asked by the editor for the line with its colours.
func (c *canvas) Paint(line []rune, cursor int) []rune {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line, c.cursor, c.painted, c.below = append(c.line[:0], line...), min(cursor, len(line)), true, nil
	if at := slices.Index(c.line, pasteMark); at >= 0 { // the text is about to take its place
		c.line = slices.Delete(c.line, at, at+1)
		c.cursor = min(at, len(c.line))
	}
	return line
}

// The way down to what is shown below the line, and the way back from it.
var (
	wayDown = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\n*\x1b\[J`) })
	wayBack = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:\x1b\[-?\d+A\r|\r\x1b\[-?\d+A)(?:\x1b\[\d+C)?$`)
	})
)

// Write takes what the editor writes.
func (c *canvas) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var text string
	switch {
	case c.painted:
		c.painted, c.cleaned = false, false
		text = c.draw(nil)
	case c.marking: // what was found may look like anything below
		if c.marking = string(p) != "\x1b[0m"; c.marking {
			c.found = len([]rune(string(p)))
		}
		return len(p), nil
	case c.below == nil && len(p) > 0 && strings.Trim(string(p), "\x1b[J2K\rA") == "":
		// The way up, row by row, comes in several pieces when there are hundreds.
		if c.cleaned {
			return len(p), nil
		}
		c.cleaned = true
		text = c.clean()
	case c.below != nil || wayDown().Match(p):
		c.below = append(c.below, p...)
		if !wayBack().Match(c.below) {
			return len(p), nil
		}
		shown := wayBack().ReplaceAll(wayDown().ReplaceAll(c.below, nil), nil)
		text = c.under(string(shown))
		c.below, c.found = nil, 0
	case string(p) == "\x1b[4m":
		c.marking = true
		return len(p), nil
	case strings.Trim(string(p), "\b") == "": // the way to what was found
		c.before = len(p) > 0
		return len(p), nil
	default:
		text = string(p)
	}
	if _, err := io.WriteString(c.out, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ended tells whether the line on the terminal was entered, and the cursor is below it.
func (c *canvas) ended() bool { return len(c.line) > 0 && c.line[len(c.line)-1] == '\n' }

// clean is how the line is taken away, with all that is below it.
func (c *canvas) clean() string {
	row := 0
	if !c.ended() {
		row, _ = c.place(c.shown())
	}
	return "\x1b[J" + strings.Repeat("\x1b[2K\r\x1b[A", row) + "\x1b[2K\r"
}

// draw is how the line is drawn from the beginning of its first row on, with what was found of it
// underlined.
func (c *canvas) draw(found []bool) string {
	painted := c.line
	if c.paint != nil {
		painted = c.paint(c.line)
	}
	shown := c.shown()
	var whole strings.Builder
	whole.WriteString(c.prompt)
	head := -1 // bytes of whole before the cursor
	at, colored, under := 0, false, false
	for i := 0; i < len(painted); i++ {
		if at == shown && head < 0 {
			head = whole.Len()
		}
		if painted[i] == '\x1b' && (at == len(c.line) || c.line[at] != '\x1b') {
			end := i
			for painted[end] != 'm' {
				end++
			}
			if found == nil { // what is found shows better without
				whole.WriteString(string(painted[i : end+1]))
				colored = true
			}
			i = end
			continue
		}
		if now := found != nil && at < len(found) && found[at]; now != under {
			under = now
			whole.WriteString(map[bool]string{true: "\x1b[4m", false: "\x1b[24m"}[now])
		}
		whole.WriteRune(painted[i])
		at++
	}
	if under {
		whole.WriteString("\x1b[24m")
	}
	text := whole.String()
	if c.ended() {
		return text
	}
	row, edge := c.place(len(c.line))
	if edge {
		text += " \b" // the next row begins only with a character
	}
	if shown == len(c.line) {
		return text
	}
	text += up(row) + "\r" + whole.String()[:head]
	if found != nil {
		text += "\x1b[24m"
	}
	if colored {
		text += plainColor
	}
	if _, edge := c.place(shown); edge {
		text += "\r\n"
	}
	return text
}

// under is how a text is shown below the line, and the cursor goes back to where it is.
func (c *canvas) under(text string) string {
	var found []bool
	if c.found > 0 {
		found = make([]bool, len(c.line))
		first := c.cursor
		if c.before {
			first -= c.found
		}
		for i := max(0, first); i < min(first+c.found, len(found)); i++ {
			found[i] = true
		}
	}
	row, _ := c.place(c.shown())
	last, _ := c.place(len(c.line))
	rows, _ := layout(0, c.width(), text)
	return strings.Repeat("\n", last-row+1) + "\x1b[J" + text + up(rows+last+1) + "\r" + c.draw(found)
}

// shown is where the cursor is shown: never inside of what is one character to a reader.
func (c *canvas) shown() int {
	start, end := clusterAt(c.line, c.cursor)
	if start < c.cursor {
		return end
	}
	return c.cursor
}

// place is the row, counted from that of the prompt, on which the first n characters of the line end, and
// whether that is the beginning of a row.
func (c *canvas) place(n int) (row int, edge bool) {
	row, column := layout(cellsIn(c.prompt), c.width(), string(c.line[:n]))
	return row, column == 0 && n > 0 && c.line[n-1] != '\n'
}

func up(rows int) string {
	if rows == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA", rows)
}
