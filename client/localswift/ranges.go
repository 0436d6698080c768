package localswift

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// byteRange is length bytes from off.
type byteRange struct{ off, length int64 }

// header is the Content-Range of r within size bytes.
func (r byteRange) header(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", r.off, r.off+r.length-1, size)
}

// The bounds on several ranges at once (swob, ranges_for_length).
const (
	maxRanges         = 50
	maxRangeOverlaps  = 2
	maxUnsortedRanges = 7
)

// rangeSpec is one range as written: -1 for what is left out.
type rangeSpec struct{ first, last int64 }

// parseRange reads a Range header. A header that is wrong in any part counts as
// none: nil.
func (p Personality) parseRange(header string) []rangeSpec {
	header = strings.ReplaceAll(header, " ", "")
	if len(header) < 6 || !strings.EqualFold(header[:6], "bytes=") {
		return nil
	}
	var out []rangeSpec
	for item := range strings.SplitSeq(header[6:], ",") {
		a, b, ok := strings.Cut(item, "-")
		if !ok || a+b == "" {
			return nil
		}
		s := rangeSpec{-1, -1}
		var err1, err2 error
		if a != "" {
			s.first, err1 = strconv.ParseInt(a, 10, 64)
		}
		if b != "" {
			s.last, err2 = strconv.ParseInt(b, 10, 64)
		}
		if err1 != nil || err2 != nil || (s.first >= 0 && s.last >= 0 && s.last < s.first && p != RGW) {
			return nil
		}
		out = append(out, s)
	}
	if p == RGW {
		out = out[:1] // seen: it serves the first of several
	}
	return out
}

// within is what the range means for size bytes, nil when it is beyond them.
func (s rangeSpec) within(size int64) *byteRange {
	switch {
	case s.first < 0 && s.last == 0:
		return nil
	case s.first < 0:
		n := min(s.last, size)
		return &byteRange{size - n, n}
	case s.first >= size || (s.last >= 0 && s.last < s.first):
		return nil
	case s.last < 0:
		return &byteRange{s.first, size - s.first}
	}
	return &byteRange{s.first, min(s.last+1, size) - s.first}
}

// ranges finds the parts of size bytes a request asks for: nil for the whole.
func (q *request) ranges(size int64) ([]byteRange, error) {
	p := q.s.opt.Personality
	header := q.r.Header.Get("Range")
	specs := p.parseRange(header)
	unread := p == RGW && specs == nil && strings.HasPrefix(header, "bytes=") // seen: 416
	if (specs == nil && !unread) || (q.r.Method == http.MethodHead && p != RGW) {
		return nil, nil
	}
	var out []byteRange
	for _, s := range specs {
		if s.first < 0 && s.last == 0 && p == RGW {
			s.last = size // seen: the last 0 bytes are all
		}
		if r := s.within(size); r != nil {
			out = append(out, *r)
		}
	}
	if p == RGW && size == 0 {
		out = nil
	}
	if len(out) == 0 || egregious(out) {
		q.w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		return nil, &failure{status: http.StatusRequestedRangeNotSatisfiable, word: "InvalidRange", ofObject: true}
	}
	if size == 0 {
		return nil, nil // "the last N bytes" of nothing are nothing
	}
	return out, nil
}

// egregious tells whether the ranges are more, more overlapping or less sorted
// than anybody needs.
func egregious(r []byteRange) bool {
	if len(r) > maxRanges {
		return true
	}
	overlaps, sorted := 0, true
	for i, a := range r {
		for _, b := range r[i+1:] {
			if a.splits(b) || b.splits(a) {
				overlaps++
			}
		}
		if i > 0 && (a.off < r[i-1].off || (a.off == r[i-1].off && a.length < r[i-1].length)) {
			sorted = false
		}
	}
	return overlaps > maxRangeOverlaps || (!sorted && len(r) > maxUnsortedRanges)
}

// splits tells whether an end of b lies within r. Equal ranges do not count.
func (r byteRange) splits(b byteRange) bool {
	within := func(x int64) bool { return r.off < x && x < r.off+r.length }
	return within(b.off) || within(b.off+b.length)
}
