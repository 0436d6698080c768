package localswift

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
)

// xmlWriter writes a listing as XML. Only an account's has a line an entry.
type xmlWriter struct {
	b    *bytes.Buffer
	p    Personality
	kind string
}

// newline separates the entries of an account's listing.
func (w *xmlWriter) newline() {
	if w.kind == "account" {
		w.b.WriteByte('\n')
	}
}

func (w *xmlWriter) end() { w.b.WriteString("</" + w.kind + ">") }

func (w *xmlWriter) entry(e entry) error {
	field := func(name, text string) { w.b.WriteString("<" + name + ">" + xmlText(text) + "</" + name + ">") }
	switch {
	case e.subdir != "":
		w.b.WriteString(`<subdir name="` + xmlText(e.subdir) + `">`)
		field("name", e.subdir)
		w.b.WriteString("</subdir>")
	case e.object == nil:
		w.b.WriteString("<container>")
		field("name", e.name)
		field("count", strconv.FormatInt(e.count, 10))
		field("bytes", strconv.FormatInt(e.bytes, 10))
		if w.p != RGW {
			field("last_modified", w.p.listed(e.changed))
		}
		w.b.WriteString("</container>")
	default:
		hash, size := w.p.listedHash(e.object)
		w.b.WriteString("<object>")
		field("name", e.object.name)
		field("hash", hash)
		field("bytes", strconv.FormatInt(size, 10))
		field("content_type", w.p.listedType(e.object.kind))
		field("last_modified", w.p.listed(e.object.changed))
		w.b.WriteString("</object>")
	}
	w.newline()
	return nil
}

func xmlText(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
