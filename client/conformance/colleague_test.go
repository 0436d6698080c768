package conformance

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// A colleague who has rights on one collection and on nothing else of the account pulls a large
// image from there, pushes one, and replaces the owner's: its segments lie in the collection.
func TestColleague(t *testing.T) {
	raw(t, func(e *endpoint) {
		e.steps(step{does: "POST .", head: "X-Container-Read: " + e.guest.all + "\nX-Container-Write: " + e.guest.all, status: 204})
		x := &target{T: e.T, report: &record{}, dir: e.TempDir(), collection: e.container}
		as := func(s *session) *client.Client {
			return x.connect(client.Config{Settings: signin.Settings{
				Way: signin.Preauth, URL: e.owner.url, StorageURL: e.owner.url, Token: s.token, Source: "the test",
			}})
		}
		owner, colleague := as(e.owner), as(e.guest)
		const size = 70 << 10
		push := func(by *client.Client, file, name string) {
			t.Helper()
			if _, err := by.Push(t.Context(), client.PushRequest{Path: x.file(file, size), Name: x.name(name), Segment: 16 << 10}); err != nil {
				t.Fatal(err)
			}
		}
		same := func(by *client.Client, file, name string) error {
			out := filepath.Join(x.dir, "out")
			defer os.Remove(out)
			_, err := by.Pull(t.Context(), client.PullRequest{Image: x.name(name), File: out, Force: true})
			if err == nil && x.read(out) != x.read(filepath.Join(x.dir, file)) {
				t.Errorf("%s came back as other bytes", name)
			}
			return err
		}
		push(owner, "mine.sif", "mine")
		if err := same(colleague, "mine.sif", "mine"); err != nil {
			t.Error(err)
		}
		push(colleague, "theirs.sif", "theirs")
		if err := same(colleague, "theirs.sif", "theirs"); err != nil {
			t.Error(err)
		}
		push(colleague, "better.sif", "mine")
		if err := same(colleague, "better.sif", "mine"); err != nil {
			t.Error(err)
		}
		// What a guest puts may be his alone.
		for file, name := range map[string]string{"theirs.sif": "theirs", "better.sif": "mine"} {
			switch err := same(owner, file, name); {
			case e.caps.GuestOwnsObjects:
				x.wants(err, client.Denied)
			case err != nil:
				t.Error(err)
			}
		}
		zero := time.Duration(0)
		left, err := colleague.Clean(t.Context(), client.CleanRequest{Collection: e.container, Older: &zero})
		if err != nil || len(left) != 0 {
			t.Errorf("left over: %+v, %v", left, err)
		}
		if _, err := colleague.List(t.Context(), client.ListRequest{Query: e.container + "/"}); err != nil {
			t.Error(err)
		}
	})
}
