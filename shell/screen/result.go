package screen

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// Result writes what a verb returned to standard output:
//
//   - nothing for nil and for an empty list;
//   - a string, number or bool as a line;
//   - a list of strings as the header, then a numbered line each, as sregistry prints them:
//     "1  yippy/yuppy-latest.simg", "10 lab/x-latest.sif";
//   - images as a numbered table of path, size and date, collections as one of name, number of
//     images and size, other lists of structs as a table of their fields;
//   - images of the local library, and one of them with all its details, as sregistry prints them;
//   - one struct as "key: value" lines, with the keys of its json tags; maps, lists of structs and
//     texts of several lines below their key, indented.
//
// With JSON the header is left out, and a list is one value a line. An error is an *OutputError.
func (s *Screen) Result(header string, v any) error {
	var lines []string
	if s.JSON() {
		lines = jsonLines(v)
	} else {
		lines = s.resultLines(v)
		if header != "" && len(lines) > 0 && reflect.ValueOf(v).Kind() == reflect.Slice {
			lines = append([]string{header}, lines...)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.print([]byte(strings.Join(lines, "\n") + "\n"))
	return err
}

// Empty tells whether v is a result of which Result prints nothing: nil or an empty list.
func Empty(v any) bool {
	r := reflect.ValueOf(v)
	return v == nil || r.Kind() == reflect.Slice && r.Len() == 0
}

func (s *Screen) resultLines(v any) []string {
	switch x := v.(type) {
	case nil:
		return nil
	case string:
		return []string{Safe(x)}
	case []string:
		rows := make([][]string, len(x))
		for i, each := range x {
			rows[i] = []string{Safe(each)}
		}
		return numbered(rows, "")
	case []client.Image:
		rows := make([][]string, len(x))
		for i, each := range x {
			rows[i] = []string{Safe(each.Path()), Size(each.Size), s.date(each.Modified)}
		}
		return numbered(rows, "<><")
	case []client.LocalImage:
		lines := make([]string, len(x))
		for i, each := range x { // the form of sregistry-cli, tabs and all
			lines[i] = fmt.Sprintf("%-2d %s\t   [%s]\t%s", i+1, each.Created.Format("January 02, 2006"), Safe(each.Client), Safe(each.URI))
			if each.Mended != "" {
				lines[i] += "\t" + Safe(each.Mended)
			}
		}
		return lines
	case client.LocalDetails:
		return strings.Split(string(indented(x)), "\n")
	case []client.Collection:
		rows := make([][]string, len(x))
		for i, each := range x {
			rows[i] = []string{Safe(each.Name), plural(each.Images, "object"), Size(each.Bytes)}
		}
		return numbered(rows, "<>>")
	case []client.Usage:
		rows := make([][]string, len(x))
		for i, each := range x {
			rows[i] = []string{Safe(each.String()), plural(each.Objects, "object"), Size(each.Bytes), Quota(each)}
		}
		return numbered(rows, "<>><")
	}
	r := reflect.Indirect(reflect.ValueOf(v))
	switch r.Kind() {
	case reflect.Struct:
		return s.structLines(r)
	case reflect.Slice:
		return s.listLines(r)
	}
	return []string{s.cell("", r)}
}

// structLines are the fields of one struct, a line each; empty ones are left out.
func (s *Screen) structLines(r reflect.Value) []string {
	var keys, values []string
	var below [][]string
	widest := 0
	for _, f := range fieldsOf(r) {
		if lines := Block(f.value.Interface()); lines != nil {
			keys, values, below = append(keys, f.key+":"), append(values, ""), append(below, lines)
			continue
		}
		value := s.cell(f.key, f.value)
		if value == "" {
			continue
		}
		if f.key == "size" || f.key == "bytes" {
			if n := f.value.Int(); n >= 1000 {
				value += fmt.Sprintf(" (%d bytes)", n)
			}
		}
		keys, values, below = append(keys, f.key+":"), append(values, value), append(below, nil)
		widest = max(widest, len(f.key)+1)
	}
	var lines []string
	for i := range keys {
		lines = append(lines, strings.TrimRight(pad(keys[i], widest)+" "+values[i], " "))
		for _, line := range below[i] {
			lines = append(lines, strings.TrimRight("  "+line, " "))
		}
	}
	return lines
}

// Block is a field of a result that stands in lines of its own, below its key: a map of strings, a
// list of structs, a text of several lines; nil for what fits behind its key.
func Block(v any) []string {
	var lines []string
	switch x := v.(type) {
	case map[string]string:
		for _, key := range slices.Sorted(maps.Keys(x)) {
			lines = append(lines, Safe(key)+": "+Safe(strings.TrimRight(x[key], "\n")))
		}
		return lines
	case string:
		if strings.Contains(x, "\n") {
			for line := range strings.SplitSeq(strings.TrimRight(x, "\n"), "\n") {
				lines = append(lines, Safe(line))
			}
		}
		return lines
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice && r.Type().Elem().Implements(reflect.TypeFor[fmt.Stringer]()) {
		for i := range r.Len() {
			lines = append(lines, Safe(r.Index(i).Interface().(fmt.Stringer).String()))
		}
	}
	return lines
}

// listLines are the elements of a list of anything, numbered; structs as a table.
func (s *Screen) listLines(r reflect.Value) []string {
	rows := make([][]string, r.Len())
	align := ""
	for i := range rows {
		element := reflect.Indirect(r.Index(i))
		if element.Kind() != reflect.Struct {
			rows[i] = []string{s.cell("", element)}
			continue
		}
		align = ""
		for _, f := range fieldsOf(element) {
			rows[i] = append(rows[i], s.cell(f.key, f.value))
			if f.value.CanInt() || f.value.CanFloat() {
				align += ">"
			} else {
				align += "<"
			}
		}
	}
	return numbered(rows, align)
}

type field struct {
	key   string
	value reflect.Value
}

func fieldsOf(r reflect.Value) []field {
	var out []field
	for i := range r.NumField() {
		f := r.Type().Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || key == "-" || key == "" {
			continue
		}
		out = append(out, field{key, r.Field(i)})
	}
	return out
}

// cell is one value as a person reads it.
func (s *Screen) cell(key string, r reflect.Value) string {
	switch x := r.Interface().(type) {
	case time.Time:
		return s.date(x)
	case fmt.Stringer:
		return Safe(x.String())
	case []string:
		return Safe(strings.Join(x, ", "))
	}
	if (key == "size" || key == "bytes") && r.CanInt() {
		return Size(r.Int())
	}
	switch r.Kind() {
	case reflect.Slice, reflect.Map, reflect.Struct, reflect.Pointer:
		if r.IsZero() || (r.Kind() == reflect.Slice || r.Kind() == reflect.Map) && r.Len() == 0 {
			return ""
		}
		return string(encode(r.Interface()))
	}
	return Safe(fmt.Sprint(r.Interface()))
}

// numbered lines columns up and puts sregistry's label before each row: the number, filled up to
// two columns (to more when the last has more), and a blank. align has a < or > a column; the
// last column that is aligned to the left is not filled up.
func numbered(rows [][]string, align string) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], textCells(cell))
		}
	}
	label := max(2, len(fmt.Sprint(len(rows))))
	lines := make([]string, len(rows))
	for n, row := range rows {
		var b strings.Builder
		fmt.Fprintf(&b, "%-*d ", label, n+1)
		for i, cell := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			if i < len(align) && align[i] == '>' {
				b.WriteString(strings.Repeat(" ", widths[i]-textCells(cell)) + cell)
			} else {
				b.WriteString(pad(cell, widths[i]))
			}
		}
		lines[n] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// Quota is what of a usage may be, in words.
func Quota(u client.Usage) string {
	var parts []string
	if u.Quota >= 0 {
		parts = append(parts, Size(u.Quota))
	}
	if u.MaxObjects >= 0 {
		parts = append(parts, plural(u.MaxObjects, "object"))
	}
	switch {
	case len(parts) > 0:
	case u.Untold:
		return "no quota told"
	default:
		return "no quota"
	}
	return "of " + strings.Join(parts, " and ")
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
