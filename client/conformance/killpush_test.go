package conformance

import (
	"fmt"
	"os"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// TestKillPush kills pushes with SIGKILL at random moments of their progress, and each time goes on
// with another push: the image that was there before can be read until the new one is complete,
// only what is missing is sent, and nothing is left over. CONFORMANCE_KILLS=50 makes it longer,
// CONFORMANCE_SEED repeats a run.
func TestKillPush(t *testing.T) {
	if repeated() {
		return
	}
	x := on(t)
	k := x.killed("push", 6, 1) // each is a hundred requests, and some servers take a minute for them
	const count = 40
	const size = count*killSegment - 100
	old := x.file("old.sif", size)
	k.unharmed(old, "a")
	for kill := range k.kills {
		fresh := x.file(fmt.Sprintf("new%d.sif", kill), size)
		read := x.reads("a", old, fresh)
		at, dead := k.kill(fresh, "a")
		out := x.pulled("a")
		complete := out == x.read(fresh)
		if !complete && out != x.read(old) {
			t.Fatalf("killed at the event %d, the image is neither the old nor the new one (seed %d)", at, k.seed)
		}
		kept := x.kept("a-latest.sif", fresh)
		if kept > 0 && !complete {
			k.middle++
		}
		x.report.take()
		if _, err := x.client.Push(t.Context(), client.PushRequest{Path: fresh, Name: x.name("a"), Segment: killSegment}); err != nil {
			t.Fatal(err)
		}
		times := read()
		_, _, requests, _ := x.report.take()
		sent := sent(requests)
		if sent > count-kept || complete && sent > 0 {
			t.Errorf("%d of %d segments were there and %d were sent", kept, count, sent)
		}
		if x.pulled("a") != x.read(fresh) {
			t.Error("pushed again, the image has other bytes")
		}
		x.nothingLeft(puts(requests) == 0, count) // it was complete then, if not when it was read
		if t.Failed() {
			t.Fatalf("killed %v at the event %d of %d, seed %d", dead, at, k.events, k.seed)
		}
		t.Logf("killed %v at the event %d: complete %v, %d segments kept, %d sent; read %d times meanwhile", dead, at, complete, kept, sent, times)
		os.Remove(old)
		old = fresh
	}
	k.fair()
}
