package localswift_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

// segments puts bodies as /seg/1, /seg/2 ... and returns the manifest of them.
func segments(a *as, bodies ...string) string {
	a.t.Helper()
	a.do("PUT", "/seg", "")
	var list []string
	for i, b := range bodies {
		a.want(201, "PUT", fmt.Sprintf("/seg/%d", i+1), b)
		list = append(list, fmt.Sprintf(`{"path":"/seg/%d","etag":"%s","size_bytes":%d}`, i+1, md5hex(b), len(b)))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func TestStaticLargeObject(t *testing.T) {
	e, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	m := segments(a, "aaaa", "bb", "cccccc")
	whole := md5hex(md5hex("aaaa") + md5hex("bb") + md5hex("cccccc"))
	r := a.want(201, "PUT", "/c/slo?multipart-manifest=put", m, "Content-Type: text/x; a=b", "X-Object-Meta-A: b", "Etag: "+whole)
	is(t, "etag", r.header.Get("Etag"), `"`+whole+`"`)
	for _, method := range []string{"GET", "HEAD"} {
		r = a.want(200, method, "/c/slo", "")
		is(t, "etag", r.header.Get("Etag"), `"`+whole+`"`)
		is(t, "length", r.header.Get("Content-Length"), "12")
		is(t, "type", r.header.Get("Content-Type"), "text/x; a=b")
		is(t, "mark", r.header.Get("X-Static-Large-Object"), "True")
		is(t, "meta", r.header.Get("X-Object-Meta-A"), "b")
	}
	is(t, "body", a.want(200, "GET", "/c/slo", "").body, "aaaabbcccccc")
	for rng, want := range map[string]string{"0-0": "a", "3-6": "abbc", "4-5": "bb", "-3": "ccc", "5-": "bcccccc"} {
		is(t, rng, a.want(206, "GET", "/c/slo", "", "Range: bytes="+rng).body, want)
	}
	if r := a.want(206, "GET", "/c/slo", "", "Range: bytes=3-4,6-6"); !strings.Contains(r.body, "\r\n\r\nab\r\n") || fmt.Sprint(len(r.body)) != r.header.Get("Content-Length") {
		t.Errorf("two ranges: %q", r.body)
	}
	a.want(304, "GET", "/c/slo", "", `If-None-Match: "`+whole+`"`)
	a.want(412, "GET", "/c/slo", "", "If-Match: "+md5hex("x"))

	listed := a.entries("/c")[0]
	is(t, "listed size", listed["bytes"].(float64), 12)
	is(t, "listed slo_etag", listed["slo_etag"].(string), `"`+whole+`"`)
	is(t, "listed type", listed["content_type"].(string), "text/x;a=b")
	r = a.want(200, "GET", "/c/slo?multipart-manifest=get", "")
	is(t, "manifest's type", r.header.Get("Content-Type"), "application/json; charset=utf-8")
	is(t, "listed hash", listed["hash"].(string), md5hex(r.body))
	is(t, "manifest's etag", r.header.Get("Etag"), md5hex(r.body))
	var stored []map[string]any
	if err := json.Unmarshal([]byte(r.body), &stored); err != nil || len(stored) != 3 || stored[1]["name"] != "/seg/2" || stored[1]["hash"] != md5hex("bb") || stored[1]["bytes"] != 2.0 {
		t.Errorf("manifest: %v %s", err, r.body)
	}
	r = a.want(200, "GET", "/c/slo?multipart-manifest=get&format=raw", "")
	is(t, "raw", strings.HasPrefix(r.body, `[{"etag": "`+md5hex("aaaa")+`", "path": "/seg/1", "size_bytes": 4}, `), true)

	// It survives a POST, a copy is flat, and a copied manifest shares.
	a.want(202, "POST", "/c/slo", "", "X-Object-Meta-C: d")
	is(t, "after POST", a.want(200, "GET", "/c/slo", "").body, "aaaabbcccccc")
	is(t, "flat etag", a.want(201, "COPY", "/c/slo", "", "Destination: c/flat").header.Get("Etag"), md5hex("aaaabbcccccc"))
	is(t, "shared etag", a.want(201, "COPY", "/c/slo?multipart-manifest=get", "", "Destination: c/shared").header.Get("Etag"), `"`+whole+`"`)

	// A stranger who may read /c but not /seg, and a changed segment.
	a.want(204, "POST", "/c", "", "X-Container-Read: .r:*")
	anonymous(t, e).want(409, "GET", "/c/slo", "")
	a.want(201, "PUT", "/seg/1", "AAAA")
	r = a.want(409, "GET", "/c/slo", "")
	is(t, "no etag with 409", r.header.Get("Etag"), "")
	a.want(200, "HEAD", "/c/slo", "")
	is(t, "a good part", a.want(206, "GET", "/c/slo", "", "Range: bytes=4-5").body, "bb")
	a.want(201, "PUT", "/seg/1", "aaaa")
	a.want(204, "DELETE", "/seg/3", "")
	if _, err := a.try("GET", "/c/slo", nil); err == nil {
		t.Error("a lost last segment: the connection was not cut")
	}

	r = a.want(200, "DELETE", "/c/slo?multipart-manifest=delete", "", "Accept: application/json")
	is(t, "report", r.body, `{"Response Status": "200 OK", "Response Body": "", "Number Deleted": 3, "Number Not Found": 1, "Errors": []}`)
	a.want(404, "GET", "/seg/1", "")
	a.want(409, "GET", "/c/shared", "")
	is(t, "flat", a.want(200, "GET", "/c/flat", "").body, "aaaabbcccccc")
}

func TestManifestRefusals(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	m := segments(a, "aaaa", "bb")
	put := func(manifest string, headers ...string) reply {
		return a.do("PUT", "/c/slo?multipart-manifest=put", manifest, headers...)
	}
	for manifest, want := range map[string]string{
		"x":  "400 Manifest must be valid JSON.\n",
		"{}": "400 Manifest must be a list.\n",
		strings.Replace(m, md5hex("aaaa"), md5hex("z"), 1):        "400 Errors:\n/seg/1, Etag Mismatch\n",
		strings.Replace(m, `"size_bytes":4`, `"size_bytes":5`, 1): "400 Errors:\n/seg/1, Size Mismatch\n",
		strings.Replace(m, "/seg/1", "/seg/9", 1):                 "400 Errors:\n/seg/9, 404 Not Found\n",
		`[{"path":"/c/slo"}]`:                                     "400 Index 0: manifest must not include itself as a segment\n",
		`[{"path":"x"},{"a":1},{"path":"/a/b","b":2}]`: "400 Index 0: path does not refer to an object. Path must be of the form /container/object.\n" +
			"Index 1: expected keys to include one of 'path' or 'data'\nIndex 2: extraneous keys \"b\"\n",
		`[{"data":"eHl6"}]`: "400 Inline data segments require at least one object-backed segment.\n",
	} {
		r := put(manifest)
		is(t, manifest, fmt.Sprint(r.status, " ", r.body), want)
	}
	is(t, "JSON", put(strings.Replace(m, md5hex("aaaa"), md5hex("z"), 1), "Accept: application/json").body, `{"Errors": [["/seg/1", "Etag Mismatch"]]}`)
	is(t, "wrong ETag", put(m, "Etag: "+md5hex("x")).status, 422)
	a.want(404, "HEAD", "/c/slo", "")
	is(t, "null and left out", put(`[{"path":"seg/1","etag":null,"size_bytes":null},{"path":"/seg/2"}]`).status, 201)
	is(t, "empty", put(`[]`).status, 201)

	many := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"path":"/seg/1"},`, n), ",") + "]"
	}
	is(t, "1001", put(many(1001)).status, 413)
	is(t, "1000", put(many(1000)).status, 201)
	is(t, "length of 1000", a.want(200, "HEAD", "/c/slo", "").header.Get("Content-Length"), "4000")
	is(t, "across many", a.want(206, "GET", "/c/slo", "", "Range: bytes=1998-2001").body, "aaaa")
	is(t, "all", len(a.want(200, "GET", "/c/slo", "").body), 4000)
}

func TestManifestForms(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	m := segments(a, "0123456789", "bb")
	a.want(201, "PUT", "/c/inner?multipart-manifest=put", m)
	r := a.want(201, "PUT", "/c/slo?multipart-manifest=put", `[{"path":"/seg/1","range":"2-4"},{"data":"eHl6"},{"path":"/c/inner","range":"8-10"},{"path":"/c/inner"}]`)
	inner := md5hex(md5hex("0123456789") + md5hex("bb"))
	is(t, "etag", r.header.Get("Etag"), `"`+md5hex(md5hex("0123456789")+":2-4;"+md5hex("xyz")+inner+":8-10;"+inner)+`"`)
	is(t, "body", a.want(200, "GET", "/c/slo", "").body, "234xyz89b0123456789bb")
	is(t, "range", a.want(206, "GET", "/c/slo", "", "Range: bytes=1-8").body, "34xyz89b")

	r = a.want(202, "PUT", "/c/hb?multipart-manifest=put&heartbeat=on", m)
	if !strings.HasPrefix(r.body, " \r\n\r\nEtag: \""+inner+"\"\nLast Modified: ") || !strings.HasSuffix(r.body, "\nResponse Body: \nResponse Status: 201 Created\nErrors:\n") {
		t.Errorf("heartbeat: %q", r.body)
	}
	r = a.want(202, "PUT", "/c/hb2?multipart-manifest=put&heartbeat=on", strings.Replace(m, md5hex("bb"), md5hex("x"), 1), "Accept: application/json")
	is(t, "heartbeat's error", r.body, " \r\n\r\n"+`{"Response Status": "400 Bad Request", "Response Body": "Bad Request\nThe server could not comply with the request since it is either malformed or otherwise incorrect.", "Errors": [["/seg/2", "Etag Mismatch"]]}`)
	a.want(404, "HEAD", "/c/hb2", "")
}

func TestDynamicLargeObject(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/seg", "")
	a.want(201, "PUT", "/seg/p/1", "aaaa")
	a.want(201, "PUT", "/seg/p/2", "bb")
	a.want(201, "PUT", "/c/dlo", "", "X-Object-Manifest: seg/p/")
	etag := `"` + md5hex(md5hex("aaaa")+md5hex("bb")) + `"`
	for _, method := range []string{"GET", "HEAD"} {
		r := a.want(200, method, "/c/dlo", "")
		is(t, "etag", r.header.Get("Etag"), etag)
		is(t, "length", r.header.Get("Content-Length"), "6")
		is(t, "header", r.header.Get("X-Object-Manifest"), "seg/p/")
	}
	is(t, "body", a.want(200, "GET", "/c/dlo", "").body, "aaaabb")
	is(t, "range", a.want(206, "GET", "/c/dlo", "", "Range: bytes=3-4").body, "ab")
	is(t, "listed", a.entries("/c")[0]["bytes"].(float64), 0)
	a.want(201, "PUT", "/seg/p/3", "c")
	is(t, "grown", a.want(200, "GET", "/c/dlo", "").body, "aaaabbc")
	is(t, "manifest", a.want(200, "GET", "/c/dlo?multipart-manifest=get", "").body, "")
	a.want(201, "COPY", "/c/dlo", "", "Destination: c/flat")
	is(t, "copy", a.want(200, "GET", "/c/flat", "").body, "aaaabbc")
	a.want(201, "PUT", "/c/none", "", "X-Object-Manifest: seg/none")
	is(t, "of nothing", a.want(200, "GET", "/c/none", "").body, "")
	a.want(201, "PUT", "/c/lost", "", "X-Object-Manifest: nowhere/x")
	a.want(404, "GET", "/c/lost", "")
	for _, bad := range []string{"seg", "/seg/x", "seg/", "seg//x", "seg/a?b"} {
		a.want(400, "PUT", "/c/bad", "", "X-Object-Manifest: "+bad)
	}
	a.want(202, "POST", "/c/dlo", "", "X-Object-Meta-A: b")
	is(t, "a POST without the header ends it", a.want(200, "GET", "/c/dlo", "").body, "")
}
