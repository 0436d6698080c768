package localswift

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// segmentSpec is a segment as a client's manifest names it.
type segmentSpec struct {
	path string
	etag string // "" when not given
	size int64  // -1 when not given
	rng  *rangeSpec
	data string // base64, alone
}

// parseManifest reads a client's manifest. What is wrong is told segment by
// segment (swift/common/middleware/slo.py, parse_and_validate_input).
func (q *request) parseManifest(body []byte) ([]segmentSpec, error) {
	p := q.s.opt.Personality
	var list []json.RawMessage
	var any any
	if err := json.Unmarshal(body, &any); err != nil {
		return nil, failText(http.StatusBadRequest, "InvalidArgument", "Manifest must be valid JSON.\n")
	}
	if _, ok := any.(object); ok && p == RGW {
		return nil, nil // seen: as an empty list
	}
	if err := json.Unmarshal(body, &list); err != nil || any == nil {
		return nil, failText(http.StatusBadRequest, "InvalidArgument", "Manifest must be a list.\n")
	}
	out := make([]segmentSpec, len(list))
	var wrong strings.Builder
	objects := 0
	for i, raw := range list {
		problem := ""
		if p == RGW {
			problem = out[i].parseRGW(raw)
		} else {
			problem = out[i].parse(raw, i == len(list)-1)
		}
		if problem == "" && out[i].data == "" {
			objects++
			if strings.TrimLeft(out[i].path, "/") == q.container+"/"+q.object {
				problem = "manifest must not include itself as a segment"
			}
		}
		if problem != "" {
			fmt.Fprintf(&wrong, "Index %d: %s\n", i, problem)
		}
	}
	if len(out) > 0 && objects == 0 && wrong.Len() == 0 {
		wrong.WriteString("Inline data segments require at least one object-backed segment.\n")
	}
	switch {
	case wrong.Len() > 0:
		return nil, failText(http.StatusBadRequest, "InvalidArgument", wrong.String())
	case objects > maxSegments && p == RGW:
		return nil, fail(http.StatusBadRequest, "InvalidArgument")
	case objects > maxSegments:
		return nil, failText(http.StatusRequestEntityTooLarge, "", fmt.Sprintf("Number of object-backed segments must be <= %d", maxSegments))
	}
	return out, nil
}

// parse reads one segment; the answer is what is wrong with it.
func (s *segmentSpec) parse(raw json.RawMessage, last bool) (problem string) {
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil || m == nil {
		return "not a JSON object"
	}
	_, inline := m["data"]
	allowed := []string{"path", "range", "etag", "size_bytes"}
	if inline {
		allowed = []string{"data"}
	} else if _, ok := m["path"]; !ok {
		return "expected keys to include one of 'path' or 'data'"
	}
	var extra []string
	for k := range m {
		if !slices.Contains(allowed, k) {
			extra = append(extra, strconv.Quote(k))
		}
	}
	if len(extra) > 0 {
		slices.Sort(extra)
		return "extraneous keys " + strings.Join(extra, ", ")
	}
	if inline {
		return s.parseData(m["data"])
	}
	return s.parsePath(m, last)
}

func (s *segmentSpec) parseData(v any) string {
	text, ok := v.(string)
	b, err := base64.StdEncoding.DecodeString(text)
	switch {
	case !ok || err != nil:
		return "data must be valid base64"
	case len(b) < 1:
		return "too small; each segment must be at least 1 byte."
	}
	s.data = text
	return ""
}

func (s *segmentSpec) parsePath(m map[string]any, last bool) string {
	var ok bool
	if s.path, ok = m["path"].(string); !ok {
		return `"path" must be a string`
	}
	if v := m["etag"]; v != nil {
		if s.etag, ok = v.(string); !ok {
			return `"etag" must be a string or null (if provided)`
		}
	}
	if !strings.Contains(strings.Trim(s.path, "/"), "/") {
		return "path does not refer to an object. Path must be of the form /container/object."
	}
	s.size = -1
	if v := m["size_bytes"]; v != nil {
		n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		if err != nil {
			return "invalid size_bytes"
		}
		if s.size = int64(n); s.size < 1 && !last {
			return "too small; each segment must be at least 1 byte."
		}
	}
	if v := m["range"]; v != nil && v != "" {
		specs := OpenStack.parseRange("bytes=" + fmt.Sprint(v))
		switch {
		case len(specs) == 0:
			return "invalid range"
		case len(specs) > 1:
			return "multiple ranges (only one allowed)"
		case s.size >= 0 && specs[0].within(s.size) == nil:
			return "unsatisfiable range"
		}
		s.rng = &specs[0]
	}
	return ""
}

// parseRGW reads one segment as RGW does: a range is ignored, null for an etag
// is the word, a null size is wrong, and there is no inline data.
func (s *segmentSpec) parseRGW(raw json.RawMessage) string {
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil || m == nil {
		return "not an object"
	}
	s.path, _ = m["path"].(string)
	if !strings.Contains(strings.Trim(s.path, "/"), "/") {
		return "bad path"
	}
	if v, ok := m["etag"]; ok {
		s.etag = "null"
		if v != nil {
			s.etag = fmt.Sprint(v)
		}
	}
	s.size = -1
	if v, ok := m["size_bytes"]; ok {
		n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		if err != nil {
			return "bad size_bytes"
		}
		s.size = int64(n)
	}
	return ""
}
