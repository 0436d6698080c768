package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// bigSize is more than one request is for; its last range and segment are short.
const bigSize = 36<<20 + 1

// manifest stores big-v1.sif as a large object whose segments, of 10 MiB, lie at some place.
func (x *target) manifest(content, container, folder string, h store.Header) {
	x.Helper()
	for _, c := range []string{x.collection, container} {
		if err := x.store.CreateContainer(x.Context(), c); err != nil {
			x.Fatal(err)
		}
	}
	if container != x.collection {
		x.Cleanup(func() { x.store.Delete(context.Background(), store.Key{Container: container}) })
	}
	var segments []store.Segment
	for off := 0; off < len(content); off += 10 << 20 {
		part := content[off:min(off+10<<20, len(content))]
		s := store.Segment{Key: store.Key{Container: container, Object: fmt.Sprintf("%s/%08d", folder, len(segments))}, MD5: sumOf(part), Size: int64(len(part))}
		if _, err := x.store.Put(x.Context(), s.Key, strings.NewReader(part), 0, s.Size, store.Header{ContentType: "application/octet-stream", MD5: s.MD5}); err != nil {
			x.Fatal(err)
		}
		x.Cleanup(func() { x.store.Delete(context.Background(), s.Key) })
		segments = append(segments, s)
	}
	if h.ContentType == "" {
		h.ContentType = "application/octet-stream"
	}
	if _, err := x.store.PutManifest(x.Context(), store.Key{Container: x.collection, Object: "big-v1.sif"}, segments, h); err != nil {
		x.Fatal(err)
	}
}

// recordOf is the record of an image that this shell pushed.
func recordOf(content string) store.Header {
	sum := sha256.Sum256([]byte(content))
	r := name.Record{Image: "big", Tag: "v1", SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content))}
	return store.Header{ContentType: r.ContentType()}
}

// ranges are the ranged requests among those that a report tells of.
func ranges(requests []string) (n int) {
	for _, r := range requests {
		if strings.HasPrefix(r, "GET ") && strings.Contains(r, " bytes=") {
			n++
		}
	}
	return n
}

func (x *target) pullBig(c *client.Client) error {
	_, err := c.Pull(x.Context(), client.PullRequest{Image: x.name("big:v1"), File: filepath.Join(x.dir, "out")})
	return err
}

// However a large image came there, it is fetched by ranges and compared with what is known of it.
func TestBigPull(t *testing.T) {
	if repeated() {
		return
	}
	for what, put := range map[string]func(x *target, content string){
		"plain": func(x *target, content string) { x.object("big-v1.sif", content, store.Header{}) },
		"segments of ours": func(x *target, content string) {
			x.manifest(content, x.collection, ".segments/big-v1.sif/1/2/3", recordOf(content))
		},
		"no record left": func(x *target, content string) {
			x.manifest(content, x.collection, ".segments/big-v1.sif/1/2/3", store.Header{})
		},
		"segments of swift": func(x *target, content string) {
			x.manifest(content, x.collection+"_segments", "big-v1.sif/slo/1/2/3", store.Header{})
		},
		"segments anywhere": func(x *target, content string) { x.manifest(content, x.collection, "elsewhere", store.Header{}) },
	} {
		t.Run(what, func(t *testing.T) {
			x := on(t)
			content := x.read(x.file("a.sif", bigSize))
			put(x, content)
			if err := x.pullBig(x.client); err != nil || x.read(filepath.Join(x.dir, "out")) != content {
				t.Error(err)
			}
			x.left("a.sif", "out")
			_, warns, requests, moved := x.report.take()
			if ranges(requests) != 3 || moved["pull"] != bigSize {
				t.Errorf("%d bytes by %q", moved["pull"], requests)
			}
			if unknown := strings.Contains(fmt.Sprint(warns), "only its size"); unknown != (what == "segments anywhere") {
				t.Errorf("warns %q", warns)
			}
		})
	}
}

// halfway cancels a pull when a good part of it moved.
type halfway struct {
	*record
	mu     sync.Mutex
	moved  int64
	cancel context.CancelFunc
}

func (h *halfway) Begin(client.Transfer) client.Meter { return h }
func (h *halfway) End(error)                          {}
func (h *halfway) Add(n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.moved += n; h.moved > 22<<20 { // at least the last range, of 4 MiB, is there
		h.cancel()
	}
}

// A pull that is interrupted goes on later; when the image was replaced meanwhile, it begins anew.
func TestBigPullGoesOn(t *testing.T) {
	if repeated() {
		return
	}
	for _, replaced := range []bool{false, true} {
		x := on(t)
		content := x.read(x.file("a.sif", bigSize))
		x.object("big-v1.sif", content, recordOf(content))
		ctx, cancel := context.WithCancel(t.Context())
		stopped := client.New(client.Config{Settings: x.settings, Reporter: &halfway{record: x.report, cancel: cancel}})
		defer stopped.Close()
		_, err := stopped.Pull(ctx, client.PullRequest{Image: x.name("big:v1"), File: filepath.Join(x.dir, "out")})
		x.wants(err, client.Canceled)
		etag := sumOf(content)[:16]
		kept := err != nil && strings.Contains(err.Error(), "are kept beside the file")
		x.report.take()
		if kept {
			x.left("a.sif", "out."+etag+".part", "out."+etag+".part.journal")
		} else { // the network may deliver so much of three ranges, and none of them whole
			x.left("a.sif")
		}
		if replaced {
			content = x.read(x.file("a.sif", bigSize))
			x.object("big-v1.sif", content, recordOf(content))
		}
		if err := x.pullBig(x.client); err != nil || x.read(filepath.Join(x.dir, "out")) != content {
			t.Error(err)
		}
		x.left("a.sif", "out")
		notes, _, requests, moved := x.report.take()
		switch resumed := strings.Contains(fmt.Sprint(notes), "resuming"); {
		case moved["pull"] != bigSize:
			t.Errorf("told of %d bytes", moved["pull"])
		case resumed != (kept && !replaced), resumed && ranges(requests) > 2, !resumed && ranges(requests) != 3:
			t.Errorf("replaced %v, kept %v: says %q, by %q", replaced, kept, notes, requests)
		}
	}
}

// A segment that was overwritten never ends in a file: one server refuses the object, another
// gives the new bytes under the old ETag.
func TestBigPullOfASpoiltSegment(t *testing.T) {
	x := on(t)
	content := x.read(x.file("a.sif", bigSize))
	x.manifest(content, x.collection, ".segments/big-v1.sif/1/2/3", recordOf(content))
	spoilt := string([]byte{content[10<<20] ^ 1}) + content[10<<20+1:20<<20]
	x.object(".segments/big-v1.sif/1/2/3/00000001", spoilt, store.Header{})
	if err := x.pullBig(x.client); err == nil {
		t.Error("no error")
	} else if code := client.CodeOf(err); code != client.Corrupt && code != client.Unavailable && code != client.Exists && code != client.NotFound {
		t.Errorf("%v (%s)", err, code)
	}
	if _, err := os.Stat(filepath.Join(x.dir, "out")); err == nil {
		t.Error("there is a file")
	}
}
