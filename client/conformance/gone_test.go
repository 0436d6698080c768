package conformance

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

// Somebody empties and removes the collection while an image is pushed into it: the push says so,
// claims to keep nothing, and the next one makes the collection anew.
func TestCollectionGoneInMidPush(t *testing.T) {
	if repeated() {
		return
	}
	for name, c := range map[string]struct {
		size int
		part string // of the request before which it happens
		skip int
	}{
		"a whole image":     {900, "/lab/a-latest.sif", 0},
		"the first segment": {3500, "/.segments/", 0},
		"the third segment": {3500, "/.segments/", 2},
		"the manifest":      {3500, "multipart-manifest=put", 0},
	} {
		t.Run(name, func(t *testing.T) {
			x, plan, _ := onFaults(t)
			path := x.file("a.sif", c.size)
			x.push(x.file("other.sif", 10), "other")
			struck := plan.Add(localswift.Rule{
				Match: func(r *http.Request) bool {
					return r.Method == http.MethodPut && strings.Contains(r.URL.String(), c.part)
				},
				Skip: c.skip, Count: 1, Fault: removesCollection("/lab"),
			})
			_, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: 1000})
			x.wants(err, client.NotFound)
			if err == nil || !strings.Contains(err.Error(), "the collection lab was removed meanwhile") || strings.Contains(err.Error(), "kept") {
				t.Errorf("it says %v", err)
			}
			if struck() != 1 {
				t.Errorf("the collection was removed %d times", struck())
			}
			x.pushBig(path, "a")
			x.back("a", path)
			if n, most := len(x.segments()), c.size/1000*4/3; n > most {
				t.Errorf("%d segments are there, of an image of %d bytes", n, c.size)
			}
		})
	}
}

// removesCollection empties and deletes a container before it lets the request on.
func removesCollection(container string) localswift.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			account, _, _ := strings.Cut(r.URL.Path, container+"/")
			ask := func(method, path string) (int, string) {
				q, err := http.NewRequestWithContext(r.Context(), method, "http://"+r.Host+path, nil)
				if err != nil {
					panic(err)
				}
				q.Header.Set("X-Auth-Token", r.Header.Get("X-Auth-Token"))
				answer := httptest.NewRecorder()
				next.ServeHTTP(answer, q)
				return answer.Code, answer.Body.String()
			}
			for status := http.StatusConflict; status == http.StatusConflict; { // while others put more into it
				_, names := ask(http.MethodGet, account+container)
				for object := range strings.Lines(names) {
					ask(http.MethodDelete, account+container+"/"+strings.TrimSpace(object))
				}
				status, _ = ask(http.MethodDelete, account+container)
			}
			next.ServeHTTP(w, r)
		})
	}
}
