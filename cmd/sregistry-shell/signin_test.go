package main

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
)

// The jobs of an array are processes with the same settings: they cost the server a handful of
// sign-ins. SREGISTRY_TEST_JOBS is how many there are, 24 without it.
func TestJobsOfAnArraySignInOnce(t *testing.T) {
	e := localswifttest.Start(t, localswift.Options{})
	target, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	var signIns atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target)
	counting := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/auth") {
			signIns.Add(1)
		}
		proxy.ServeHTTP(w, r)
	})}
	at := listen(t, counting)
	home := t.TempDir()
	jobs := numberOf(t, "SREGISTRY_TEST_JOBS", 24)
	slots := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for range jobs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			cmd := exec.Command("sregistry-shell", "search")
			cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME=", "SREGISTRY_SWIFT_USER="+e.User, "SREGISTRY_SWIFT_TOKEN="+e.Key, "SREGISTRY_SWIFT_URL="+at)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	if n := signIns.Load(); n < 1 || n > 3 {
		t.Errorf("%d jobs signed in %d times", jobs, n)
	}
}
