package localswift

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf16"
)

type format int

const (
	formatText format = iota
	formatJSON
	formatXML
)

var formatTypes = map[format]string{formatText: "text/plain", formatJSON: "application/json", formatXML: "application/xml"}

// headListing answers a HEAD of an account or a container.
func (q *request) headListing() error {
	q.w.Header().Set("Content-Type", formatTypes[q.format()]+"; charset=utf-8")
	q.answer(http.StatusNoContent, "", "")
	return nil
}

// sendListing answers with what each gives. The page is built in memory, for
// its length goes first; it is at most 10,000 lines.
func (q *request) sendListing(l *listing, kind, name string, each func(func(entry) error) error) error {
	f, ok := q.acceptedFormat()
	if !ok && q.s.opt.Personality != RGW {
		return fail(http.StatusNotAcceptable, "")
	}
	var b bytes.Buffer
	w := writers[f](&b, q.s.opt.Personality, kind, name)
	if err := each(w.entry); err != nil {
		return err
	}
	w.end()
	h := q.w.Header()
	h.Set("Content-Type", formatTypes[f]+"; charset=utf-8")
	if !q.query.Has("format") && q.s.opt.Personality != RGW {
		h.Set("Vary", "Accept")
	}
	status := http.StatusOK
	if b.Len() == 0 && (kind != "account" || q.s.opt.Personality != RGW) {
		status = http.StatusNoContent
	}
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	q.w.WriteHeader(status)
	_, err := q.w.Write(b.Bytes())
	return err
}

// listingWriter writes a listing in one form.
type listingWriter interface {
	entry(entry) error
	end()
}

var writers = map[format]func(b *bytes.Buffer, p Personality, kind, name string) listingWriter{
	formatText: func(b *bytes.Buffer, p Personality, _, _ string) listingWriter { return &textWriter{b, p} },
	formatJSON: func(b *bytes.Buffer, p Personality, _, _ string) listingWriter {
		b.WriteByte('[')
		return &jsonWriter{b: b, p: p}
	},
	formatXML: func(b *bytes.Buffer, p Personality, kind, name string) listingWriter {
		b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + kind + ` name="` + xmlText(name) + `">`)
		w := &xmlWriter{b, p, kind}
		w.newline()
		return w
	},
}

// textWriter writes a name a line. RGW leaves the last line unended.
type textWriter struct {
	b *bytes.Buffer
	p Personality
}

func (w *textWriter) entry(e entry) error {
	if w.p == RGW && w.b.Len() > 0 {
		w.b.WriteByte('\n')
	}
	w.b.WriteString(e.name + e.subdir)
	if w.p != RGW {
		w.b.WriteByte('\n')
	}
	return nil
}

func (w *textWriter) end() {}

// jsonWriter writes a list of objects. OpenStack's has spaces and another
// order than RGW's.
type jsonWriter struct {
	b *bytes.Buffer
	p Personality
	n int
}

func (w *jsonWriter) end() { w.b.WriteByte(']') }

func (w *jsonWriter) entry(e entry) error {
	b := w.b.AvailableBuffer()
	if w.n++; w.n > 1 {
		b = append(b, w.p.comma()...)
	}
	b = append(b, '{')
	switch {
	case e.subdir != "":
		b = w.text(b, "subdir", e.subdir)
	case e.object == nil:
		b = w.text(b, "name", e.name)
		b = w.number(b, "count", e.count)
		b = w.number(b, "bytes", e.bytes)
		if w.p != RGW {
			b = w.text(b, "last_modified", w.p.listed(e.changed))
		}
	default:
		b = w.object(b, e.object)
	}
	w.b.Write(append(b, '}'))
	return nil
}

func (w *jsonWriter) object(b []byte, o *objectRow) []byte {
	hash, size := w.p.listedHash(o)
	kind := w.p.listedType(o.kind)
	if w.p == RGW {
		b = w.text(b, "name", o.name)
		b = w.text(b, "hash", hash)
		b = w.number(b, "bytes", size)
		if kind != "" {
			b = w.text(b, "content_type", kind)
		}
		return w.text(b, "last_modified", w.p.listed(o.changed))
	}
	b = w.number(b, "bytes", size)
	b = w.text(b, "hash", hash)
	b = w.text(b, "name", o.name)
	b = w.text(b, "content_type", kind)
	b = w.text(b, "last_modified", w.p.listed(o.changed))
	if o.slo {
		b = w.text(b, "slo_etag", `"`+o.whole+`"`)
	}
	return b
}

// name begins a member.
func (w *jsonWriter) name(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, w.p.comma()...)
	}
	b = append(append(append(b, '"'), name...), '"', ':')
	if w.p != RGW {
		b = append(b, ' ')
	}
	return b
}

func (w *jsonWriter) text(b []byte, name, value string) []byte {
	b = w.name(b, name)
	if w.p == RGW {
		text, _ := json.Marshal(value) // a string always encodes
		return append(b, text...)
	}
	return appendJSON(b, value)
}

func (w *jsonWriter) number(b []byte, name string, value int64) []byte {
	return strconv.AppendInt(w.name(b, name), value, 10)
}

func (p Personality) comma() string {
	if p == RGW {
		return ","
	}
	return ", "
}

// listedHash is the hash and the size a listing shows. Of a static large object
// OpenStack shows the manifest's MD5 and the object's size; RGW shows the MD5
// of nothing and the manifest's size.
func (p Personality) listedHash(o *objectRow) (string, int64) {
	switch {
	case o.slo && p == RGW:
		return emptyMD5, o.size
	case o.slo:
		return o.etag, o.total
	}
	return o.etag, o.size
}

// appendJSON appends s as a JSON string of ASCII characters, as Python does.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= 0x20 && r <= 0x7f:
			b = append(b, byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, hi, lo)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return append(b, '"')
}
