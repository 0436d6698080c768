package localswift_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

func TestObjectLife(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(404, "PUT", "/c/o", "hello")
	a.want(201, "PUT", "/c", "")
	a.want(202, "PUT", "/c", "")
	r := a.want(201, "PUT", "/c/o", "hello", "X-Object-Meta-Color: red", `Content-Type: text/x; image="a b"; tag=v`, "Content-Encoding: x")
	is(t, "etag", r.header.Get("Etag"), md5hex("hello"))
	is(t, "length", r.header.Get("Content-Length"), "0")
	for _, method := range []string{"GET", "HEAD"} {
		r = a.want(200, method, "/c/o", "")
		is(t, "etag", r.header.Get("Etag"), md5hex("hello"))
		is(t, "type", r.header.Get("Content-Type"), `text/x; image="a b"; tag=v`)
		is(t, "meta", r.header.Get("X-Object-Meta-Color"), "red")
		is(t, "encoding", r.header.Get("Content-Encoding"), "x")
		is(t, "length", r.header.Get("Content-Length"), "5")
		for _, h := range []string{"Last-Modified", "X-Timestamp", "X-Trans-Id", "Date"} {
			if r.header.Get(h) == "" {
				t.Errorf("%s without %s", method, h)
			}
		}
		is(t, "body", r.body, map[string]string{"GET": "hello"}[method])
	}
	is(t, "listed type", a.entries("/c")[0]["content_type"].(string), `text/x;image="a b";tag=v`)

	a.want(202, "POST", "/c/o", "", "X-Object-Meta-Size: big")
	r = a.want(200, "HEAD", "/c/o", "")
	is(t, "meta after POST", r.header.Get("X-Object-Meta-Color")+r.header.Get("X-Object-Meta-Size"), "big")
	is(t, "encoding after POST", r.header.Get("Content-Encoding"), "")
	is(t, "type after POST", r.header.Get("Content-Type"), `text/x; image="a b"; tag=v`)

	a.want(201, "PUT", "/c/o", "other")
	is(t, "replaced", a.want(200, "GET", "/c/o", "").body, "other")
	a.want(409, "DELETE", "/c", "")
	a.want(204, "DELETE", "/c/o", "")
	a.want(404, "DELETE", "/c/o", "")
	a.want(404, "GET", "/c/o", "")
	a.want(404, "POST", "/c/o", "")
	a.want(204, "DELETE", "/c", "")
	a.want(404, "DELETE", "/c", "")
	a.want(404, "GET", "/c", "")
}

func TestPutRefusals(t *testing.T) {
	e, a := start(t, localswift.Options{MaxObject: 10})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/o", "old")
	is(t, "wrong etag", a.want(422, "PUT", "/c/o", "new", "Etag: "+md5hex("x")).status, 422)
	a.want(413, "PUT", "/c/o", "12345678901")
	a.want(400, "PUT", "/c/o", "new", "If-None-Match: abc")
	a.want(412, "PUT", "/c/o", "new", "If-None-Match: *")
	a.want(400, "PUT", "/c/o", "new", "X-Object-Meta-A: "+strings.Repeat("v", 257))
	a.want(400, "PUT", "/c/o", "new", "X-Delete-At: 1")
	a.want(400, "PUT", "/c/o", "new", "X-Delete-After: soon")
	is(t, "untouched", a.want(200, "GET", "/c/o", "").body, "old")
	a.want(201, "PUT", "/c/o", "new", "Etag: "+md5hex("new"))
	a.want(201, "PUT", "/c/o", "new", `Etag: "`+md5hex("new")+`"`)
	a.want(201, "PUT", "/c/o2", "new", "If-None-Match: *")

	chunked := func(body string, want int) {
		t.Helper()
		r, err := a.try("PUT", "/c/chunked", io.MultiReader(strings.NewReader(body)))
		if err != nil || r.status != want {
			t.Errorf("chunked %q: %d %v, want %d", body, r.status, err, want)
		}
	}
	chunked("chunky", 201)
	chunked("12345678901", 413)
	is(t, "chunked", a.want(200, "GET", "/c/chunked", "").body, "chunky")

	// Over raw connections: no length at all, and a refusal before any body.
	for head, want := range map[string]string{
		"":                               "411",
		"Transfer-Encoding: gzip\r\n":    "501",
		"Content-Length: 6000000000\r\n": "413",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(e.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "PUT /v1/AUTH_test/c/n HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %s\r\n%s\r\n", a.token, head)
		line := make([]byte, 12)
		if _, err := io.ReadFull(conn, line); err != nil {
			t.Fatal(err)
		}
		conn.Close()
		is(t, "PUT with "+head, string(line[9:]), want)
	}
}

