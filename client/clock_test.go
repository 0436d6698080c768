package client

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// Where the server's clock is an hour off, what expires lives as long as was asked for, by the server's
// clock; a URL that was shared serves, and so do tokens that were kept.
func TestClockAnHourOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.sif")
	if err := os.WriteFile(path, []byte("an image"), 0o644); err != nil {
		t.Fatal(err)
	}
	day, half := 24*time.Hour, 30*time.Minute
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		e := localswifttest.Start(t, localswift.Options{Now: func() time.Time { return time.Now().Add(off) }})
		cache := t.TempDir()
		connect := func() *Client {
			c := New(Config{Settings: signin.Settings{User: e.User, Key: e.Key, URL: e.URL, Source: "the test"}, TokenCache: cache, FirstWait: time.Millisecond})
			t.Cleanup(func() { c.Close() })
			return c
		}
		for range 2 { // the second one has the token of the first
			c := connect()
			if _, err := c.Push(t.Context(), PushRequest{Path: path, Name: "lab/a", Expires: &day}); err != nil {
				t.Fatal(off, err)
			}
			if i, err := c.Stat(t.Context(), StatRequest{Image: "lab/a"}); err != nil || time.Until(i.Expires).Round(time.Hour) != day+off {
				t.Errorf("%v: it ends %v, %v", off, i.Expires, err)
			}
		}
		c := connect()
		if _, err := c.Push(t.Context(), PushRequest{Path: path, Name: "lab/b", Expires: &half}); err != nil {
			t.Errorf("%v, half an hour: %v", off, err)
		}
		shared, err := c.Share(t.Context(), ShareRequest{Image: "lab/a", Expires: &day, SetKey: true})
		if err != nil {
			t.Fatal(off, err)
		}
		resp, err := http.Get(shared)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%v: the URL answers %s", off, resp.Status)
		}
	}
}

// How long ago a segment came is told by the server's clock, which dated it: what a push in progress has
// sent stays also where that clock is days behind. Names that no upload has cost nothing, whatever they say.
func TestCleanByTheServersClock(t *testing.T) {
	for _, off := range []time.Duration{50 * time.Hour, -50 * time.Hour} {
		e := localswifttest.Start(t, localswift.Options{Now: func() time.Time { return time.Now().Add(off) }})
		c := New(Config{Settings: signin.Settings{User: e.User, Key: e.Key, URL: e.URL, Source: "the test"}, FirstWait: time.Millisecond})
		t.Cleanup(func() { c.Close() })
		if err := c.store.CreateContainer(t.Context(), "lab"); err != nil {
			t.Fatal(err)
		}
		for _, object := range []string{
			".segments/a-latest.sif/1/2000/1000/00000000-", ".segments/b-latest.sif/1/100000000/1/99999999-",
		} {
			key := store.Key{Container: "lab", Object: object + fmt.Sprintf("%032d", 0)}
			if _, err := c.store.Put(t.Context(), key, strings.NewReader("x"), 0, 1, store.Header{}); err != nil {
				t.Fatal(err)
			}
		}
		left, err := c.Clean(t.Context(), CleanRequest{Collection: "lab", Remove: true})
		if err != nil || len(left) != 2 || left[0].Removed || !strings.Contains(left[0].Kept, "a push may be in progress") || left[1].Object != "" {
			t.Errorf("%v: %+v, %v", off, left, err)
		}
	}
}
