package transfer

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const mebibyte = 1 << 20

// Plan is how a file is cut into segments for an upload. Count is 0 for a file that goes as one
// object.
type Plan struct {
	Size    int64 // bytes of the file
	Segment int64 // bytes of each segment but the last
	Count   int
}

// The rule of the plan: up to wholeMax one object, above it segments of at least segmentMin, and
// never more than segmentsMax of them, which leaves room below the 1,000 that servers allow.
const (
	wholeMax    = 256 * mebibyte
	segmentMin  = 64 * mebibyte
	segmentsMax = 900
)

// NewPlan cuts a file of size bytes. An explicit segment size, above 0, is used for every file that
// is larger, unless it would make too many segments.
func NewPlan(size, explicit int64) Plan {
	segment, limit := int64(segmentMin), int64(wholeMax)
	if explicit > 0 {
		segment, limit = explicit, explicit
	}
	if size <= limit {
		return Plan{Size: size}
	}
	if least := (size-1)/segmentsMax + 1; segment < least {
		segment = (least + mebibyte - 1) / mebibyte * mebibyte
	}
	return Plan{Size: size, Segment: segment, Count: int((size-1)/segment + 1)}
}

// Span is where segment i lies in the file.
func (p Plan) Span(i int) (off, n int64) {
	off = int64(i) * p.Segment
	return off, min(p.Segment, p.Size-off)
}

// SegmentsDir is where a collection keeps the segments of its large images. It sorts as one range,
// which listings leave out.
const SegmentsDir = ".segments/"

// maxInName is how long an object's name may be to stand in the names of its segments, which Swift
// limits to 1,024 bytes, and in a manifest of 900 of them, of which RGW takes a mebibyte.
const maxInName = 600

// ObjectDir is the folder of the segments of all uploads of an object.
func ObjectDir(object string) string {
	if len(object) > maxInName {
		sum := NewDigests()
		sum.Write([]byte(object))
		object = "sha256-" + sum.Sum().SHA256
	}
	return SegmentsDir + object + "/"
}

// UploadDir is the folder of the segments of one upload. It is the same when the same file is
// pushed again, which is what makes an interrupted push go on. Date and size are no identity, so
// the names in it carry hashes.
func (p Plan) UploadDir(object string, modified time.Time) string {
	return fmt.Sprintf("%s%d/%d/%d/", ObjectDir(object), modified.UnixNano(), p.Size, p.Segment)
}

// SegmentName is the object name of segment i, whose bytes have the MD5.
func SegmentName(dir string, i int, md5 string) string { return fmt.Sprintf("%s%08d-%s", dir, i, md5) }

// ParseSegment reads a name that SegmentName made: the upload's folder, the place of the segment in
// it, and its MD5.
func ParseSegment(object string) (dir string, i int, md5 string, ok bool) {
	slash := strings.LastIndexByte(object, '/') + 1
	place, md5, found := strings.Cut(object[slash:], "-")
	i, err := strconv.Atoi(place)
	if !strings.HasPrefix(object, SegmentsDir) || !found || err != nil || i < 0 || len(place) != 8 || place[0] == '+' || !isMD5(md5) {
		return "", 0, "", false
	}
	return object[:slash], i, md5, true
}

// ParseUpload reads a folder that UploadDir made. The object is empty when its name was too long to
// stand in it.
func ParseUpload(dir string) (object string, p Plan, ok bool) {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(dir, SegmentsDir), "/"), "/")
	n := len(parts)
	if n < 4 || !strings.HasPrefix(dir, SegmentsDir) {
		return "", Plan{}, false
	}
	var numbers [3]int64
	for i, part := range parts[n-3:] {
		number, err := strconv.ParseInt(part, 10, 64)
		if err != nil || strconv.FormatInt(number, 10) != part {
			return "", Plan{}, false
		}
		numbers[i] = number
	}
	p = Plan{Size: numbers[1], Segment: numbers[2]}
	if p.Size <= 0 || p.Segment <= 0 {
		return "", Plan{}, false
	}
	p.Count = int((p.Size-1)/p.Segment + 1)
	object = strings.Join(parts[:n-3], "/")
	if sum, hashed := strings.CutPrefix(object, "sha256-"); hashed && len(sum) == 64 && strings.Trim(sum, "0123456789abcdef") == "" {
		object = ""
	}
	return object, p, true
}

// Home is the folder of all uploads of the object whose upload lies in dir, which ParseUpload reads:
// ObjectDir made it.
func Home(dir string) string {
	home := strings.TrimSuffix(dir, "/")
	for range 3 {
		home = home[:strings.LastIndexByte(home, '/')]
	}
	return home + "/"
}

func isMD5(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}
