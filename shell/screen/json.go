package screen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// jsonLines is v as JSON: an element of a list a line, anything else one line.
func jsonLines(v any) []string {
	if v == nil {
		return nil
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice {
		return []string{string(encode(v))}
	}
	lines := make([]string, r.Len())
	for i := range lines {
		lines[i] = string(encode(r.Index(i).Interface()))
	}
	return lines
}

// indented is v as JSON in lines, as sregistry prints it.
func indented(v any) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, encode(v), "", "    "); err != nil {
		return encode(v)
	}
	return b.Bytes()
}

// encode is v as one line of JSON that a terminal can show: what Safe would escape is escaped as
// JSON does, which changes no value. (Such characters occur inside of strings only.) What JSON
// has no form for, such as NaN, becomes its Go text.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return encode(fmt.Sprint(v))
	}
	line := bytes.TrimRight(b.Bytes(), "\n")
	out := make([]byte, 0, len(line))
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		switch {
		case !dangerous(r):
			out = append(out, line[:size]...)
		case r >= 0x10000:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		line = line[size:]
	}
	return out
}

// failure is the JSON form of an error.
type failure struct {
	Code      client.Code `json:"code,omitempty"`
	Op        string      `json:"op,omitempty"`
	Image     string      `json:"image,omitempty"`
	Message   string      `json:"message"`
	Hint      string      `json:"hint,omitempty"`
	Traceback string      `json:"traceback,omitempty"`
	Done      []any       `json:"done,omitempty"`
	Failed    []failure   `json:"failed,omitempty"`
}

// named is the JSON form of an image of which no more than its name is known.
type named struct {
	URI        string `json:"uri"`
	Collection string `json:"collection,omitempty"`
	Name       string `json:"name,omitempty"`
	Tag        string `json:"tag,omitempty"`
	SHA256     string `json:"sha256,omitempty"`
}

func failureOf(e *client.Error) failure {
	f := failure{Code: e.Code, Op: e.Op, Image: e.Image, Hint: e.Hint}
	if e.Err != nil {
		f.Message = e.Err.Error()
	}
	for _, i := range e.Done {
		var done any = i
		if i.Object == "" {
			done = named{i.URI, i.Collection, i.Name, i.Tag, i.SHA256}
		}
		f.Done = append(f.Done, done)
	}
	for _, each := range e.Failed {
		f.Failed = append(f.Failed, failureOf(each))
	}
	return f
}
