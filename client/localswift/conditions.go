package localswift

import (
	"net/http"
	"strings"
	"time"
)

// errCondition is 412 to a conditional GET, which OpenStack answers without a
// body.
var errCondition error = &failure{status: http.StatusPreconditionFailed, word: "PreconditionFailed", ofObject: true, bare: true}

// errNotModified is 304.
var errNotModified error = &failure{status: http.StatusNotModified, ofObject: true}

// checkConditions decides what the conditional headers of a GET or HEAD say
// about an object with this ETag, last changed then: nil, 304 or 412. The order
// and the reading are swob's (_get_conditional_response_status).
func (q *request) checkConditions(etag string, changed stamp) error {
	h, p := q.r.Header, q.s.opt.Personality
	modified := roundUp(changed)
	if v := h.Get("If-None-Match"); v != "" && p.matches(v, etag) {
		return errNotModified
	}
	if v := h.Get("If-Match"); v != "" && !p.matches(v, etag) {
		return errCondition
	}
	if t, ok := httpTime(h.Get("If-Modified-Since")); ok && !modified.After(t) {
		return errNotModified
	}
	if t, ok := httpTime(h.Get("If-Unmodified-Since")); ok && modified.After(t) {
		return errCondition
	}
	return nil
}

// matches tells whether an If-Match or If-None-Match names the ETag. RGW knows
// neither lists nor "*".
func (p Personality) matches(header, etag string) bool {
	if p == RGW {
		return strings.Trim(header, `"`) == etag
	}
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.Trim(strings.TrimSpace(tag), `"`)
		if tag == "*" || tag == etag {
			return true
		}
	}
	return false
}

func httpTime(v string) (time.Time, bool) {
	if v == "" {
		return time.Time{}, false
	}
	t, err := http.ParseTime(v)
	return t, err == nil
}
