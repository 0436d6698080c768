package localswift_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

func sign(h func() hash.Hash, key, method string, expires int64, path string) []byte {
	m := hmac.New(h, []byte(key))
	fmt.Fprintf(m, "%s\n%d\n%s", method, expires, path)
	return m.Sum(nil)
}

func TestTempURL(t *testing.T) {
	now := time.Now()
	e, a := start(t, localswift.Options{Now: func() time.Time { return now }})
	nobody := anonymous(t, e)
	a.want(204, "POST", "", "", "X-Account-Meta-Temp-URL-Key: k", "X-Account-Meta-Temp-URL-Key-2: k2")
	a.want(201, "PUT", "/c", "", "X-Container-Meta-Temp-URL-Key: ck")
	a.want(201, "PUT", "/c/"+esc("d/ü"), "0123456789", "X-Object-Meta-Secret: s", "X-Object-Meta-Public-P: p")
	exp := now.Unix() + 60
	object := "/v1/AUTH_test/c/d/ü"
	link := func(path, sig string, expires any, more string) string {
		return fmt.Sprintf("/c/%s?temp_url_sig=%s&temp_url_expires=%v%s", esc(path), sig, expires, more)
	}
	hexed := func(h func() hash.Hash, key, method string) string {
		return hex.EncodeToString(sign(h, key, method, exp, object))
	}
	for _, h := range []func() hash.Hash{sha1.New, sha256.New, sha512.New} {
		for _, key := range []string{"k", "k2", "ck"} {
			is(t, "body", nobody.want(200, "GET", link("d/ü", hexed(h, key, "GET"), exp, ""), "").body, "0123456789")
		}
	}
	good := hexed(sha256.New, "k", "GET")
	r := nobody.want(200, "HEAD", link("d/ü", good, exp, ""), "")
	is(t, "disposition", r.header.Get("Content-Disposition"), `attachment; filename="%C3%BC"; filename*=UTF-8''%C3%BC`)
	is(t, "secrets", r.header.Get("X-Object-Meta-Secret")+r.header.Get("X-Object-Meta-Public-P"), "p")
	is(t, "Expires", r.header.Get("Expires"), time.Unix(exp, 0).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	is(t, "filename", nobody.want(200, "GET", link("d/ü", good, exp, "&filename=a%20b"), "").header.Get("Content-Disposition"), `attachment; filename="a b"; filename*=UTF-8''a%20b`)
	is(t, "inline", nobody.want(200, "GET", link("d/ü", good, exp, "&inline"), "").header.Get("Content-Disposition"), "inline")
	is(t, "range", nobody.want(206, "GET", link("d/ü", good, exp, ""), "", "Range: bytes=2-3").body, "23")
	nobody.want(200, "GET", link("d/ü", good, time.Unix(exp, 0).UTC().Format("2006-01-02T15:04:05Z"), ""), "")
	nobody.want(200, "GET", link("d/ü", "sha256:"+base64.URLEncoding.EncodeToString(sign(sha256.New, "k", "GET", exp, object)), exp, ""), "")
	prefix := hex.EncodeToString(sign(sha256.New, "k", "GET", exp, "prefix:/v1/AUTH_test/c/d/"))
	nobody.want(200, "GET", link("d/ü", prefix, exp, "&temp_url_prefix=d/"), "")
	nobody.want(401, "GET", link("x", prefix, exp, "&temp_url_prefix=d/"), "")

	nobody.want(401, "PUT", link("d/ü", good, exp, ""), "x")
	nobody.want(401, "GET", link("d/ü", good, exp+1, ""), "")
	nobody.want(401, "GET", link("other", good, exp, ""), "")
	nobody.want(401, "GET", link("d/ü", good[1:], exp, ""), "")
	nobody.want(401, "GET", link("d/ü", hexed(sha256.New, "wrong", "GET"), exp, ""), "")
	nobody.want(401, "GET", "/c/x?temp_url_expires=1", "")
	a.want(401, "GET", link("d/ü", "00", exp, ""), "")

	put := hexed(sha256.New, "ck", "PUT")
	nobody.want(201, "PUT", link("d/ü", put, exp, ""), "new")
	nobody.want(200, "HEAD", link("d/ü", put, exp, ""), "")
	nobody.want(400, "PUT", link("d/ü", put, exp, ""), "", "X-Object-Manifest: c/x")
	nobody.want(401, "PUT", link("d/ü", put, exp, ""), "", "X-Copy-From: other/x")
	nobody.want(204, "DELETE", link("d/ü", hexed(sha1.New, "k", "DELETE"), exp, ""), "")
	nobody.want(404, "GET", link("d/ü", good, exp, ""), "")

	now = now.Add(61 * time.Second)
	is(t, "expired", nobody.want(401, "GET", link("d/ü", good, exp, ""), "").body, "401 Unauthorized: Temp URL invalid\n")
}
