package main

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
)

// endpoint is the key under which a script finds its embedded endpoint.
const endpoint = "endpoint"

// clocked is an embedded endpoint with a clock that a script may stop.
type clocked struct {
	*localswifttest.Endpoint
	stopped atomic.Pointer[time.Time]
}

func (c *clocked) now() time.Time {
	if at := c.stopped.Load(); at != nil {
		return *at
	}
	return time.Now()
}

func swiftCommand(t *testing.T, ts *testscript.TestScript) {
	e := ts.Value(endpoint).(*clocked)
	e.Endpoint = localswifttest.Start(t, localswift.Options{Now: e.now})
	ts.Value(ours).(*secrets).learn(e.Key)
	ts.Setenv("SREGISTRY_SWIFT_USER", e.User)
	ts.Setenv("SREGISTRY_SWIFT_TOKEN", e.Key)
	ts.Setenv("SREGISTRY_SWIFT_URL", e.URL)
}

func clockCommand(ts *testscript.TestScript, _ bool, args []string) {
	e := ts.Value(endpoint).(*clocked)
	if len(args) == 0 {
		e.stopped.Store(nil)
		return
	}
	age, err := time.ParseDuration(args[0])
	ts.Check(err)
	at := time.Now().Add(-age)
	e.stopped.Store(&at)
}

func putCommand(t *testing.T, ts *testscript.TestScript, args []string) {
	e := ts.Value(endpoint).(*clocked)
	token, url := e.SignIn(t, e.User, e.Key)
	content, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	collection, _, _ := strings.Cut(args[0], "/")
	for _, path := range []string{collection, args[0]} {
		body := content
		if path == collection {
			body = nil
		}
		r, err := http.NewRequest(http.MethodPut, url+"/"+path, bytes.NewReader(body))
		ts.Check(err)
		r.Header.Set("X-Auth-Token", token)
		r.Close = true
		answer, err := http.DefaultClient.Do(r)
		ts.Check(err)
		answer.Body.Close()
		if answer.StatusCode/100 != 2 {
			ts.Fatalf("%s: %s", path, answer.Status)
		}
	}
}
