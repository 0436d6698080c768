package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// onFaults is a target on an embedded endpoint that goes wrong as planned.
func onFaults(t *testing.T) (*target, *localswift.Plan, *localswift.Server) {
	t.Helper()
	plan := &localswift.Plan{}
	e := localswifttest.Start(t, localswift.Options{Personality: personality, Faults: plan})
	x := &target{T: t, report: &record{}, dir: t.TempDir(), collection: "lab"}
	x.settings = signin.Settings{User: e.User, Key: e.Key, URL: e.URL, Source: "the test"}
	x.client = x.connect(client.Config{Silence: 2 * time.Second})
	x.store = storeOn(t, x.settings)
	return x, plan, e.Server
}

// A push on which something goes wrong succeeds after it tried again, or fails with the right code
// and leaves the image that was there; then it succeeds once nothing is wrong, and nothing is left.
func TestPushFaults(t *testing.T) {
	if repeated() {
		return
	}
	answer := localswift.Answer
	for name, c := range map[string]struct {
		fault localswift.Fault
		count int // 0: always
		code  client.Code
	}{
		"503 twice":             {answer(503, "busy"), 2, ""},
		"503 for good":          {answer(503, "busy"), 0, client.Unavailable},
		"500":                   {answer(500, ""), 1, ""},
		"408":                   {answer(408, ""), 1, ""},
		"429 with Retry-After":  {answer(429, "", "Retry-After: 1"), 1, ""},
		"498 with Retry-After":  {answer(498, "", "Retry-After: 1"), 1, ""},
		"too long a wait":       {answer(503, "", "Retry-After: 86400"), 1, client.Unavailable},
		"401":                   {answer(401, ""), 1, ""},
		"403 once":              {answer(403, ""), 1, ""},
		"403 for good":          {answer(403, ""), 0, client.Denied},
		"400":                   {answer(400, ""), 1, client.Invalid},
		"413":                   {answer(413, "Upload exceeds quota."), 1, client.Full},
		"507":                   {answer(507, ""), 1, client.Full},
		"reset before":          {localswift.ResetBefore(), 3, ""},
		"reset in the middle":   {localswift.ResetUpload(300), 2, ""},
		"reset after":           {localswift.ResetAfter(), 2, ""},
		"silence":               {localswift.Silence(), 1, ""},
		"damaged once":          {localswift.CorruptUpload(100), 1, ""},
		"damaged for good":      {localswift.CorruptUpload(100), 0, client.Corrupt},
		"another ETag, once":    {localswift.SetHeader("Etag", strings.Repeat("0", 32)), 1, ""},
		"another ETag, forever": {localswift.SetHeader("Etag", strings.Repeat("0", 32)), 0, client.Corrupt},
	} {
		for _, segmented := range []bool{false, true} {
			if c.code == client.Corrupt && !segmented && strings.HasPrefix(name, "another") {
				continue // the server did store it, and only its answer is wrong
			}
			t.Run(fmt.Sprintf("%s, segmented %v", name, segmented), func(t *testing.T) {
				x, plan, _ := onFaults(t)
				r := client.PushRequest{Path: x.file("new.sif", 3500), Name: x.name("a")}
				part, old := "a-latest", x.file("old.sif", 2500)
				if segmented {
					r.Segment, part = 1000, "/.segments/"
				}
				x.pushBig(old, "a")
				struck := plan.Add(localswift.Rule{Match: localswift.On(http.MethodPut, part), Count: c.count, Fault: c.fault})
				_, err := x.client.Push(t.Context(), r)
				if struck() == 0 {
					t.Error("nothing went wrong")
				}
				plan.Clear()
				if c.code != "" {
					x.wants(err, c.code)
					x.back("a", old)
					_, err = x.client.Push(t.Context(), r)
				}
				if err != nil {
					t.Fatal(err)
				}
				x.back("a", r.Path)
				zero := time.Duration(0)
				if left, err := x.client.Clean(t.Context(), client.CleanRequest{Collection: x.collection, Older: &zero}); err != nil || len(left) > 0 {
					t.Errorf("left over: %+v, %v", left, err)
				}
			})
		}
	}
}

// The manifest is repeated as well, and what is wrong with it leaves the old image.
func TestManifestFaults(t *testing.T) {
	if repeated() {
		return
	}
	for name, c := range map[string]struct {
		fault localswift.Fault
		count int
		code  client.Code
	}{
		"503":                            {localswift.Answer(503, ""), 1, ""},
		"reset after":                    {localswift.ResetAfter(), 1, ""},
		"cut answer":                     {localswift.Truncate(3), 1, ""},
		"a failure behind the heartbeat": {localswift.Answer(202, `  {"Response Status": "503 Service Unavailable", "Errors": []}`), 1, ""},
		"a refusal behind the heartbeat": {localswift.Answer(202, `{"Response Status": "400 Bad Request", "Errors": [["/lab/x", "404 Not Found"]]}`), 0, client.Corrupt},
		"a refusal, once":                {localswift.Answer(400, "Manifest must be valid JSON."), 1, ""},
		"413":                            {localswift.Answer(413, ""), 0, client.Full},
		"silent":                         {localswift.Silence(), 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x, plan, _ := onFaults(t)
			old, path := x.file("old.sif", 2500), x.file("new.sif", 3500)
			x.pushBig(old, "a")
			plan.Add(localswift.Rule{Match: localswift.On(http.MethodPut, "multipart-manifest=put"), Count: c.count, Fault: c.fault})
			_, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000})
			plan.Clear()
			if c.code != "" {
				x.wants(err, c.code)
				x.back("a", old)
				x.client = x.connect(client.Config{}) // what is slow on a busy machine is not sent twice
				x.report.take()
				x.pushBig(path, "a")
				if _, _, requests, _ := x.report.take(); puts(requests) != 1 {
					t.Errorf("more than the manifest was sent again: %q", requests)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			x.back("a", path)
			if got := len(x.segments()); got != 4 {
				t.Errorf("%d segments are there, want 4", got)
			}
		})
	}
}
