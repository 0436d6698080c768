package localswift_test

import (
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

func TestAccessLists(t *testing.T) {
	e, a := start(t, localswift.Options{})
	colleague, stranger, nobody := signIn(t, e, testUsers[1]), signIn(t, e, testUsers[2]), anonymous(t, e)
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/o", "hello")
	for _, who := range []*as{colleague, stranger} {
		who.want(403, "GET", "", "")
		who.want(403, "GET", "/c", "")
		who.want(403, "GET", "/c/o", "")
		who.want(403, "GET", "/none", "")
		who.want(403, "PUT", "/c", "")
		who.want(403, "PUT", "/c/o", "x")
		who.want(403, "DELETE", "/c/o", "")
		who.want(403, "POST", "/c", "", "X-Container-Read: .r:*")
	}
	nobody.want(401, "GET", "/c/o", "")
	nobody.want(401, "GET", "/none/o", "")

	a.want(204, "POST", "/c", "", "X-Container-Read: .r:*")
	nobody.want(200, "GET", "/c/o", "")
	nobody.want(200, "HEAD", "/c/o", "")
	nobody.want(401, "GET", "/c", "")
	a.want(204, "POST", "/c", "", "X-Container-Read: .r:* , .rlistings")
	r := nobody.want(200, "GET", "/c", "")
	is(t, "strangers do not see the list", r.header.Get("X-Container-Read"), "")
	is(t, "owners do, in standard form", a.want(204, "HEAD", "/c", "").header.Get("X-Container-Read"), ".r:*,.rlistings")
	nobody.want(401, "PUT", "/c/o", "x")
	nobody.want(401, "GET", "", "")

	a.want(204, "POST", "/c", "", "X-Container-Read: .r:.example.com,.r:-bad.example.com")
	nobody.want(200, "GET", "/c/o", "", "Referer: http://www.example.com/x")
	nobody.want(401, "GET", "/c/o", "", "Referer: http://bad.example.com/x")
	nobody.want(401, "GET", "/c/o", "")

	a.want(204, "POST", "/c", "", "X-Container-Read: test:colleague", "X-Container-Write: other")
	colleague.want(200, "GET", "/c", "")
	colleague.want(200, "GET", "/c/o", "")
	colleague.want(403, "PUT", "/c/o", "x")
	colleague.want(403, "PUT", "/c", "")
	stranger.want(403, "GET", "/c/o", "")
	stranger.want(201, "PUT", "/c/o", "by a stranger")
	stranger.want(202, "POST", "/c/o", "")
	stranger.want(204, "DELETE", "/c/o", "")
	stranger.want(403, "DELETE", "/c", "")
	a.want(204, "POST", "/c", "", "X-Remove-Container-Write: x", "X-Container-Read: ")
	stranger.want(403, "PUT", "/c/o", "x")
	colleague.want(403, "GET", "/c", "")

	a.want(400, "POST", "/c", "", "X-Container-Write: .r:*")
	a.want(400, "POST", "/c", "", "X-Container-Read: .x:*")
	a.want(400, "POST", "/c", "", "X-Container-Read: .r:")

	a.want(204, "POST", "", "", `X-Account-Access-Control: {"read-only":["test:colleague"],"read-write":["other"]}`)
	a.want(201, "PUT", "/c/o", "hello")
	colleague.want(200, "GET", "", "")
	colleague.want(200, "GET", "/c/o", "")
	colleague.want(403, "PUT", "/c/o", "x")
	stranger.want(201, "PUT", "/new", "")
	stranger.want(201, "PUT", "/c/o", "x")
	stranger.want(403, "POST", "", "", "X-Account-Meta-A: b")
	a.want(400, "POST", "", "", `X-Account-Access-Control: {"all":["x"]}`)
	a.want(204, "POST", "", "", `X-Account-Access-Control: {"admin":["test:colleague"]}`)
	colleague.want(204, "POST", "", "", "X-Account-Meta-A: b")
	stranger.want(403, "GET", "", "")
	root := signIn(t, e, testUsers[3])
	root.want(200, "GET", "/c/o", "")
}

func TestMetadata(t *testing.T) {
	_, a := start(t, localswift.Options{})
	for _, path := range []string{"", "/c"} {
		kind := "Account"
		if path != "" {
			kind = "Container"
			a.want(201, "PUT", path, "", "X-Container-Meta-First: 1")
		}
		a.want(204, "POST", path, "", "X-"+kind+"-Meta-A: 1", "X-"+kind+"-Meta-B: ü")
		a.want(204, "POST", path, "", "X-"+kind+"-Meta-A: 2")
		r := a.want(204, "HEAD", path, "")
		is(t, kind+" merged", r.header.Get("X-"+kind+"-Meta-A")+r.header.Get("X-"+kind+"-Meta-B"), "2ü")
		a.want(204, "POST", path, "", "X-Remove-"+kind+"-Meta-A: x", "X-"+kind+"-Meta-B: ")
		r = a.want(204, "HEAD", path, "")
		is(t, kind+" removed", r.header.Get("X-"+kind+"-Meta-A")+r.header.Get("X-"+kind+"-Meta-B"), "")
		a.want(400, "POST", path, "", "X-"+kind+"-Meta-Bad: \xff")
	}
	is(t, "of the PUT", a.want(204, "HEAD", "/c", "").header.Get("X-Container-Meta-First"), "1")
	a.want(202, "PUT", "/c", "", "X-Container-Meta-First: 2")
	is(t, "of the second PUT", a.want(204, "HEAD", "/c", "").header.Get("X-Container-Meta-First"), "2")
	a.want(400, "PUT", "/p", "", "X-Storage-Policy: gold")
	a.want(201, "PUT", "/p", "", "X-Storage-Policy: Policy-0")
	a.want(403, "DELETE", "", "")
	a.want(404, "POST", "/none", "", "X-Container-Meta-A: b")
}
