package localswift_test

import (
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

func TestCopy(t *testing.T) {
	e, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/d", "")
	a.want(201, "PUT", "/c/"+esc("ü/1"), "0123456789", "X-Object-Meta-A: 1", "X-Object-Meta-B: 2", "Content-Type: x/y; z=1", "Content-Encoding: e")
	from := "/c/" + esc("ü/1")

	r := a.want(201, "COPY", from, "", "Destination: /d/"+esc("ñ"))
	is(t, "etag", r.header.Get("Etag"), md5hex("0123456789"))
	is(t, "from", r.header.Get("X-Copied-From"), "c/"+esc("ü/1"))
	is(t, "account", r.header.Get("X-Copied-From-Account"), "AUTH_test")
	r = a.want(200, "GET", "/d/"+esc("ñ"), "")
	is(t, "copy", r.body+r.header.Get("X-Object-Meta-A")+r.header.Get("Content-Type")+r.header.Get("Content-Encoding"), "01234567891x/y; z=1e")

	a.want(201, "PUT", "/d/2", "", "X-Copy-From: "+strings.TrimPrefix(from, "/"), "X-Object-Meta-B: new", "Content-Type: n/w")
	r = a.want(200, "GET", "/d/2", "")
	is(t, "merged", r.body+r.header.Get("X-Object-Meta-A")+r.header.Get("X-Object-Meta-B")+r.header.Get("Content-Type"), "01234567891newn/w")
	a.want(201, "COPY", from, "", "Destination: d/3", "X-Fresh-Metadata: true", "X-Object-Meta-C: c")
	r = a.want(200, "HEAD", "/d/3", "")
	is(t, "fresh", r.header.Get("X-Object-Meta-A")+r.header.Get("X-Object-Meta-C"), "c")
	a.want(201, "COPY", from, "", "Destination: d/4", "Range: bytes=2-4")
	is(t, "a range", a.want(200, "GET", "/d/4", "").body, "234")
	a.want(412, "COPY", from, "", "Destination: d/5", "If-Match: x")

	// Onto itself, and a copy outlives its source and the other way round.
	a.want(201, "COPY", from, "", "Destination: "+strings.TrimPrefix(from, "/"), "X-Object-Meta-A: 9")
	r = a.want(200, "GET", from, "")
	is(t, "onto itself", r.body+r.header.Get("X-Object-Meta-A"), "01234567899")
	a.want(204, "DELETE", from, "")
	is(t, "outlives", a.want(200, "GET", "/d/2", "").body, "0123456789")
	a.want(204, "DELETE", "/d/2", "")
	is(t, "outlives", a.want(200, "GET", "/d/3", "").body, "0123456789")

	a.want(404, "COPY", "/c/none", "", "Destination: d/x")
	a.want(404, "COPY", "/d/3", "", "Destination: none/x")
	a.want(412, "COPY", "/d/3", "", "Destination: x")
	a.want(412, "COPY", "/d/3", "")
	a.want(412, "PUT", "/d/x", "", "X-Copy-From: x")
	a.want(400, "PUT", "/d/x", "body", "X-Copy-From: d/3")

	// Across accounts both sides' rights count.
	other := signIn(t, e, testUsers[2])
	mine := &as{t, e.URL + "/v1/AUTH_other", other.token}
	mine.want(201, "PUT", "/o", "")
	mine.want(403, "PUT", "/o/x", "", "X-Copy-From: d/3", "X-Copy-From-Account: AUTH_test")
	a.want(204, "POST", "/d", "", "X-Container-Read: other")
	mine.want(201, "PUT", "/o/x", "", "X-Copy-From: d/3", "X-Copy-From-Account: AUTH_test")
	is(t, "across", mine.want(200, "GET", "/o/x", "").body, "0123456789")
	other.want(201, "COPY", "/d/3", "", "Destination: o/y", "Destination-Account: AUTH_other")
	a.want(403, "COPY", "/d/3", "", "Destination: o/z", "Destination-Account: AUTH_other")
}
