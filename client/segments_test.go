package client

import (
	"crypto/md5"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// Whatever was pushed over one another in one folder, an image finds its own segments, and no others.
func TestProof(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 40).Draw(t, "count")
		u := &upload{dir: ".segments/a.sif/1/40/1/", plan: transfer.Plan{Count: count}, places: make([][]store.Object, count)}
		now := time.Unix(1, 0)
		there := map[string]bool{}
		made := map[string]map[string]bool{}
		for range rapid.IntRange(1, 5).Draw(t, "pushes") {
			own, md5s := map[string]bool{}, make([]string, count)
			for i, content := range rapid.SliceOfN(rapid.IntRange(0, 9), count, count).Draw(t, "contents") {
				content += len(made) * 10
				md5s[i] = fmt.Sprintf("%x", md5.Sum(fmt.Append(nil, content)))
				object := transfer.SegmentName(u.dir, i, md5s[i])
				if own[object] = true; !there[object] {
					now = now.Add(time.Millisecond)
					there[object] = true
					u.places[i] = append(u.places[i], store.Object{Key: store.Key{Object: object}, Modified: now})
				}
			}
			made[store.LargeETag(md5s)] = own
		}
		for i := range u.places { // a listing is in the order of names
			slices.SortFunc(u.places[i], func(a, b store.Object) int { return strings.Compare(a.Object, b.Object) })
		}
		for etag, own := range made {
			if got := u.proof(etag); !maps.Equal(got, own) {
				t.Fatalf("%d pushes of %d segments: it proves %d segments", len(made), count, len(got))
			}
		}
		if got := u.proof(store.LargeETag([]string{"of others"})); got != nil {
			t.Fatalf("it proves an image of others with %v", got)
		}
	})
}

// An image whose segments lie there twice, from two files with the same bytes, uses those of both as far as
// anybody can tell, also of the folder where so many were pushed over one another that nothing else proves it.
func TestUnusedOfTwoFolders(t *testing.T) {
	const count = 13
	sum := func(content string, i int) string { return fmt.Sprintf("%x", md5.Sum(fmt.Append(nil, content, i))) }
	add := func(u *upload, i int, md5 string, at int64) {
		u.places[i] = append(u.places[i], store.Object{Key: store.Key{Object: transfer.SegmentName(u.dir, i, md5)}, Modified: time.Unix(at, 0)})
	}
	folder := func(dir string) *upload {
		return &upload{dir: dir, home: transfer.Home(dir), object: "a-latest.sif", plan: transfer.Plan{Count: count}, places: make([][]store.Object, count)}
	}
	once, often := folder(".segments/a-latest.sif/1/13/1/"), folder(".segments/a-latest.sif/2/13/1/")
	var md5s []string
	for i := range count {
		md5s = append(md5s, sum("live", i))
		add(once, i, md5s[i], 1)
		// Two pushes at once: which of two came first is chance.
		add(often, i, md5s[i], int64(1+i%2))
		add(often, i, sum("other", i), int64(2-i%2))
	}
	uploads := []*upload{once, often}
	live := store.Object{Key: store.Key{Object: "a-latest.sif"}, ETag: store.LargeETag(md5s), Large: true,
		ContentType: name.Record{Image: "a", Tag: "latest", SHA256: strings.Repeat("0", 64), Size: count}.ContentType()}
	if often.proof(live.ETag) != nil || often.provable() {
		t.Fatal("that proves itself")
	}
	users := usersOf([]store.Object{live}, uploads)
	if users[0].own == nil || !accounted(often, users) {
		t.Error("nobody knows which segments the image has")
	}
	if got := unused(once, users); len(got) != 0 {
		t.Errorf("%d segments of the one folder count as unused", len(got))
	}
	got := unused(often, users)
	if len(got) != count || slices.ContainsFunc(got, func(o store.Object) bool { return slices.Contains(md5s, o.Object[len(o.Object)-32:]) }) {
		t.Errorf("%d segments of the other folder count as unused: %v", len(got), got)
	}
}
