package localswift_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

// rgw starts an endpoint that answers as RGW. Its containers are common to all
// users.
func rgw(t *testing.T, o localswift.Options) (owner, stranger, nobody *as) {
	t.Helper()
	o.Personality = localswift.RGW
	e, a := start(t, o)
	return a, signIn(t, e, testUsers[2]), anonymous(t, e)
}

func TestRGWSignIn(t *testing.T) {
	a, _, nobody := rgw(t, localswift.Options{})
	base := strings.TrimSuffix(a.base, "/swift/v1")
	at := &as{t, base, ""}
	for _, path := range []string{"/auth", "/auth/", "/auth/v1.0", "/auth/1.0", "/auth/anything"} {
		r := at.want(204, "GET", path, "", "X-Auth-User: test:owner", "X-Auth-Key: k1")
		is(t, "storage URL", r.header.Get("X-Storage-Url"), base+"/swift/v1")
		is(t, "expiry", r.header.Get("X-Auth-Token-Expires"), "")
	}
	r := at.want(401, "GET", "/auth", "", "X-Auth-User: test:owner", "X-Auth-Key: bad")
	is(t, "JSON", strings.HasPrefix(r.body, `{"Code":"AccessDenied","Message":"","RequestId":"`), true)
	at.want(403, "GET", "/auth", "", "X-Auth-User: test:none", "X-Auth-Key: bad")
	at.want(401, "GET", "/auth", "", "X-Storage-User: test:owner", "X-Storage-Pass: k1")
	at.want(401, "GET", "/auth", "")
	at.want(405, "POST", "/auth", "")
	is(t, "info", strings.Contains(at.want(200, "GET", "/swift/info", "").body, "min_segment_size"), false)
	is(t, "S3", strings.Contains(at.want(404, "GET", "/info", "").body, "<Code>NoSuchBucket</Code>"), true)

	is(t, "account", nobody.want(404, "GET", "", "").body, "NoSuchKey")
	nobody.want(404, "GET", "/con", "")
	a.want(201, "PUT", "/con", "")
	is(t, "moved", nobody.want(301, "GET", "/con", "").header.Get("Location"), "/swift/v1/con/")
	nobody.want(403, "GET", "/con/", "")
	nobody.want(401, "GET", "/con/o", "")
	is(t, "bad token", (&as{t, a.base, "AUTH_rgwtk00"}).want(401, "GET", "/con", "").body, "AccessDenied")
	is(t, "X-Storage-Token", nobody.do("GET", "/con/o", "", "X-Storage-Token: "+a.token).status, 401)
}

func TestRGWContainers(t *testing.T) {
	a, stranger, nobody := rgw(t, localswift.Options{})
	for _, bad := range []string{"ab", ".dot", strings.Repeat("x", 256)} {
		is(t, bad, a.want(400, "PUT", "/"+bad, "").body, "InvalidBucketName")
		a.want(400, "GET", "/"+bad+"/x", "")
	}
	a.want(201, "PUT", "/con", "")
	a.want(202, "PUT", "/con", "")
	is(t, "somebody else's", stranger.want(409, "PUT", "/con", "").body, "BucketAlreadyExists")
	stranger.want(403, "GET", "/con", "")
	is(t, "missing", stranger.want(404, "GET", "/none", "").body, "NoSuchBucket")
	a.want(204, "POST", "/con", "", "X-Container-Read: .r:*,.rlistings")
	a.want(409, "PUT", "/con", "")
	a.want(201, "PUT", "/con/o", "hello")
	nobody.want(200, "GET", "/con/o", "")
	nobody.want(200, "GET", "/con/", "")
	stranger.want(200, "GET", "/con/o", "")
	a.want(204, "POST", "/con", "", "X-Remove-Container-Read: x")
	nobody.want(200, "GET", "/con/o", "")
	a.want(204, "POST", "/con", "", "X-Container-Read: ")
	nobody.want(401, "GET", "/con/o", "")
	is(t, "not empty", a.want(409, "DELETE", "/con", "").body, "There was a conflict when trying to complete your request.")
	is(t, "no object", a.want(404, "GET", "/con/none", "").body, "NoSuchKey")
	is(t, "created", a.want(200, "GET", "/con", "").header.Get("X-Timestamp"), "0.00000")
	is(t, "no account in the path", a.want(404, "GET", "/AUTH_test/con", "").body, "NoSuchBucket")
}

