package conformance

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// relayed copies through this side, with another client, and gives the requests that stored something.
func (x *target) relayed(to *client.Client, from, rest string, options client.CopyRequest) (client.Image, int) {
	x.Helper()
	x.report.take()
	options.To = to
	image := x.copy(from, rest, options)
	_, _, requests, _ := x.report.take()
	return image, puts(requests)
}

// From one client to another all kinds of images arrive whole, with their record.
func TestCopyToAnotherClient(t *testing.T) {
	x := on(t)
	other := x.connect(client.Config{})
	small, large := x.file("small.sif", 700), x.file("large.sif", 3500)
	x.push(small, "s:v1")
	pushed := x.pushBig(large, "l:v1")
	x.object("old:v1.sif", x.read(small), store.Header{})
	x.object("empty:v1.sif", "", store.Header{})
	x.foreign("f-v1.sif", x.read(large)[:1500], x.read(large)[1500:3000], x.read(large)[3000:])
	x.foreign("g-v1.sif", x.read(large)[:100], x.read(large)[100:])
	empty := x.write("empty", nil)
	for _, c := range []struct {
		image, file string
		segments    int
	}{{"s", small, 0}, {"l", large, 4}, {"old", small, 0}, {"empty", empty, 0}, {"f", large, 3}, {"g", large, 0}} {
		before := len(x.segments())
		image, _ := x.relayed(other, c.image+":v1", c.image+":v2", client.CopyRequest{})
		if image.Tag != "v2" || image.SHA256 != sha(x.read(c.file)) || image.Size != int64(len(x.read(c.file))) || len(x.segments())-before != c.segments {
			t.Errorf("%s: %+v, %d segments", c.image, image, len(x.segments())-before)
		}
		x.back(c.image+":v2", c.file)
		if _, n := x.relayed(other, c.image+":v1", c.image+":v2", client.CopyRequest{}); n != 0 {
			t.Errorf("%s: the same again stores %d objects", c.image, n)
		}
	}
	if image, _ := x.relayed(other, "l:v1", "moved:v1", client.CopyRequest{Move: true}); image.ETag != pushed.ETag {
		t.Errorf("moved as %+v", image)
	}
	if there, err := x.client.Exists(t.Context(), client.StatRequest{Image: x.name("l:v1")}); there || err != nil {
		t.Errorf("the source of a move: %v, %v", there, err)
	}
	x.back("moved:v1", large)
	x.clean()
	// Both clients use one account: the image would be moved onto itself.
	_, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("s:v1"), Target: x.name("s:v1"), To: other, Move: true})
	x.wants(err, client.Invalid)
	x.back("s:v1", small)
}

// What another tool put there has no recorded hash: a copy of it is known by the ETag it was made of, so
// that nothing is read again.
func TestCopyOfOtherToolsAgain(t *testing.T) {
	x := on(t)
	other := x.connect(client.Config{})
	x.object("old:v1.sif", "of sregistry-cli", store.Header{})
	x.foreign("even-v1.sif", strings.Repeat("1", 700), strings.Repeat("2", 700), "3")
	x.foreign("odd-v1.sif", strings.Repeat("1", 100), strings.Repeat("2", 700))
	for _, image := range []string{"old", "even", "odd"} {
		r := client.CopyRequest{Source: x.name(image + ":v1"), Target: x.name(image + ":v2"), To: other}
		first, err := x.client.Copy(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		var again client.Image
		x.onServer(func() { again, err = x.client.Copy(t.Context(), r) })
		if err != nil || again.ETag != first.ETag || again.SHA256 != first.SHA256 || first.SHA256 == "" {
			t.Errorf("%s: %+v, %v", image, again, err)
		}
		source, err := x.client.Stat(t.Context(), client.StatRequest{Image: r.Source})
		if err != nil || first.Source != source.ETag {
			t.Errorf("%s: made of %q, not of %q, %v", image, first.Source, source.ETag, err)
		}
	}
	// Other bytes under the source's name are copied.
	x.foreign("odd-v1.sif", strings.Repeat("4", 100), strings.Repeat("2", 700))
	changed, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("odd:v1"), Target: x.name("odd:v2"), To: other})
	if err != nil || changed.SHA256 != sha(strings.Repeat("4", 100)+strings.Repeat("2", 700)) {
		t.Errorf("%+v, %v", changed, err)
	}
}

// Interrupted between two clients, it goes on.
func TestCopyToAnotherClientGoesOn(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 23500)
	x.pushBig(path, "a:v1")
	ctx, cancel := context.WithCancel(t.Context())
	broken := client.New(client.Config{Settings: x.settings, Reporter: &breaks{record: x.report, cancel: cancel, after: 14000}})
	defer broken.Close()
	_, err := x.client.Copy(ctx, client.CopyRequest{Source: x.name("a:v1"), Target: x.name("b:v1"), To: broken})
	x.wants(err, client.Canceled)
	kept := len(x.segments()) - 24
	if kept < 1 || kept > 23 {
		t.Fatalf("%d segments were copied", kept)
	}
	if _, n := x.relayed(x.connect(client.Config{}), "a:v1", "b:v1", client.CopyRequest{}); n > 24-kept+1 {
		t.Errorf("%d were kept and %d stored", kept, n)
	}
	x.back("b:v1", path)
	x.clean()
}

// A connection that breaks on either side, and a source that is replaced meanwhile, cost a repetition.
func TestCopyToAnotherClientThroughFaults(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		fault  localswift.Fault
	}{
		"reset of a reply":  {"GET", localswift.ResetReply(70_000)},
		"short reply":       {"GET", localswift.Truncate(70_000)},
		"503 to a GET":      {"GET", localswift.Answer(503, "")},
		"reset of a PUT":    {"PUT", localswift.ResetUpload(70_000)},
		"503 to a PUT":      {"PUT", localswift.Answer(503, "")},
		"damage in a PUT":   {"PUT", localswift.CorruptUpload(70_000)},
		"damage in a reply": {"GET", localswift.Corrupt(70_000)},
	} {
		x, faults, _ := onFaults(t)
		path := x.file("a.sif", 300_000)
		if _, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a:v1"), Segment: 100_000}); err != nil {
			t.Fatal(err)
		}
		faults.Add(localswift.Rule{Match: localswift.On(c.method, "/0000000"), Fault: c.fault, Count: 1})
		faults.Add(localswift.Rule{Match: localswift.On(c.method, "/a-v1.sif"), Fault: c.fault, Count: 1})
		to := x.connect(client.Config{})
		if _, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("a:v1"), Target: x.name("b:v1"), To: to}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		x.back("b:v1", path)
	}
}

// What is not what was recorded is found on the way, and nothing of it is under the name.
func TestCopyOfCorruptImages(t *testing.T) {
	x := on(t)
	x.object("s-v1.sif", "other bytes", store.Header{ContentType: strings.Replace(recordOf("recorded!!!").ContentType, "image=big", "image=s", 1)})
	_, err := x.client.Copy(t.Context(), client.CopyRequest{Source: x.name("s:v1"), Target: x.name("s:v2"), To: x.connect(client.Config{})})
	x.wants(err, client.Corrupt)
	if got := x.objects(); got != "[s-v1.sif]" {
		t.Errorf("there is %s", got)
	}
}

func sha(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
