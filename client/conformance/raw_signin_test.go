package conformance

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestRawSignIn(t *testing.T) {
	raw(t, func(x *endpoint) {
		if x.caps.Keystone {
			x.keystoneSignIn()
		} else {
			x.legacySignIn()
		}
		x.tokens()
	})
}

// legacySignIn is v1 authentication.
func (x *endpoint) legacySignIn() {
	c := x.caps
	auth := "GET " + x.owner.at + "/auth/v1.0"
	good := lines("X-Auth-User: "+x.owner.user, "X-Auth-Key: "+x.owner.key)
	path := strings.TrimPrefix(x.owner.url, x.owner.at)
	if path != c.StoragePath {
		x.Errorf("the storage is at %s, want %s", path, c.StoragePath)
	}
	x.steps(
		step{does: auth, by: nobody, head: good, status: c.SignedIn, body: nothing, shows: lines(
			"X-Auth-Token: "+pick(c.SameToken, x.owner.token, "*"), "X-Storage-Token: "+pick(c.SameToken, x.owner.token, "*"), "X-Storage-Url: "+x.owner.url,
			"X-Auth-Token-Expires:"+pick(c.TokenLifeTold, "*", ""))},
		step{does: auth, by: nobody, head: good + "\nHost: example.org:99", status: c.SignedIn,
			shows: "X-Storage-Url: http://example.org:99" + path},
		step{does: auth, by: nobody, head: lines("X-Storage-User: "+x.owner.user, "X-Storage-Pass: "+x.owner.key),
			status: pick(c.StorageUserHeader, c.SignedIn, 401)},
		step{does: auth, by: nobody, head: lines("X-Auth-User: "+x.owner.user, "X-Auth-Key: wrong"), status: 401,
			shows: "Content-Type: " + c.SignInErrorType},
		step{does: auth, by: nobody, head: "X-Auth-User: " + x.owner.user, status: 401},
		step{does: auth, by: nobody, head: lines("X-Auth-User: no:body", "X-Auth-Key: x"), status: c.UnknownUser},
		step{does: auth, by: nobody, head: lines("X-Auth-User: nobody", "X-Auth-Key: x"), status: c.UnknownUser},
		step{does: auth, by: nobody, status: 401},
		step{does: strings.Replace(auth, "GET", "POST", 1), by: nobody, head: good, status: c.SignInByPOST},
	)
}

// keystoneSignIn is identity API v3.
func (x *endpoint) keystoneSignIn() {
	tokens := "POST " + os.Getenv("OS_AUTH_URL") + "/auth/tokens"
	wrong := *x.owner
	wrong.key = "wrong"
	elsewhere := *x.owner
	elsewhere.project = x.guest.project
	x.steps(
		step{does: tokens, by: nobody, head: "Content-Type: application/json", send: tokenRequest(x.owner), status: 201, shows: "X-Subject-Token: *"},
		step{does: tokens, by: nobody, head: "Content-Type: application/json", send: tokenRequest(&wrong), status: 401},
		step{does: tokens, by: nobody, head: "Content-Type: application/json", send: tokenRequest(&elsewhere), status: 401},
	)
	if path := x.owner.url[strings.Index(x.owner.url, "/v1/"):]; !strings.HasPrefix(path, x.caps.StoragePath) {
		x.Errorf("the storage is at %s, want %s...", path, x.caps.StoragePath)
	}
}

// tokens are needed on every path of the storage.
func (x *endpoint) tokens() {
	c := x.caps
	bad := &session{token: "AUTH_tk00000000000000000000000000000000"}
	x.put("o", "hello")
	x.steps(
		step{does: "GET o", status: 200, body: "hello"},
		step{does: "GET o", by: nobody, status: 401, shows: "Www-Authenticate: " + pick(c.AsksToSignIn, "*", "")},
		step{does: "GET o", by: bad, status: 401},
		step{does: "GET none", by: nobody, status: 401},
		step{does: "PUT p", by: nobody, send: "x", status: 401},
		step{does: "DELETE o", by: nobody, status: 401},
		step{does: "GET .", by: nobody, status: c.AnonymousListing},
		step{does: "GET .", by: bad, status: 401},
		step{does: "PUT .", by: nobody, status: c.AnonymousPut},
		step{does: "GET /.", by: nobody, status: c.AnonymousAccount},
		step{does: "GET /.", by: bad, status: 401},
		step{does: "GET o", by: nobody, head: "X-Storage-Token: " + x.owner.token, status: pick(c.StorageTokenHeader, 200, 401)},
		step{does: "GET o", by: x.guest, status: 403},
		step{does: "PUT o", by: x.guest, send: "x", status: 403},
		step{does: "GET .", by: x.guest, status: 403},
		step{does: "DELETE .", by: x.guest, status: 403},
		step{does: "GET o", status: 200, body: "hello"},
	)
	root := x.owner.url[:strings.Index(x.owner.url, "/v1")]
	for path, status := range map[string]int{"/info": 200, "/healthcheck": 200} {
		x.steps(step{does: "GET " + root + path, by: nobody, status: status})
	}
	for _, method := range []string{http.MethodPatch, "FOO"} {
		x.steps(step{does: method + " o", status: 405}, step{does: method + " .", status: 405})
	}
}
