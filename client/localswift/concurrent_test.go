package localswift_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

// Who reads an object while it is replaced and deleted gets the old bytes.
func TestReadersKeepTheirBytes(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	old := strings.Repeat("old bytes ", 2<<20)
	a.want(201, "PUT", "/c/o", old)
	var bodies []io.ReadCloser
	for range 3 {
		req, err := http.NewRequest("GET", a.base+"/c/o", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Auth-Token", a.token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, resp.Body)
	}
	a.want(201, "PUT", "/c/o", "new")
	a.want(204, "DELETE", "/c/o", "")
	for _, b := range bodies {
		got, err := io.ReadAll(b)
		b.Close()
		if err != nil || string(got) != old {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	files, _, _, err := localswift.Files(endpointServer(t, a))
	if err != nil {
		t.Fatal(err)
	}
	is(t, "files left", files, 0)
}

// servers remembers which server a test's endpoint runs.
var servers sync.Map

func endpointServer(t *testing.T, a *as) *localswift.Server {
	t.Helper()
	s, ok := servers.Load(a.base)
	if !ok {
		t.Fatal("no such endpoint")
	}
	return s.(*localswift.Server)
}

// One name, many writers and readers, over two servers of one directory: every
// reader sees one whole body, and the totals come out right.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	_, a := start(t, localswift.Options{Dir: dir})
	_, b := start(t, localswift.Options{Dir: dir})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/o", strings.Repeat("x", 1000))
	var wg sync.WaitGroup
	for i := range 8 {
		at := []*as{a, b}[i%2]
		wg.Go(func() {
			for j := range 10 {
				body := strings.Repeat(string(rune('a'+i)), 1000+i)
				if r, err := at.try("PUT", "/c/o", strings.NewReader(body), "Etag: "+md5hex(body)); err != nil || r.status != 201 {
					t.Errorf("PUT: %d %v", r.status, err)
				}
				r, err := at.try("GET", "/c/o", nil)
				if err != nil || r.status != 200 || r.header.Get("Etag") != md5hex(r.body) {
					t.Errorf("GET: %d %v", r.status, err)
				}
				if r, err := at.try("PUT", fmt.Sprintf("/c/%d/%d", i, j), nil, "X-Copy-From: c/o"); err != nil || r.status != 201 {
					t.Errorf("COPY: %d %v", r.status, err)
				}
			}
		})
	}
	wg.Wait()
	is(t, "objects", a.want(204, "HEAD", "/c", "").header.Get("X-Container-Object-Count"), "81")
	sum := 0.0
	for _, e := range b.entries("/c") {
		sum += e["bytes"].(float64)
	}
	is(t, "bytes", a.want(204, "HEAD", "/c", "").header.Get("X-Container-Bytes-Used"), fmt.Sprint(int(sum)))
	s := endpointServer(t, a)
	files, orphans, unfinished, err := localswift.Files(s)
	if err != nil {
		t.Fatal(err)
	}
	named, err := localswift.Named(s)
	if err != nil {
		t.Fatal(err)
	}
	is(t, "files", files, named)
	is(t, "orphans and unfinished", orphans+unfinished, 0)
}

// A server that stops lets an upload finish that runs.
func TestGracefulStop(t *testing.T) {
	s, err := localswift.Open(localswift.Options{Dir: t.TempDir(), Users: testUsers, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	url := "http://" + ln.Addr().String()
	token := (&as{t, url, ""}).want(200, "GET", "/auth/v1.0", "", "X-Auth-User: test:owner", "X-Auth-Key: k1").header.Get("X-Auth-Token")
	a := &as{t, s.StorageURL(url, "test:owner"), token}
	a.want(201, "PUT", "/c", "")
	body, done := newPipe(), make(chan int, 1)
	// The body goes once the server asks for it, however late: then it is at work.
	patient := http.DefaultTransport.(*http.Transport).Clone()
	defer patient.CloseIdleConnections()
	patient.ExpectContinueTimeout = time.Hour
	req, err := http.NewRequest(http.MethodPut, a.base+"/c/o", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"X-Auth-Token": {token}, "Expect": {"100-continue"}}
	go func() {
		resp, err := patient.RoundTrip(req)
		if err != nil {
			t.Error(err)
			body.CloseWithError(err)
			done <- 0
			return
		}
		resp.Body.Close()
		done <- resp.StatusCode
	}()
	body.write("first ")
	cancel()
	for { // until the listener is closed
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			break
		}
		conn.Close()
	}
	body.write("second")
	body.close()
	is(t, "upload", <-done, 201)
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Ready(); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("after Close: %v", err)
	}
}

func TestAnyBytesInMetadata(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/o", "x", "X-Object-Meta-Latin: \xfc\xff", "X-Object-Meta-Utf: ü")
	r := a.want(200, "HEAD", "/c/o", "")
	is(t, "bytes", r.header.Get("X-Object-Meta-Latin")+r.header.Get("X-Object-Meta-Utf"), "\xfc\xffü")
}
