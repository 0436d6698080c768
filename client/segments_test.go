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
