package name

import (
	"strings"
	"testing"
)

// FuzzRecord reads a record out of a Content-Type of anything. What is believed leads to the object
// it stands beside, and is written so that it is read back.
func FuzzRecord(f *testing.F) {
	sha := strings.Repeat("0a", 32)
	for _, seed := range [][2]string{
		{Record{Image: "a/b", Tag: "v1", SHA256: sha, Size: 7}.ContentType(), "a/b-v1.sif"},
		{"application/octet-stream; image=o; tag=; size=1; sha256=" + sha, "o"},
		{"application/octet-stream; image*=utf-8''%c3%bc; tag=v; size=-1; sha256=" + sha, "ü-v.sif"},
		{"a/b; size=99999999999999999999; image=\"\x1b\"", "x"}, {";;=", ""}, {"a/b; image=a; image=b", "a"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, contentType, object string) {
		r, ok := ParseRecord(contentType, object)
		if !ok {
			return
		}
		if r.Size < 0 || len(r.SHA256) != 64 || r.Tag == "" && r.Image != object {
			t.Fatalf("%q beside %q is believed: %+v", contentType, object, r)
		}
		if r.Tag != "" {
			if n, err := Parse("x/" + r.Image + ":" + r.Tag); err != nil || !n.Matches(object) {
				t.Fatalf("%q beside %q leads to %+v, %v", contentType, object, n, err)
			}
		}
		if back, ok := ParseRecord(r.ContentType(), object); r.ContentType() != "" && (!ok || back != r) {
			t.Fatalf("%+v came back as %+v, %v", r, back, ok)
		}
	})
}
