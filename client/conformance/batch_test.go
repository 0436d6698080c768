package conformance

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// A batch lists its collection once: a new image costs the request that stores it, one that is
// there with the same bytes nothing, and one that is pulled the request that brings it.
func TestBatchListsOnce(t *testing.T) {
	x := on(t)
	const n = 20
	var pushes []client.PushRequest
	var pulls []client.PullRequest
	for i := range n {
		name := fmt.Sprintf("batch%02d", i)
		path := x.file(name+".sif", 100+i)
		pushes = append(pushes, client.PushRequest{Path: path, Name: x.name(name), Jobs: jobs(8)})
		pulls = append(pulls, client.PullRequest{Image: x.name(name), File: x.dir + "/out/" + name + ".sif", Jobs: jobs(8)})
	}
	pushes[3].Name, pushes[4].Tag = x.name("Batch03"), "v4" // in lower case, because nothing is there as written
	pulls[4].Image += ":v4"
	const listings = 6 // signing in; two parts, and the empty page behind each

	images, err := x.client.PushAll(t.Context(), pushes)
	if err != nil || images[3].Name != "batch03" || images[4].Tag != "v4" {
		t.Fatalf("%v, %v", images, err)
	}
	_, _, requests, _ := x.report.take()
	if got, most := len(requests), n+listings+9; got > most { // the collection is made, and may be asked for by each that ran then
		t.Errorf("%d requests for %d new images: %s", got, n, strings.Join(requests, "\n"))
	}

	if _, err = x.client.PushAll(t.Context(), pushes); err != nil {
		t.Fatal(err)
	}
	if _, _, requests, _ = x.report.take(); len(requests) > listings {
		t.Errorf("%d requests for %d images that were there: %s", len(requests), n, strings.Join(requests, "\n"))
	}

	if err := os.Mkdir(x.dir+"/out", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := x.client.PullAll(t.Context(), pulls); err != nil {
		t.Fatal(err)
	}
	_, _, requests, _ = x.report.take()
	if len(requests) > n+listings {
		t.Errorf("%d requests to pull %d images: %s", len(requests), n, strings.Join(requests, "\n"))
	}
	for i := range pulls {
		if x.read(pulls[i].File) != x.read(pushes[i].Path) {
			t.Errorf("%s came back as other bytes", pulls[i].Image)
		}
	}
}

// What a batch finds in its listing follows the same rules as what a single push finds.
func TestBatchFollowsTheRules(t *testing.T) {
	x := on(t)
	x.object("b0:latest.simg", "old", store.Header{})
	x.object("b1-latest.img", "old", store.Header{})
	x.object("b1-latest.simg", "old", store.Header{})
	x.object("b2", "old", store.Header{})
	x.push(x.file("other.sif", 5), "b3-latest:cuda")
	x.pushBig(x.file("large.sif", 3500), "b5")
	var rs []client.PushRequest
	for i := range 10 {
		rs = append(rs, client.PushRequest{Path: x.file(fmt.Sprintf("b%d.sif", i), 50+i), Name: x.name(fmt.Sprintf("b%d", i))})
	}
	rs[3].Name = x.name("b3:latest-cuda") // the object of b3-latest:cuda
	rs[4].Name = x.name("B4")
	rs[6].IfAbsent, rs[0].Jobs = true, jobs(1)
	rs[7].Name, rs[7].IfAbsent = x.name("b3-latest:cuda"), true
	rs[8].Segment = 20
	_, err := x.client.PushAll(t.Context(), rs)
	x.wants(err, client.Partial)
	failed := map[string]client.Code{}
	for _, e := range err.(*client.Error).Failed {
		failed[e.Image] = e.Code
	}
	want := map[string]client.Code{x.name("b1"): client.Invalid, rs[3].Name: client.Exists, rs[7].Name: client.Exists}
	if fmt.Sprint(failed) != fmt.Sprint(want) {
		t.Errorf("failed: %v, want %v", failed, want)
	}
	for i, object := range map[int]string{0: "b0:latest.simg", 2: "b2", 4: "b4-latest.sif", 5: "b5-latest.sif", 6: "b6-latest.sif", 8: "b8-latest.sif", 9: "b9-latest.sif"} {
		x.back(object, rs[i].Path)
	}
	var segments int
	for _, s := range x.segments() {
		if !strings.Contains(s, "b8-") {
			t.Errorf("%s is left", s)
		}
		segments++
	}
	if segments != 3 {
		t.Errorf("%d segments of b8, want 3", segments)
	}
}
