package localswift_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

func TestBulkDelete(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/d", "")
	for _, n := range []string{"1", "ü", "a/b"} {
		a.want(201, "PUT", "/c/"+esc(n), n)
	}
	a.want(201, "PUT", "/d/x", "x")
	r := a.want(200, "POST", "?bulk-delete", "c\nc/1\n/c/%C3%BC\nc/a/b\n\nc/none\nnone/x\n%ff/x\nd\n", "Content-Type: text/plain", "Accept: application/json")
	is(t, "report", r.body, `{"Response Status": "400 Bad Request", "Response Body": "", "Number Deleted": 4, "Number Not Found": 2, "Errors": [["%FF/x", "412 Precondition Failed"], ["d", "409 Conflict"]]}`)
	a.want(404, "HEAD", "/c", "")
	r = a.want(200, "DELETE", "?bulk-delete=1", "d/x", "Content-Type: text/plain")
	is(t, "text", r.body, "Number Deleted: 1\nNumber Not Found: 0\nResponse Body: \nResponse Status: 200 OK\nErrors:\n")
	is(t, "nothing", strings.Contains(a.want(200, "POST", "?bulk-delete", "").body, "Response Body: Invalid bulk delete.\nResponse Status: 400"), true)
	is(t, "too many", strings.Contains(a.want(200, "POST", "?bulk-delete", strings.Repeat("d/x\n", 10001)).body, "Response Status: 413"), true)
	anon := &as{t, a.base, ""}
	is(t, "without rights", strings.Contains(anon.want(200, "POST", "?bulk-delete", "d/x").body, "d/x, 401 Unauthorized"), true)
}

func TestInfo(t *testing.T) {
	e, _ := start(t, localswift.Options{MaxObject: 1000})
	var info struct {
		Swift struct {
			MaxFileSize int64 `json:"max_file_size"`
		}
		SLO     map[string]any
		TempURL map[string]any
	}
	r := (&as{t, e.URL, ""}).want(200, "GET", "/info", "")
	if err := json.Unmarshal([]byte(r.body), &info); err != nil {
		t.Fatal(err)
	}
	is(t, "max_file_size", info.Swift.MaxFileSize, 1000)
	is(t, "segments", info.SLO["max_manifest_segments"].(float64), 1000)
	is(t, "digests", fmt.Sprint(info.TempURL["allowed_digests"]), "[sha1 sha256 sha512]")
	is(t, "symlink", strings.Contains(r.body, "symlink"), false)
}

func TestQuota(t *testing.T) {
	e, a := start(t, localswift.Options{})
	a.want(400, "PUT", "/c", "", "X-Container-Meta-Quota-Bytes: many")
	a.want(201, "PUT", "/c", "", "X-Container-Meta-Quota-Bytes: 5", "X-Container-Meta-Quota-Count: 2")
	a.want(201, "PUT", "/c/a", "1234")
	r := a.want(413, "PUT", "/c/b", "12")
	is(t, "text", r.body, "Upload exceeds quota.")
	a.want(201, "PUT", "/c/b", "1")
	a.want(413, "PUT", "/c/c", "")
	a.want(413, "PUT", "/c/x", "", "X-Copy-From: c/a")
	a.want(204, "DELETE", "/c/a", "")
	a.want(201, "PUT", "/c/c", "123")
	a.want(403, "POST", "", "", "X-Account-Meta-Quota-Bytes: 10")
	signIn(t, e, testUsers[3]).want(204, "POST", "", "", "X-Account-Meta-Quota-Bytes: 10")
	a.want(201, "PUT", "/d", "")
	a.want(413, "PUT", "/d/x", "1234567")
	a.want(201, "PUT", "/d/x", "123456")
}

func TestExpiry(t *testing.T) {
	now := time.Now()
	_, a := start(t, localswift.Options{Now: func() time.Time { return now }})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/o", "x", "X-Delete-After: 10")
	is(t, "X-Delete-At", a.want(200, "HEAD", "/c/o", "").header.Get("X-Delete-At"), fmt.Sprint(now.Unix()+10))
	a.want(201, "PUT", "/c/kept", "x", fmt.Sprint("X-Delete-At: ", now.Unix()+10))
	a.want(202, "POST", "/c/kept", "")
	now = now.Add(11 * time.Second)
	a.want(404, "GET", "/c/o", "")
	a.want(404, "DELETE", "/c/o", "")
	a.want(200, "GET", "/c/kept", "")
	is(t, "still listed", strings.Join(a.names("/c"), " "), "kept o")
	a.want(201, "PUT", "/c/o", "again", "If-None-Match: *")
	a.want(201, "PUT", "/c/o", "x", "X-Delete-After: 10")
	now = now.Add(10 * time.Minute)
	a.want(404, "GET", "/c/o", "")
	is(t, "swept at last", strings.Join(a.names("/c"), " "), "kept")
}