// A broken upload leaves the old object, and an early answer can be read by a
// client that sends its whole body first.
func TestBrokenAndRefusedBodies(t *testing.T) {
	e, a := start(t, localswift.Options{MaxObject: 1 << 20})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/o", "old")
	conn, err := net.Dial("tcp", strings.TrimPrefix(e.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT /v1/AUTH_test/c/o HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %s\r\nContent-Length: 100\r\n\r\nhalf", a.token)
	conn.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, conn)
	conn.Close()
	is(t, "after a cut PUT", a.want(200, "GET", "/c/o", "").body, "old")

	big := strings.Repeat("x", 20<<20)
	a.want(413, "PUT", "/c/o", big)
	a.want(404, "PUT", "/none/o", big)
	a.want(413, "PUT", "/c/o", big, "Expect: 100-continue")
	(&as{t, a.base, ""}).want(401, "PUT", "/c/o", big)
}

func TestNamesRoundTrip(t *testing.T) {
	_, a := start(t, localswift.Options{})
	containers := []string{"c", "A_b.c-d", "ü ñ", "日本", "100%", "a:b@c", "a?b#c", `q"'\<>`, strings.Repeat("x", 256), ".dot"}
	objects := []string{
		"repo/image:tag@sha256.abc.sif", " lead", "trail ", "+", "%", "?", "#", "&", ";", `'"\<>`, "tab\there", "new\nline", "bell\a",
		"ü", "日本語", "🙂", "u\u0308", "a//b", "/lead", "trail/", ".", "..", "a/./b", "a/../b", "_under", "*[]{}|^~", "%2F", "a%2Fb", "a+b", "a=b",
		strings.Repeat("n", 1024), strings.Repeat("ü", 512),
	}
	slices.Sort(containers)
	slices.Sort(objects)
	for _, c := range containers {
		a.want(201, "PUT", "/"+esc(c), "")
	}
	is(t, "containers", strings.Join(a.names(""), "|"), strings.Join(containers, "|"))
	c := "/" + esc("ü ñ")
	for _, o := range objects {
		a.want(201, "PUT", c+"/"+esc(o), "body of "+o)
	}
	is(t, "objects", strings.Join(a.names(c), "|"), strings.Join(objects, "|"))
	for _, o := range objects {
		is(t, "body", a.want(200, "GET", c+"/"+esc(o), "").body, "body of "+o)
		a.want(204, "DELETE", c+"/"+esc(o), "")
	}
	is(t, "left", len(a.names(c)), 0)

	a.want(400, "PUT", "/"+strings.Repeat("x", 257), "")
	a.want(400, "PUT", c+"/"+strings.Repeat("x", 1025), "x")
	a.want(412, "PUT", c+"/%ff", "x")
	a.want(412, "PUT", c+"/a%00b", "x")
}

func TestRange(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/d", "0123456789", "Content-Type: text/plain")
	a.want(201, "PUT", "/c/empty", "")
	for rng, want := range map[string]string{
		"bytes=2-4": "206 bytes 2-4/10 234", "bytes=-3": "206 bytes 7-9/10 789", "bytes=5-": "206 bytes 5-9/10 56789",
		"bytes=5-100": "206 bytes 5-9/10 56789", "bytes=-100": "206 bytes 0-9/10 0123456789",
		"bytes=5-3": "200  0123456789", "bytes=x": "200  0123456789", "lines=1-2": "200  0123456789",
	} {
		r := a.do("GET", "/c/d", "", "Range: "+rng)
		is(t, rng, fmt.Sprint(r.status, " ", r.header.Get("Content-Range"), " ", r.body), want)
		is(t, rng+" length", r.header.Get("Content-Length"), fmt.Sprint(len(r.body)))
	}
	for _, rng := range []string{"bytes=20-30", "bytes=-0", "bytes=10-"} {
		r := a.want(416, "GET", "/c/d", "", "Range: "+rng)
		is(t, "Content-Range", r.header.Get("Content-Range"), "bytes */10")
	}
	a.want(416, "GET", "/c/empty", "", "Range: bytes=0-")
	a.want(200, "GET", "/c/empty", "", "Range: bytes=-5")
	is(t, "HEAD", a.want(200, "HEAD", "/c/d", "", "Range: bytes=1-2").header.Get("Content-Length"), "10")

	r := a.want(206, "GET", "/c/d", "", "Range: bytes=0-1,4-5")
	boundary, ok := strings.CutPrefix(r.header.Get("Content-Type"), "multipart/byteranges;boundary=")
	if !ok {
		t.Fatalf("type %q", r.header.Get("Content-Type"))
	}
	part := func(rng, body string) string {
		return "--" + boundary + "\r\nContent-Type: text/plain\r\nContent-Range: bytes " + rng + "/10\r\n\r\n" + body + "\r\n"
	}
	is(t, "multipart", r.body, part("0-1", "01")+part("4-5", "45")+"--"+boundary+"--")
}

func TestConditions(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/d", "0123456789")
	etag := md5hex("0123456789")
	for header, want := range map[string]int{
		"If-Match: " + etag: 200, `If-Match: "` + etag + `"`: 200, `If-Match: "no"`: 412, "If-Match: *": 200, `If-Match: "no", "` + etag + `"`: 200,
		"If-None-Match: " + etag: 304, `If-None-Match: "` + etag + `"`: 304, `If-None-Match: "no"`: 200, "If-None-Match: *": 304,
		"If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT": 304, "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT": 200,
		"If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT": 412, "If-Unmodified-Since: Fri, 01 Jan 2100 00:00:00 GMT": 200,
		"If-Modified-Since: nonsense": 200,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			is(t, method+" "+header, a.do(method, "/c/d", "", header).status, want)
		}
	}
	a.want(412, "GET", "/c/none", "", "If-Match: *")
	is(t, "with Range", a.want(206, "GET", "/c/d", "", "If-Match: "+etag, "Range: bytes=0-0").body, "0")
	a.want(206, "GET", "/c/d", "", `If-Range: "no"`, "Range: bytes=0-0") // seen: ignored
	a.want(http.StatusPreconditionFailed, "GET", "/c/d", "", `If-Match: "no"`, "Range: bytes=0-0")
}
