package store

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// FuzzListing reads a page of a listing of anything: an error, or entries that can be looked at.
func FuzzListing(f *testing.F) {
	for _, seed := range []string{
		"", "[]", "null", "[", "]", "[{}]", `[{"name": "a", "bytes": 1, "hash": "x", "content_type": "a/b", "last_modified": "2026-11-22T10:55:11.595Z"}]`,
		`[{"name": "o", "hash": "d41d8cd98f00b204e9800998ecf8427e", "bytes": 155}, {"subdir": "x/"}]`, `[{"name": "c", "count": -1, "bytes": 1e30}]`,
		`[{"name": "\ud800\u0000", "slo_etag": "\"e\""}] more`, `[{"name": 1}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		resp := &http.Response{StatusCode: 200, Body: io.NopCloser(bytes.NewReader(text))}
		page, err := decode[entry](t.Context(), resp)
		if err != nil && page != nil {
			t.Fatalf("%d entries beside %v", len(page), err)
		}
		for _, e := range page {
			if o := e.object("c"); o.Object != e.Name || o.Size != e.Bytes && o.Size != -1 {
				t.Fatalf("%+v became %+v", e, o)
			}
		}
		reason("text/html", text)
	})
}