func TestRGWListings(t *testing.T) {
	a, _, _ := rgw(t, localswift.Options{})
	a.want(201, "PUT", "/con", "")
	for i := range 1003 {
		a.want(201, "PUT", fmt.Sprintf("/con/%04d", i), "")
	}
	is(t, "no limit", len(a.names("/con")), 1003)
	is(t, "cut limit", len(a.names("/con?limit=10000")), 1000)
	is(t, "cut limit", len(a.names("/con?limit=20000")), 1000)
	a.want(204, "GET", "/con?limit=0", "")
	a.want(204, "GET", "/con?limit=-1", "")
	a.want(400, "GET", "/con?limit=x", "")
	a.want(412, "GET", "?limit=10001", "")
	is(t, "reverse is ignored", a.names("/con?reverse=true")[0], "0000")
	is(t, "text", a.want(200, "GET", "/con?limit=2", "").body, "0000\n0001")
	r := a.want(200, "GET", "/con?limit=1&format=json", "")
	if !strings.HasPrefix(r.body, `[{"name":"0000","hash":"d41d8cd98f00b204e9800998ecf8427e","bytes":0,"last_modified":"`) || !strings.HasSuffix(r.body, `Z"}]`) {
		t.Errorf("JSON: %s", r.body)
	}
	is(t, "default type", a.want(200, "HEAD", "/con/0000", "").header.Get("Content-Type"), "binary/octet-stream")
	is(t, "account", a.want(200, "GET", "?format=json", "").body, `[{"name":"con","count":1003,"bytes":0}]`)
}

func TestRGWObjects(t *testing.T) {
	a, _, _ := rgw(t, localswift.Options{MaxObject: 1000})
	a.want(201, "PUT", "/con", "")
	a.want(201, "PUT", "/con/o", "0123456789", "X-Object-Meta-Under_Score: x", "Content-Disposition: d")
	etag := md5hex("0123456789")
	is(t, "meta", a.want(200, "HEAD", "/con/o", "").header.Get("X-Object-Meta-Under-Score"), "x")
	a.want(422, "PUT", "/con/o", "x", `ETag: "`+md5hex("x")+`"`)
	a.want(201, "PUT", "/con/o", "0123456789", "If-None-Match: *", "ETag: "+etag)
	is(t, "too large", a.want(400, "PUT", "/con/o", strings.Repeat("x", 1001)).body, "EntityTooLarge")
	a.want(201, "PUT", "/con/o", "0123456789", "X-Object-Meta-Long: "+strings.Repeat("x", 8000), "Content-Disposition: d")
	a.want(202, "POST", "/con/o", "", "X-Object-Meta-A: b")
	r := a.want(200, "HEAD", "/con/o", "")
	is(t, "after POST", r.header.Get("X-Object-Meta-Long")+r.header.Get("X-Object-Meta-A")+r.header.Get("Content-Disposition"), "bd")
	for header, want := range map[string]int{
		"If-None-Match: *": 200, "If-None-Match: " + etag: 304, "If-Match: *": 412, "If-Match: " + etag: 200,
		`If-Match: "x", "` + etag + `"`: 412, "Range: bytes=20-": 416, "Range: bytes=3-1": 416, "Range: bytes=1-2": 206,
	} {
		is(t, header, a.do("GET", "/con/o", "", header).status, want)
	}
	is(t, "first range only", a.want(206, "GET", "/con/o", "", "Range: bytes=0-1,4-5").body, "01")
	is(t, "304", a.want(304, "GET", "/con/o", "", "If-None-Match: "+etag).header.Get("Last-Modified"), "Thu, 01 Jan 1970 00:00:00 GMT")
	is(t, "HEAD with Range", a.want(206, "HEAD", "/con/o", "", "Range: bytes=1-2").header.Get("Content-Length"), "2")
	a.want(201, "COPY", "/con/o", "", "Destination: con/p", "Range: bytes=1-2", "If-Match: x")
	is(t, "copy", a.want(200, "GET", "/con/p", "").body, "0123456789")
	a.want(400, "PUT", "/con/%ff", "x")
}

