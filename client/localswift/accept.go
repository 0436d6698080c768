package localswift

import (
	"strconv"
	"strings"
)

// format is the form a listing is wanted in: by format=, else by Accept, text
// where that says nothing or nothing there is.
func (q *request) format() format {
	f, _ := q.acceptedFormat()
	return f
}

// acceptedFormat is format, and whether Accept allows any.
func (q *request) acceptedFormat() (format, bool) {
	if v := q.query.Get("format"); v != "" {
		switch strings.ToLower(v) {
		case "json":
			return formatJSON, true
		case "xml":
			return formatXML, true
		}
		return formatText, true
	}
	accept := q.r.Header.Get("Accept")
	best, weight := formatText, 0.0
	for item := range strings.SplitSeq(accept, ",") {
		kind, params, _ := strings.Cut(item, ";")
		w := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				w = n
			}
		}
		f, known := acceptable[strings.TrimSpace(kind)]
		if known && (w > weight || (w == weight && f < best)) {
			best, weight = f, w
		}
	}
	return best, accept == "" || weight > 0
}

var acceptable = map[string]format{
	"text/plain": formatText, "text/*": formatText, "*/*": formatText,
	"application/json": formatJSON, "application/*": formatJSON,
	"application/xml": formatXML, "text/xml": formatXML,
}
