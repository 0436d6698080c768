package conformance

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// flipping flips the lowest bit of the byte behind a text, in the manifests that pass it.
type flipping struct {
	base   http.RoundTripper
	behind atomic.Pointer[string]
	left   atomic.Int64 // manifests to damage
	struck atomic.Int64
}

func (f *flipping) RoundTrip(req *http.Request) (*http.Response, error) {
	behind := f.behind.Load()
	if behind == nil || req.Method != http.MethodPut || !strings.Contains(req.URL.RawQuery, "multipart-manifest=put") || f.left.Add(-1) < 0 {
		return f.base.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if i := bytes.Index(body, []byte(*behind)); i >= 0 {
		body[i+len(*behind)] ^= 1
		f.struck.Add(1)
	}
	damaged := req.Clone(req.Context())
	damaged.Body = io.NopCloser(bytes.NewReader(body))
	return f.base.RoundTrip(damaged)
}

// A manifest of which a bit is flipped on its way is sent once more, whatever the server makes of it:
// RGW stores one with a wrong hash as it is, and misses the segment of a wrong path.
func TestManifestDamagedOnItsWay(t *testing.T) {
	x := on(t)
	f := &flipping{}
	s := store.Retry{Store: storeThrough(t, x.settings, func(base http.RoundTripper) http.RoundTripper {
		f.base = base
		return f
	}), First: time.Millisecond}
	parts := []string{strings.Repeat("a", 70), strings.Repeat("b", 70)}
	var segments []store.Segment
	var md5s []string
	for i, part := range parts {
		key := store.Key{Container: x.collection, Object: ".segments/big-v1.sif/" + string(rune('0'+i)) + "-" + sumOf(part)}
		x.object(key.Object, part, store.Header{MD5: sumOf(part)})
		segments = append(segments, store.Segment{Key: key, MD5: sumOf(part), Size: int64(len(part))})
		md5s = append(md5s, sumOf(part))
	}
	key := store.Key{Container: x.collection, Object: "big-v1.sif"}
	for what, behind := range map[string]string{
		"no JSON": "", "a path": x.collection + "/.segments/", "a hash": `"etag":"`, "a bracket": `"size_bytes":70`,
	} {
		for _, times := range []int64{1, 1 << 40} {
			f.struck.Store(0)
			f.left.Store(times)
			f.behind.Store(&behind)
			_, err := s.PutManifest(t.Context(), key, segments, store.Header{ContentType: "x/y"})
			f.behind.Store(nil)
			if times > 1 {
				if !errors.Is(err, store.ErrDamaged) || f.struck.Load() != 2 {
					t.Errorf("%s, for good: %d were damaged, %v", what, f.struck.Load(), err)
				}
				continue
			}
			if err != nil || f.struck.Load() != 1 {
				t.Errorf("%s: %d were damaged, %v", what, f.struck.Load(), err)
			}
			if o, err := s.Stat(t.Context(), key); err != nil || o.ETag != store.LargeETag(md5s) || o.Size != 140 {
				t.Errorf("%s: %+v, %v", what, o, err)
			}
		}
	}
}
