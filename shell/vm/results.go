package vm

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/rivo/uniseg"
	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// results writes what verbs return when it stands alone: a numbered list, or one image with all
// that is known of it; false for any other table.
func (p *printer) results(t *lua.LTable) (string, bool) {
	if record, ok := value.Record(t); ok {
		return recordText(record, time.Now()), true
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
				row[1] = screen.Size(x.Size)
			}
			if !x.Modified.IsZero() {
				row[2] = ago(now.Sub(x.Modified))
			}
			return row
		case client.Usage:
			return []string{plain(x.String()), strconv.FormatInt(x.Objects, 10) + plural(x.Objects, " object"), screen.Size(x.Bytes), screen.Quota(x)}
		case client.LocalImage:
			row := []string{plain(x.URI), ago(now.Sub(x.Created))}
			if x.Mended != "" {
				row = append(row, plain(x.Mended))
			}
			return row
		case client.Leftover:
			row := []string{plain(x.Collection + "/" + cmp.Or(x.Object, x.Folder)), screen.Size(x.Size), ago(now.Sub(x.Modified))}
			switch {
			case x.Kept != "":
				row = append(row, "kept: "+plain(x.Kept))
			case x.Removed:
				row = append(row, "removed")
			}
			return row
		case client.Collection:
			return []string{plain(x.Name), strconv.FormatInt(x.Images, 10) + plural(x.Images, " image"), screen.Size(x.Bytes)}
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
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	out := make([]string, len(rows))
	for r, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			pad := strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell))
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

// recordText is one struct with all its fields, a line each, or a block below the key; empty ones
// are left out.
func recordText(record any, now time.Time) string {
	v := reflect.ValueOf(record)
	var keys, texts []string
	width := 0
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if key == "" || key == "-" {
			continue
		}
		field := v.Field(i).Interface()
		if lines := screen.Block(field); lines != nil {
			keys, texts = append(keys, key+":"), append(texts, "\n  "+strings.Join(lines, "\n  "))
			continue
		}
		text := fieldText(key, field, now)
		if text == "" {
			continue
		}
		keys, texts = append(keys, key+":"), append(texts, text)
		width = max(width, len(key)+1)
	}
	for i, key := range keys {
		if block, ok := strings.CutPrefix(texts[i], "\n"); ok {
			texts[i] = key + "\n" + block
		} else {
			texts[i] = fmt.Sprintf("%-*s %s", width, key, texts[i])
		}
	}
	return strings.Join(texts, "\n")
}

func fieldText(key string, field any, now time.Time) string {
	switch x := field.(type) {
	case time.Time:
		if x.IsZero() {
			return ""
		}
		return x.UTC().Format(value.TimeFormat) + " (" + ago(now.Sub(x)) + ")"
	case int64:
		if key != "size" && key != "bytes" {
			return strconv.FormatInt(x, 10)
		}
		if x < 0 {
			return ""
		}
		if x < 1000 {
			return screen.Size(x)
		}
		return fmt.Sprintf("%s (%d bytes)", screen.Size(x), x)
	case []string:
		return plain(strings.Join(x, ", "))
	}
	if v := reflect.ValueOf(field); (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0 {
		return ""
	}
	return plain(fmt.Sprint(field))
}

// ago is how long ago something was, or how long it is until it will be: a token expires later.
func ago(d time.Duration) string {
	switch text := modules.Age(max(d, -d)); {
	case text == "now":
		return text
	case d < 0:
		return "in " + text
	default:
		return text + " ago"
	}
}
