package localswift

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// metaPrefix is "X-Object-Meta-" and so on.
func metaPrefix(kind string) string { return "X-" + kind + "-Meta-" }

// checkMetadata applies the limits of swift/common/constraints.py to the
// metadata a request brings. RGW was seen to take far more.
func checkMetadata(p Personality, h http.Header, kind string) error {
	prefix := metaPrefix(kind)
	count, total := 0, 0
	bad := func(format string, a ...any) error {
		return failPlain(http.StatusBadRequest, "InvalidArgument", fmt.Sprintf(format, a...))
	}
	for name, values := range h {
		value := values[0]
		if len(value) > maxHeaderValue {
			return bad("Header value too long: %s", name[:min(len(name), maxMetaName)])
		}
		key, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		if p == RGW {
			if len(key) > maxMetaNameRGW {
				return bad("Metadata name too long")
			}
			continue
		}
		count++
		total += len(key) + len(value)
		switch {
		case key == "":
			return bad("Metadata name cannot be empty")
		case kind != "Object" && !utf8.ValidString(value):
			return bad("Metadata must be valid UTF-8")
		case len(key) > maxMetaName:
			return bad("Metadata name too long: %s%s", strings.ToLower(prefix), key)
		case len(value) > maxMetaValue:
			return bad("Metadata value longer than %d: %s%s", maxMetaValue, strings.ToLower(prefix), key)
		case count > maxMetaCount:
			return bad("Too many metadata items; max %d", maxMetaCount)
		case total > maxMetaTotal:
			return bad("Total metadata too large; max %d", maxMetaTotal)
		}
	}
	return nil
}

// ownersOnly are the headers only owners get to see and to set.
var ownersOnly = map[string]bool{
	readACL: true, writeACL: true, accountACL: true,
	"X-Container-Sync-Key": true, "X-Container-Sync-To": true,
	"X-Account-Meta-Temp-Url-Key": true, "X-Account-Meta-Temp-Url-Key-2": true,
	"X-Container-Meta-Temp-Url-Key": true, "X-Container-Meta-Temp-Url-Key-2": true,
}

// mergeMetadata applies a request's metadata to that of an account or a
// container: what is named changes, an empty value or X-Remove- removes.
func mergeMetadata(p Personality, have fields, h http.Header, kind string, more ...string) fields {
	out := fields{}
	for k, v := range have {
		out[k] = v
	}
	prefix, remove := metaPrefix(kind), "X-Remove-"+kind+"-Meta-"
	set := func(name, value string) {
		if value == "" {
			delete(out, name)
		} else {
			out[name] = value
		}
	}
	for name, values := range h {
		if key, ok := strings.CutPrefix(name, remove); ok {
			delete(out, p.metaName(prefix+key))
		}
		_ = values
	}
	for name, values := range h {
		if strings.HasPrefix(name, prefix) {
			set(p.metaName(name), values[0])
		}
	}
	for _, name := range more {
		if _, ok := h["X-Remove"+strings.TrimPrefix(name, "X")]; ok && p != RGW {
			delete(out, name)
		}
		if v, ok := h[name]; ok {
			set(name, v[0])
		}
	}
	return out
}

// showMetadata writes stored headers into a reply.
func (q *request) showMetadata(f fields) {
	h := q.w.Header()
	for k, v := range f {
		if q.owner || !ownersOnly[k] || q.s.opt.Personality.shows(k) {
			h.Set(k, v)
		}
	}
}

// wantsJSON tells whether a reply in JSON was asked for.
func wantsJSON(q *request) bool { return q.format() == formatJSON }
