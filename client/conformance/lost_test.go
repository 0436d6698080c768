package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// A large image that has lost a segment, of which servers say different things, is corrupt whatever reads it,
// and at once. A push or a copy of the same bytes finds that out by a listing, and sends what is missing.
func TestLostSegments(t *testing.T) {
	x := on(t)
	silence := 250 * time.Millisecond
	if os.Getenv("SREGISTRY_TEST_SERVER") != "" {
		silence = 10 * time.Second // they have other work, too
	}
	// RGW says no more when it comes to a segment that is gone. What is counted has all the time that a
	// busy machine takes.
	impatient := x.connect(client.Config{Silence: silence})
	path := x.file("a.sif", 350_000)
	push := func(image string) {
		t.Helper()
		// Of segments below 64 KiB OpenStack Swift says 500.
		if _, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name(image), Segment: 100_000}); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range []int{0, 2} {
		image, copied := fmt.Sprintf("a:v%d", i), fmt.Sprintf("b:v%d", i)
		push(image)
		x.copy(image, copied, client.CopyRequest{})
		lose := func(image string) {
			object := strings.Replace(image, ":", "-", 1) + ".sif"
			for _, s := range x.segments() {
				if strings.HasPrefix(s, ".segments/"+object+"/") && strings.Contains(s, fmt.Sprintf("/%08d-", i)) {
					if err := x.store.Delete(t.Context(), store.Key{Container: x.collection, Object: s}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		lose(image)
		_, err := impatient.Pull(t.Context(), client.PullRequest{Image: x.name(image), File: filepath.Join(x.dir, "back")})
		x.wants(err, client.Corrupt)
		_, err = impatient.Pull(t.Context(), client.PullRequest{Image: x.name(strings.Replace(image, ":", "-", 1) + ".sif"), File: os.DevNull})
		x.wants(err, client.Corrupt)
		_, err = impatient.Copy(t.Context(), client.CopyRequest{Source: x.name(image), Target: x.name("c:v1")})
		x.wants(err, client.Corrupt)
		x.left("a.sif")

		x.report.take()
		push(image)
		if _, _, requests, _ := x.report.take(); puts(requests) != 2 {
			t.Errorf("segment %d: a push sends %q", i, requests)
		}
		x.back(image, path)
		lose(copied)
		x.report.take()
		x.copy(image, copied, client.CopyRequest{})
		if _, _, requests, _ := x.report.take(); puts(requests) != 2 {
			t.Errorf("segment %d: a copy stores %q", i, requests)
		}
		x.back(copied, path)

		x.report.take()
		push(image)
		x.copy(image, copied, client.CopyRequest{})
		if _, warnings, requests, _ := x.report.take(); puts(requests) != 0 || len(warnings) != 0 {
			t.Errorf("segment %d: nothing is missing any more: %q, %q", i, requests, warnings)
		}
		lose(image)
		if _, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name(image)}); err != nil {
			t.Errorf("segment %d: %v", i, err)
		}
		os.Remove(filepath.Join(x.dir, "back"))
	}
}
