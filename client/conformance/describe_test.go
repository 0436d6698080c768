package conformance

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// A push of the bytes that another tool has put there sends nothing, and records what they are: from then on
// the listing tells. What that tool stored beside them stays.
func TestPushRecordsWhatAnotherToolPut(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 700)
	x.object("old:v1.sif", x.read(path), store.Header{ContentType: "application/octet-stream", Meta: map[string]string{"Mtime": "1700000000.5"}})
	x.object("README", x.read(path), store.Header{})
	dry := x.connect(client.Config{DryRun: true})
	if _, err := dry.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("old:v1")}); err != nil {
		t.Fatal(err)
	}
	for rest, tag := range map[string]string{"old:v1": "v1", "README": ""} {
		for again := range 2 {
			x.report.take()
			image := x.push(path, rest)
			_, _, requests, _ := x.report.take()
			posts := 0
			for _, r := range requests {
				if strings.HasPrefix(r, "POST ") && strings.Contains(r, x.collection) {
					posts++
				}
			}
			if puts(requests) != 0 || posts != 1-again || image.SHA256 != sha(x.read(path)) || image.Tag != tag {
				t.Errorf("push %d of %s: %+v, %q", again+1, rest, image, requests)
			}
		}
		listed, err := x.client.Stat(t.Context(), client.StatRequest{Image: x.name(rest)})
		if err != nil || listed.SHA256 != sha(x.read(path)) || listed.Size != 700 || listed.Tag != tag {
			t.Errorf("%s: %+v, %v", rest, listed, err)
		}
		x.back(rest, path)
	}
	all, err := x.client.List(t.Context(), client.ListRequest{Query: x.name("")})
	if err != nil || len(all) != 2 || all[0].SHA256 == "" || all[1].SHA256 == "" {
		t.Errorf("%+v, %v", all, err)
	}
	if got := x.beside("old:v1.sif", "X-Object-Meta-Mtime"); got != "1700000000.5" {
		t.Errorf("what was beside it is %q", got)
	}
}

// beside is a header of an object.
func (x *target) beside(object, header string) string {
	x.Helper()
	transport := &signin.Transport{Base: http.DefaultTransport, SignIn: func(ctx context.Context) (signin.Session, error) {
		return signin.SignIn(ctx, x.settings, http.DefaultTransport)
	}}
	req, err := http.NewRequestWithContext(x.Context(), http.MethodHead, signin.Placeholder+"/"+x.collection+"/"+object, nil)
	if err != nil {
		x.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		x.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get(header)
}

// What is another object by then, or a large one, is not described.
func TestDescribeWhatChanged(t *testing.T) {
	x := on(t)
	x.object("a", "one", store.Header{})
	o, err := x.store.Stat(t.Context(), store.Key{Container: x.collection, Object: "a"})
	if err != nil {
		t.Fatal(err)
	}
	record := recordOf("one")
	x.object("a", "two", store.Header{ContentType: "text/plain"})
	if err := x.store.Describe(t.Context(), o, record); !errors.Is(err, store.ErrChanged) {
		t.Errorf("another object: %v", err)
	}
	if now, err := x.store.Stat(t.Context(), o.Key); err != nil || now.ContentType != "text/plain" {
		t.Errorf("described as %q, %v", now.ContentType, err)
	}
	x.object("a", "one", store.Header{Expires: time.Now().Add(time.Hour)})
	if err := x.store.Describe(t.Context(), o, record); !errors.Is(err, store.ErrChanged) {
		t.Errorf("one that ends: %v", err)
	}
	if err := x.store.Delete(t.Context(), o.Key); err != nil {
		t.Fatal(err)
	}
	if err := x.store.Describe(t.Context(), o, record); !errors.Is(err, store.ErrChanged) {
		t.Errorf("one that is gone: %v", err)
	}
}
