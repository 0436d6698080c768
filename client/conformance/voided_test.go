package conformance

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// While many pushes run, the server voids every token now and then: no push fails, and each time
// one request signs in for all.
func TestTokensVoidedUnderPushes(t *testing.T) {
	if repeated() {
		return
	}
	x, plan, server := onFaults(t)
	x.client = x.connect(client.Config{Silence: time.Minute}) // nothing is silent here, but much waits
	const images, each = 64, 10
	var seen, voided int
	plan.Add(localswift.Rule{Match: func(r *http.Request) bool { // called one at a time
		if seen++; r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/.segments/") && seen > 150*(voided+1) && voided < signin.Renewals {
			voided++
			server.ExpireTokens()
		}
		return false
	}})
	var rs []client.PushRequest
	for i := range images {
		rs = append(rs, client.PushRequest{Path: x.file(fmt.Sprintf("%d.sif", i), 1000*each), Name: x.name(fmt.Sprint("i", i)), Segment: 1000, Jobs: images})
	}
	if _, err := x.client.PushAll(t.Context(), rs); err != nil {
		t.Fatal(err)
	}
	if x.signedInAnew(voided); voided != signin.Renewals {
		t.Errorf("%d tokens were voided, want %d", voided, signin.Renewals)
	}
	for i, r := range rs {
		x.back(fmt.Sprint("i", i), r.Path)
		os.Remove(r.Path)
	}
}

// signedInAnew fails unless a client signed in once at first and once for each token that was voided, and
// nothing had to be said of it.
func (x *target) signedInAnew(voided int) {
	x.Helper()
	notes, warns, requests, _ := x.report.take()
	signIns := 0
	for _, r := range requests {
		if strings.Contains(r, "/auth/v1.0") {
			signIns++
		}
	}
	for _, n := range notes {
		if strings.Contains(n, "trying again") {
			warns = append(warns, n)
		}
	}
	if signIns > voided+1 || len(warns) > 0 {
		x.Errorf("%d sign-ins for %d voided tokens; %q", signIns, voided, warns)
	}
}

// The same while many pulls run, of images that come by one request and of others that come by many.
// It voids as many as a request renews in a row, for one may meet every dead token while it waits its turn.
func TestTokensVoidedUnderPulls(t *testing.T) {
	if repeated() {
		return
	}
	x, plan, server := onFaults(t)
	x.client = x.connect(client.Config{Silence: time.Minute})
	const images = 64
	var up []client.PushRequest
	var down []client.PullRequest
	for i := range images {
		size := 2000
		if i%32 == 0 {
			size = 33 << 20 // comes by several ranges
		}
		name := fmt.Sprint("i", i)
		up = append(up, client.PushRequest{Path: x.file(name+".sif", size), Name: x.name(name), Jobs: images})
		down = append(down, client.PullRequest{Image: x.name(name), File: filepath.Join(x.dir, "back-"+name), Jobs: images})
	}
	if _, err := x.client.PushAll(t.Context(), up); err != nil {
		t.Fatal(err)
	}
	x.report.take()
	var seen, voided int
	plan.Add(localswift.Rule{Match: func(r *http.Request) bool { // called one at a time
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/lab/i") {
			if seen++; seen > 12*(voided+1) && voided < signin.Renewals {
				voided++
				server.ExpireTokens()
			}
		}
		return false
	}})
	x.client = x.connect(client.Config{Silence: time.Minute})
	if _, err := x.client.PullAll(t.Context(), down); err != nil {
		t.Fatal(err)
	}
	if x.signedInAnew(voided); voided != signin.Renewals {
		t.Errorf("%d tokens were voided, want %d", voided, signin.Renewals)
	}
	for i, r := range down {
		if x.read(r.File) != x.read(up[i].Path) {
			t.Errorf("%s came back as other bytes", r.Image)
		}
		os.Remove(r.File)
	}
}

// An old RGW answers 403 to a token that died. While many images move it costs one sign-in, too.
func TestTokenForbiddenUnderLoad(t *testing.T) {
	if repeated() {
		return
	}
	x, plan, server := onFaults(t)
	const images = 64
	var up []client.PushRequest
	var down []client.PullRequest
	for i := range images {
		name := fmt.Sprint("i", i)
		up = append(up, client.PushRequest{Path: x.file(name+".sif", 5000), Name: x.name(name), Segment: 1000, Jobs: images})
		down = append(down, client.PullRequest{Image: x.name(name), File: filepath.Join(x.dir, "back-"+name), Jobs: images})
	}
	for _, c := range []struct {
		verb, method string
		run          func() error
	}{
		{"push", http.MethodPut, func() error { _, err := x.client.PushAll(t.Context(), up); return err }},
		{"pull", http.MethodGet, func() error { _, err := x.client.PullAll(t.Context(), down); return err }},
	} {
		x.client = x.connect(client.Config{Silence: time.Minute})
		var dead string
		var seen, refused int
		plan.Clear()
		plan.Add(localswift.Rule{Match: func(r *http.Request) bool { // called one at a time
			token := r.Header.Get("X-Auth-Token")
			if r.Method == c.method && token != "" {
				if seen++; seen == images/2 {
					dead = token
					server.ExpireTokens() // or signing in would give the same one
				}
			}
			if token == "" || token != dead {
				return false
			}
			refused++
			return true
		}, Fault: localswift.Answer(http.StatusForbidden, "")})
		if err := c.run(); err != nil {
			t.Fatalf("%s: %v", c.verb, err)
		}
		if x.signedInAnew(1); refused < 2 {
			t.Errorf("%s: %d requests were refused", c.verb, refused)
		}
	}
	for i, r := range down {
		if x.read(r.File) != x.read(up[i].Path) {
			t.Errorf("%s came back as other bytes", r.Image)
		}
	}
}

// Behind Keystone a manifest that is sent with a dead token is answered with a 401 of each of its
// segments, and not with one of its own.
func TestTokenDiesBeforeAManifest(t *testing.T) {
	if repeated() {
		return
	}
	for name, answer := range map[string]localswift.Fault{
		"heartbeat": localswift.Answer(202, ` {"Response Status": "400 Bad Request", "Errors": [["/lab/.segments/`+strings.Repeat("x", 300)+`", "401 Unauthorized"]]}`),
		"at once":   localswift.Answer(400, "Errors:\n/lab/.segments/x: 401 Unauthorized\n", "Content-Type: text/plain"),
	} {
		t.Run(name, func(t *testing.T) {
			x, plan, server := onFaults(t)
			x.client = x.connect(client.Config{Silence: time.Minute})
			path, voided := x.file("a.sif", 3500), 0
			plan.Add(localswift.Rule{Match: func(r *http.Request) bool {
				if !strings.Contains(r.URL.RawQuery, "multipart-manifest=put") || voided == 2 {
					return false
				}
				voided++
				server.ExpireTokens()
				return true
			}, Fault: answer})
			x.pushBig(path, "a")
			x.signedInAnew(voided)
			x.back("a", path)
			if voided != 2 {
				t.Errorf("%d manifests were sent with a dead token", voided)
			}
		})
	}
}
