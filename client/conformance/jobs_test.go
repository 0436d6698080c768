package conformance

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// jobs is how many images of a case's list move at once: what CONFORMANCE_JOBS says, else n.
func jobs(n int) int {
	if set, err := strconv.Atoi(os.Getenv("CONFORMANCE_JOBS")); err == nil && set > 0 {
		return set
	}
	return n
}

// Many images go there, back, elsewhere and away at once, small ones and some in segments.
func TestManyAtOnce(t *testing.T) {
	x := on(t)
	at := jobs(8)
	n := 2 * at
	var pushes []client.PushRequest
	var pulls []client.PullRequest
	var copies []client.CopyRequest
	var deletes []client.DeleteRequest
	for i := range n {
		file, segment := x.file(fmt.Sprintf("%03d.sif", i), 500+i), int64(0)
		if i%4 == 0 {
			file, segment = x.file(fmt.Sprintf("%03d.sif", i), 3000+i), 1000
		}
		from, to := x.name(fmt.Sprintf("many%03d", i)), x.name(fmt.Sprintf("copy%03d", i))
		pushes = append(pushes, client.PushRequest{Path: file, Name: from, Segment: segment, Jobs: at})
		copies = append(copies, client.CopyRequest{Source: from, Target: to, Jobs: at})
		pulls = append(pulls, client.PullRequest{Image: to, File: fmt.Sprintf("%s/back%03d", x.dir, i), Jobs: at})
		deletes = append(deletes, client.DeleteRequest{Image: from, Jobs: at})
	}
	for i := range 2 { // the second time all is there
		if _, err := x.client.PushAll(t.Context(), pushes); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := x.client.CopyAll(t.Context(), copies); err != nil {
		t.Fatal(err)
	}
	if _, err := x.client.DeleteAll(t.Context(), deletes); err != nil {
		t.Fatal(err)
	}
	if _, err := x.client.PullAll(t.Context(), pulls); err != nil {
		t.Fatal(err)
	}
	for i, p := range pulls {
		if x.read(p.File) != x.read(pushes[i].Path) {
			t.Errorf("%s came back as other bytes", p.Image)
		}
	}
	found, err := x.client.Search(t.Context(), client.ListRequest{Query: x.collection + "/"})
	if err != nil || len(found) != n {
		t.Errorf("%d of %d are there, %v", len(found), n, err)
	}
}
