package transfer

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPlan(t *testing.T) {
	const gibibyte = 1 << 30
	for _, c := range []struct {
		size, explicit int64
		want           Plan
	}{
		{0, 0, Plan{Size: 0}},
		{256 * mebibyte, 0, Plan{Size: 256 * mebibyte}},
		{256*mebibyte + 1, 0, Plan{256*mebibyte + 1, 64 * mebibyte, 5}},
		{5*gibibyte + 1, 0, Plan{5*gibibyte + 1, 64 * mebibyte, 81}},
		{10, 10, Plan{Size: 10}},
		{11, 10, Plan{11, 10, 2}},
		{200 * gibibyte, 0, Plan{200 * gibibyte, 228 * mebibyte, 899}},
		{math.MaxInt64, 0, Plan{math.MaxInt64, 10248191152750592, 900}},
	} {
		if got := NewPlan(c.size, c.explicit); got != c.want {
			t.Errorf("%d by %d: %+v, want %+v", c.size, c.explicit, got, c.want)
		}
	}
}

// Every plan covers the file without a gap, within what servers take; its names are read back.
func TestPlansFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.Int64Range(1, 4<<40), rapid.Int64Min(1)).Draw(t, "size")
		p := NewPlan(size, rapid.SampledFrom([]int64{0, 1, 1000, 64 * mebibyte}).Draw(t, "explicit"))
		if p.Count == 0 {
			return
		}
		var end int64
		for i := range p.Count {
			off, n := p.Span(i)
			if off != end || n < 1 || n > p.Segment {
				t.Fatalf("segment %d is %d from %d, behind %d", i, n, off, end)
			}
			end = off + n
		}
		if end != size || p.Count > 1000 || p.Segment > 5<<30 && size <= 4<<40 {
			t.Fatalf("%+v ends at %d", p, end)
		}
		object := strings.Repeat("o", rapid.IntRange(1, 1024).Draw(t, "length")) + ".sif"
		dir := p.UploadDir(object, time.Unix(1790000000, 999999999))
		name := SegmentName(dir, p.Count-1, strings.Repeat("0f", 16))
		if len(name) > 1024 {
			t.Fatalf("%d bytes: %s", len(name), name)
		}
		back, i, md5, ok := ParseSegment(name)
		if !ok || back != dir || i != p.Count-1 || md5 != strings.Repeat("0f", 16) {
			t.Fatalf("%s became %s, %d, %s", name, back, i, md5)
		}
		if whose, plan, ok := ParseUpload(dir); !ok || plan != p || whose != object && (whose != "" || len(object) <= 600) {
			t.Fatalf("%s became %s, %+v", dir, whose, plan)
		}
		if Home(dir) != ObjectDir(object) {
			t.Fatalf("%s is in %s", dir, Home(dir))
		}
		manifest := p.Count * (len(name) + len(`{"path":"/","etag":"","size_bytes":},`) + 32 + 20 + 255)
		if manifest > 1<<20 && len(object) < 1000 {
			t.Fatalf("the manifest has %d bytes", manifest)
		}
	})
}

// What only looks like the name that stands for one that is too long is a name like others.
func TestParseUploadOfAName(t *testing.T) {
	for object, want := range map[string]string{
		"sha256-" + strings.Repeat("x", 53) + "-latest.sif": "sha256-" + strings.Repeat("x", 53) + "-latest.sif",
		"sha256-" + strings.Repeat("0f", 32):                "",
		strings.Repeat("o", 601):                            "",
		"a/1/2/3":                                           "a/1/2/3",
	} {
		if got, _, ok := ParseUpload(NewPlan(11, 10).UploadDir(object, time.Unix(1, 0))); !ok || got != want {
			t.Errorf("%s became %q", object, got)
		}
	}
}

func FuzzParseSegment(f *testing.F) {
	f.Add(".segments/a/1/2/3/00000000-" + strings.Repeat("0", 32))
	f.Add(".segments/")
	f.Fuzz(func(t *testing.T, s string) {
		dir, i, md5, ok := ParseSegment(s)
		if ok && SegmentName(dir, i, md5) != s {
			t.Fatalf("%q became %q, %d, %q", s, dir, i, md5)
		}
		if _, _, ok := ParseUpload(dir); ok && !strings.HasPrefix(dir, Home(dir)) {
			t.Fatalf("%q is not in %q", dir, Home(dir))
		}
	})
}