func TestRGWLargeObjects(t *testing.T) {
	a, _, _ := rgw(t, localswift.Options{})
	a.want(201, "PUT", "/con", "")
	m := segments(a, "aaaa", "bb")
	wrong := strings.Replace(m, md5hex("bb"), "wrong", 1)
	r := a.want(201, "PUT", "/con/slo?multipart-manifest=put&heartbeat=on", wrong)
	is(t, "etags are believed", r.header.Get("Etag"), `"`+md5hex(md5hex("aaaa")+"wrong")+`"`)
	a.want(422, "PUT", "/con/slo?multipart-manifest=put", m, "ETag: "+md5hex(md5hex("aaaa")+md5hex("bb")))
	a.want(201, "PUT", "/con/slo?multipart-manifest=put", m)
	r = a.want(200, "GET", "/con/slo", "")
	is(t, "body", r.body, "aaaabb")
	is(t, "etag", r.header.Get("Etag"), `"`+md5hex(md5hex("aaaa")+md5hex("bb"))+`"`)
	is(t, "leaks", r.header.Get("X-Object-Meta-Static-Large-Object"), "True")
	is(t, "range", a.want(206, "GET", "/con/slo", "", "Range: bytes=3-4").body, "ab")
	a.want(412, "GET", "/con/slo", "", "If-Match: "+r.header.Get("Etag"))
	is(t, "listed hash", a.entries("/con")[0]["hash"].(string), "d41d8cd98f00b204e9800998ecf8427e")
	is(t, "listed size", a.entries("/con")[0]["bytes"].(float64), float64(len(m)))
	is(t, "manifest", a.want(200, "GET", "/con/slo?multipart-manifest=get", "").body, "")
	a.want(404, "PUT", "/con/x?multipart-manifest=put", strings.Replace(m, "/seg/2", "/seg/9", 1))
	a.want(400, "PUT", "/con/x?multipart-manifest=put", strings.Replace(m, `"size_bytes":2`, `"size_bytes":3`, 1))
	a.want(400, "PUT", "/con/x?multipart-manifest=put", strings.Replace(m, `"size_bytes":2`, `"size_bytes":null`, 1))
	a.want(400, "PUT", "/con/x?multipart-manifest=put", "["+strings.TrimSuffix(strings.Repeat(`{"path":"/seg/1"},`, 1001), ",")+"]")
	a.want(416, "PUT", "/con/x?multipart-manifest=put", "["+strings.Repeat(" ", 1200000)+"]")

	a.want(201, "COPY", "/con/slo", "", "Destination: con/copy")
	is(t, "a copy is a manifest", a.want(200, "HEAD", "/con/copy", "").header.Get("X-Static-Large-Object"), "True")
	a.want(201, "PUT", "/seg/2", "BB")
	is(t, "new bytes of the same length", a.want(200, "GET", "/con/slo", "").body, "aaaaBB")
	a.want(204, "DELETE", "/seg/1", "")
	a.want(404, "GET", "/con/slo", "")
	is(t, "report", strings.HasPrefix(a.want(200, "DELETE", "/con/slo?multipart-manifest=delete", "").body, "Number Deleted: 2\nNumber Not Found: 1\n"), true)
	is(t, "none", strings.Contains(a.want(200, "DELETE", "/con/none?multipart-manifest=delete", "").body, "Response Status: 400"), true)

	a.want(201, "PUT", "/seg/p/1", "x")
	a.want(201, "PUT", "/con/dlo", "", "X-Object-Manifest: seg/p")
	a.want(202, "POST", "/con/dlo", "")
	is(t, "dynamic", a.want(200, "GET", "/con/dlo", "").body, "x")
	a.want(400, "PUT", "/con/bad", "", "X-Object-Manifest: seg")
	a.want(201, "PUT", "/con/bad", "", "X-Object-Manifest: /seg/p")
	a.want(400, "GET", "/con/bad", "")
}

func TestRGWTempURLAndBulk(t *testing.T) {
	a, _, nobody := rgw(t, localswift.Options{})
	a.want(204, "POST", "", "", "X-Account-Meta-Temp-URL-Key: k")
	a.want(201, "PUT", "/con", "", "X-Container-Meta-Temp-URL-Key: ck")
	a.want(201, "PUT", "/con/o", "hello")
	exp := time.Now().Unix() + 60
	get := func(want int, sig []byte, expires int64, more string) {
		t.Helper()
		nobody.want(want, "GET", fmt.Sprintf("/con/o?temp_url_sig=%s&temp_url_expires=%d%s", hex.EncodeToString(sig), expires, more), "")
	}
	get(200, sign(sha1.New, "k", "GET", exp, "/v1/con/o"), exp, "")
	get(200, sign(sha1.New, "k", "GET", exp, "/swift/v1/con/o"), exp, "")
	get(403, sign(sha256.New, "k", "GET", exp, "/v1/con/o"), exp, "")
	get(403, sign(sha1.New, "ck", "GET", exp, "/v1/con/o"), exp, "")
	get(403, sign(sha1.New, "k", "GET", exp, "prefix:/v1/con/o"), exp, "&temp_url_prefix=o")
	get(401, sign(sha1.New, "k", "GET", 1, "/v1/con/o"), 1, "")

	lines := strings.Repeat("con/none\n", 1024) + "con/o\n"
	is(t, "lines beyond 1024", strings.HasPrefix(a.want(200, "POST", "?bulk-delete", lines).body, "Number Deleted: 0\nNumber Not Found: 1024\n"), true)
	a.want(200, "GET", "/con/o", "")
}
