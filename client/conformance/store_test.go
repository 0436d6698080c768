package conformance

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// sumOf is the MD5 of a segment.
func sumOf(s string) string {
	h := md5.Sum([]byte(s))
	return hex.EncodeToString(h[:])
}

// span reads a part of an object.
func (x *target) span(key store.Key, want store.Object, off, n int64) (string, error) {
	var got string
	err := x.store.Get(x.Context(), key, want, store.Span{Off: off, N: n}, func(r io.Reader) error {
		b, err := io.ReadAll(r)
		got = string(b)
		return err
	})
	return got, err
}

func TestSpans(t *testing.T) {
	x := on(t)
	x.object("o", "0123456789", store.Header{})
	key := store.Key{Container: x.collection, Object: "o"}
	o, err := x.store.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		off, n int64
		want   string
	}{{0, -1, "0123456789"}, {0, 10, "0123456789"}, {3, 4, "3456"}, {9, 1, "9"}, {5, -1, "56789"}} {
		if got, err := x.span(key, o, c.off, c.n); err != nil || got != c.want {
			t.Errorf("%d from %d: %q, %v", c.n, c.off, got, err)
		}
	}
	for _, c := range [][2]int64{{5, 6}, {10, 1}, {11, -1}} {
		if _, err := x.span(key, o, c[0], c[1]); err != store.ErrChanged {
			t.Errorf("%d from %d, behind the end: %v", c[1], c[0], err)
		}
	}
	x.object("o", "abcdefghij", store.Header{})
	if _, err := x.span(key, o, 3, 4); err != store.ErrChanged {
		t.Errorf("of a replaced object: %v", err)
	}
}

func TestManifest(t *testing.T) {
	x := on(t)
	parts := []string{strings.Repeat("a", 700), strings.Repeat("b", 700), "c"}
	var segments []store.Segment
	var md5s []string
	for i, part := range parts {
		object := fmt.Sprintf(".segments/big-v1.sif/%08d-%s", i, sumOf(part))
		x.object(object, part, store.Header{MD5: sumOf(part)})
		md5s = append(md5s, sumOf(part))
		segments = append(segments, store.Segment{Key: store.Key{Container: x.collection, Object: object}, MD5: sumOf(part), Size: int64(len(part))})
	}
	key := store.Key{Container: x.collection, Object: "big-v1.sif"}
	whole := strings.Join(parts, "")
	record := name.Record{Image: "big", Tag: "v1", SHA256: strings.Repeat("ab", 32), Size: int64(len(whole))}
	put, err := x.store.PutManifest(t.Context(), key, segments, store.Header{ContentType: record.ContentType(), Meta: record.Meta()})
	if err != nil {
		t.Fatal(err)
	}
	o, err := x.store.Stat(t.Context(), key)
	if err != nil || !o.Large || o.Size != int64(len(whole)) || o.ETag != store.LargeETag(md5s) || put.ETag != o.ETag {
		t.Errorf("%+v, %v; put %+v", o, err, put)
	}
	if got, ok := name.ParseRecord(o.ContentType, key.Object); !ok || got != record {
		t.Errorf("HEAD tells %q", o.ContentType)
	}
	for listed, err := range x.store.List(t.Context(), x.collection, store.Listing{After: ".segments0"}) {
		if got, ok := name.ParseRecord(listed.ContentType, key.Object); err != nil || !ok || got != record {
			t.Errorf("the listing tells %q, %v", listed.ContentType, err)
		}
	}
	for _, c := range [][2]int64{{0, -1}, {0, 1401}, {690, 20}, {1399, 2}, {1400, 1}} {
		want := whole[c[0]:]
		if c[1] >= 0 {
			want = whole[c[0] : c[0]+c[1]]
		}
		if got, err := x.span(key, o, c[0], c[1]); err != nil || got != want {
			t.Errorf("%d from %d: %d bytes, %v", c[1], c[0], len(got), err)
		}
	}
	segments[2].Size = 99
	if _, err := x.store.PutManifest(t.Context(), key, segments, store.Header{ContentType: "x/y"}); err == nil {
		t.Error("a manifest with a wrong size was taken")
	}
	segments[2].Size, segments[1].Object = 1, "none"
	if _, err := x.store.PutManifest(t.Context(), key, segments, store.Header{ContentType: "x/y"}); err == nil {
		t.Error("a manifest with a missing segment was taken")
	}
	if again, err := x.store.Stat(t.Context(), key); err != nil || again.ETag != o.ETag {
		t.Errorf("after manifests that were refused: %+v, %v", again, err)
	}
}
