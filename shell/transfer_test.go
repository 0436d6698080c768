//go:build linux

package shell

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// halfway is a Swift service with one image, of which it sends half and then nothing more.
func halfway(t *testing.T) *httptest.Server {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/auth"):
			w.Header().Set("X-Storage-Url", "http://"+r.Host+"/v1/a")
			w.Header().Set("X-Auth-Token", "tk")
		case r.URL.Path == "/v1/a/lab/half-latest.sif":
			w.Header().Set("Etag", strings.Repeat("ab", 16))
			w.Header().Set("Content-Length", "200000")
			if r.Method == http.MethodGet {
				w.Write(make([]byte, 100000))
				w.(http.Flusher).Flush()
				<-release
			}
		case r.URL.Path == "/v1/a/lab":
			w.Write([]byte("[]"))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(func() { close(release); server.Close() })
	return server
}

func TestInterruptOfATransfer(t *testing.T) {
	server, dir := halfway(t), t.TempDir()
	s := sit(t, func(c *Config, _ map[string]string) { connectTo(c, server.URL) })
	s.want("x = 1", "")
	s.begin(`client.pull("lab/half", "` + filepath.Join(dir, "half.sif") + `")`)
	s.expect("|  50.0%")
	s.signals <- os.Interrupt
	got := s.answer()
	if !strings.Contains(got, "interrupted") || strings.Contains(got, "100.0%") || strings.Contains(got, "traceback") {
		t.Errorf("it says %q", got)
	}
	s.want("x", "1")
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	s.types("\x04")
	s.leaves(0)
}

// connectTo makes verbs use the server at url, and tell the screen of it.
func connectTo(c *Config, url string) {
	c.Connect = func(context.Context) (*client.Client, error) {
		cfg, err := client.FromEnvironment(func(name string) string {
			return map[string]string{"SREGISTRY_SWIFT_USER": "u", "SREGISTRY_SWIFT_TOKEN": "k", "SREGISTRY_SWIFT_URL": url}[name]
		})
		if err != nil {
			return nil, err
		}
		cfg.Reporter = c.Screen
		return client.New(cfg), nil
	}
}

func TestNothingFound(t *testing.T) {
	server := halfway(t)
	s := sit(t, func(c *Config, _ map[string]string) { connectTo(c, server.URL) })
	s.want(`client.search("lab/none")`, "no image matches")
	s.want(`#client.search("lab/none")`, "0")
	s.want(`client.search("lab/none");`, "")
	s.types("\x04")
	s.leaves(0)
}
