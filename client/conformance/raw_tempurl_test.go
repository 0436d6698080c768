package conformance

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"strings"
	"testing"
	"time"
)

// signedPath is the path of an object as signatures have it.
func (x *endpoint) signedPath(object string) string {
	u, err := url.Parse(x.owner.url)
	if err != nil {
		x.Fatal(err)
	}
	return u.Path + "/" + x.container + "/" + object
}

// tempURL is the query of a TempURL.
func (x *endpoint) tempURL(digest func() hash.Hash, method, path string, expires int64) string {
	h := hmac.New(digest, []byte(x.key))
	fmt.Fprintf(h, "%s\n%d\n%s", method, expires, path)
	return fmt.Sprintf("temp_url_sig=%s&temp_url_expires=%d", hex.EncodeToString(h.Sum(nil)), expires)
}

// No case asks for a container with a TempURL: the gateway of Ceph 16.2 crashes on it.
func TestRawTempURL(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.steps(
			step{does: "POST /.", head: "X-Account-Meta-Temp-URL-Key: " + x.key, status: 204},
			step{does: "HEAD /.", status: 204, shows: "X-Account-Meta-Temp-Url-Key: " + x.key},
			step{does: "PUT d", send: "0123456789", head: "X-Object-Meta-Color: red", status: 201},
		)
		soon := time.Now().Add(time.Hour).Unix()
		path := x.signedPath("d")
		get := x.tempURL(sha1.New, "GET", path, soon)
		newer := pick(c.TempURLDigests, 200, 403)
		bad := pick(c.TempURLDigests, 401, 403)
		x.steps(
			step{does: "GET d", by: nobody, query: get, status: 200, body: "0123456789", shows: lines("Content-Disposition: *",
				"X-Object-Meta-Color:"+pick(c.TempURLHidesMetadata, "", "red"))},
			step{does: "GET d", by: nobody, query: x.tempURL(sha256.New, "GET", path, soon), status: newer},
			step{does: "GET d", by: nobody, query: x.tempURL(sha512.New, "GET", path, soon), status: newer},
			step{does: "HEAD d", by: nobody, query: get, status: 200, shows: "Content-Length: 10"},
			step{does: "GET d", by: nobody, query: get, head: "Range: bytes=2-3", status: 206, body: "23"},
			step{does: "GET d", by: nobody, query: get + "&filename=x.sif", status: 200, body: "0123456789"},
			step{does: "GET d", by: nobody, query: get + "&inline", status: 200, shows: "Content-Disposition: inline"},
			step{does: "PUT d", by: nobody, query: get, send: "x", status: bad},
			step{does: "DELETE d", by: nobody, query: get, status: bad},
			step{does: "GET e", by: nobody, query: get, status: bad},
			step{does: "GET d", by: nobody, query: x.tempURL(sha1.New, "GET", path, soon-7200), status: 401},
			step{does: "GET d", by: nobody, query: strings.Replace(get, "sig=", "sig=00", 1), status: bad},
			step{does: "GET d", by: nobody, query: get[:strings.Index(get, "&")], status: 401},
			step{does: "PUT up", by: nobody, query: x.tempURL(sha1.New, "PUT", x.signedPath("up"), soon), send: "up", status: 201},
			step{does: "GET up", status: 200, body: "up"},
			step{does: "DELETE up", by: nobody, query: x.tempURL(sha1.New, "DELETE", x.signedPath("up"), soon), status: 204},
			step{does: "GET none", by: nobody, query: x.tempURL(sha1.New, "GET", x.signedPath("none"), soon), status: 404},
		)
		iso := time.Unix(soon, 0).UTC().Format("2006-01-02T15:04:05Z")
		x.steps(step{does: "GET d", by: nobody, query: strings.Replace(get, fmt.Sprint(soon), iso, 1), status: 200})
		prefix := x.tempURL(sha1.New, "GET", "prefix:"+strings.TrimSuffix(path, "d"), soon) + "&temp_url_prefix="
		x.steps(step{does: "GET d", by: nobody, query: prefix, status: 200})
		x.put("%C3%BC%20x", "encoded")
		x.steps(step{does: "GET %C3%BC%20x", by: nobody, query: x.tempURL(sha1.New, "GET", x.signedPath("ü x"), soon), status: 200, body: "encoded"})
		x.containerKey(soon)
	})
}

// containerKey signs with a key of the container's own.
func (x *endpoint) containerKey(soon int64) {
	x.Helper()
	own := *x
	own.key = "of the container"
	x.steps(
		step{does: "POST .", head: "X-Container-Meta-Temp-URL-Key: " + own.key, status: 204},
		step{does: "GET d", by: nobody, query: own.tempURL(sha1.New, "GET", x.signedPath("d"), soon), status: pick(x.caps.TempURLContainerKey, 200, 403)},
	)
}
