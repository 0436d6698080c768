package vm

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// results writes what verbs return when it stands alone: a numbered list, or one image with all
// that is known of it; false for any other table.
func (p *printer) results(t *lua.LTable) (string, bool) {
	if record, ok := value.Record(t); ok {
		if image, ok := record.(client.Image); ok {
			return imageText(image), true
		}
		return "", false
	}
	if !value.IsList(p.m.L, t) || t.Len() == 0 {
		return "", false
	}
	shown := t.Len()
	if p.limited {
		shown = min(shown, maxItems)
	}
	var rows [][]string
	now := time.Now()
	for i := 1; i <= shown; i++ {
		rows = append(rows, p.row(t.RawGetInt(i), now))
	}
	text := value.Numbered(columns(rows))
	if left := t.Len() - shown; left > 0 {
		text += fmt.Sprintf("\n... and %d more; print(_) shows them all", left)
	}
	return text, true
}

// row is one line of a numbered list.
func (p *printer) row(v lua.LValue, now time.Time) []string {
	if t, ok := v.(*lua.LTable); ok {
		switch x, _ := value.Record(t); x := x.(type) {
		case client.Image:
			row := []string{plain(x.Path()), "", ""}
			if x.Size >= 0 {
				row[1] = modules.Bytes(x.Size)
			}
			if !x.Modified.IsZero() {
				row[2] = modules.Age(now.Sub(x.Modified))
			}
			return row
		case client.Collection:
			return []string{plain(x.Name), strconv.FormatInt(x.Images, 10) + plural(x.Images, " image"), modules.Bytes(x.Bytes)}
		}
	}
	if s, ok := v.(lua.LString); ok {
		return []string{plain(string(s))}
	}
	return []string{strings.ReplaceAll(p.value(v, maxLevel-1, 0), "\n", " ")}
}

func plural(n int64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// columns pads all but the first column from the left and the first from the right, so that
// names line up at their beginning and sizes at their end.
func columns(rows [][]string) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	out := make([]string, len(rows))
	for r, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString(cell + pad)
			} else {
				b.WriteString("  " + pad + cell)
			}
		}
		out[r] = strings.TrimRight(b.String(), " ")
	}
	return out
}

func imageText(i client.Image) string {
	var b strings.Builder
	b.WriteString(plain(i.URI))
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n  %-8s  %s", name, plain(text))
		}
	}
	line("object", i.Path())
	if i.Size >= 0 {
		line("size", fmt.Sprintf("%s (%d bytes)", modules.Bytes(i.Size), i.Size))
	}
	line("sha256", i.SHA256)
	line("etag", i.ETag)
	if !i.Modified.IsZero() {
		line("modified", i.Modified.UTC().Format(value.TimeFormat))
	}
	return b.String()
}
