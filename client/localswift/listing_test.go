package localswift_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

func TestListings(t *testing.T) {
	_, a := start(t, localswift.Options{})
	a.want(201, "PUT", "/c", "")
	r := a.want(204, "GET", "/c", "")
	is(t, "empty", r.body, "")
	is(t, "empty JSON", a.want(200, "GET", "/c?format=json", "").body, "[]")
	for _, n := range []string{"a", "a/1", "a/2/x", "a0", "b", "b/", "b/1", "b//2", "c.d", "ü/1", "ü/2"} {
		a.want(201, "PUT", "/c/"+esc(n), n)
	}
	for query, want := range map[string]string{
		"":                                  "a a/1 a/2/x a0 b b/ b//2 b/1 c.d ü/1 ü/2",
		"?limit=3":                          "a a/1 a/2/x",
		"?limit=0":                          "",
		"?limit=x":                          "a a/1 a/2/x a0 b b/ b//2 b/1 c.d ü/1 ü/2",
		"?marker=a/2/x":                     "a0 b b/ b//2 b/1 c.d ü/1 ü/2",
		"?end_marker=a0":                    "a a/1 a/2/x",
		"?marker=a/1&end_marker=b/":         "a/2/x a0 b",
		"?prefix=a":                         "a a/1 a/2/x a0",
		"?prefix=a/":                        "a/1 a/2/x",
		"?prefix=%C3%BC":                    "ü/1 ü/2",
		"?prefix=a&marker=a/1":              "a/2/x a0",
		"?prefix=b&marker=a":                "b b/ b//2 b/1",
		"?prefix=a&marker=b":                "",
		"?prefix=a&end_marker=a0":           "a a/1 a/2/x",
		"?delimiter=/":                      "a a/ a0 b b/ c.d ü/",
		"?delimiter=/&limit=2":              "a a/",
		"?delimiter=/&marker=a/":            "a0 b b/ c.d ü/",
		"?delimiter=/&marker=b/":            "c.d ü/",
		"?delimiter=/&prefix=b/":            "b/ b// b/1",
		"?delimiter=/&prefix=a":             "a a/ a0",
		"?delimiter=//":                     "a a/1 a/2/x a0 b b/ b// b/1 c.d ü/1 ü/2",
		"?reverse=true":                     "ü/2 ü/1 c.d b/1 b//2 b/ b a0 a/2/x a/1 a",
		"?reverse=true&limit=2":             "ü/2 ü/1",
		"?reverse=on&marker=b&limit=3":      "a0 a/2/x a/1",
		"?reverse=1&marker=b&end_marker=a":  "a0 a/2/x a/1",
		"?reverse=true&delimiter=/":         "ü/ c.d b/ b a0 a/ a",
		"?reverse=true&delimiter=/&limit=3": "ü/ c.d b/",
		"?reverse=true&prefix=b&marker=b/1": "b//2 b/ b",
		"?path=":                            "a a0 b b/ c.d",
		"?path=a":                           "a/1",
		"?path=b":                           "b/1",
	} {
		is(t, query, strings.Join(a.names("/c"+query), " "), want)
		text := a.do("GET", "/c"+query, "")
		is(t, query+" text", strings.ReplaceAll(strings.TrimSuffix(text.body, "\n"), "\n", " "), want)
	}
	a.want(412, "GET", "/c?limit=10001", "")
	r = a.want(200, "GET", "/c?limit=1&format=json", "")
	if !regexp.MustCompile(`^\[\{"bytes": 1, "hash": "` + md5hex("a") + `", "name": "a", "content_type": "application/octet-stream", "last_modified": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{5}0"\}\]$`).MatchString(r.body) {
		t.Errorf("JSON: %s", r.body)
	}
	is(t, "count", r.header.Get("X-Container-Object-Count"), "11")
	is(t, "type", r.header.Get("Content-Type"), "application/json; charset=utf-8")
	is(t, "by Accept", a.want(200, "GET", "/c?limit=1", "", "Accept: application/json").body, r.body)
	if r := a.want(200, "GET", "/c?limit=1&format=xml", ""); !strings.Contains(r.body, "<object><name>a</name>") {
		t.Errorf("XML: %s", r.body)
	}
	r = a.want(204, "HEAD", "/c", "")
	is(t, "bytes", r.header.Get("X-Container-Bytes-Used"), fmt.Sprint(len("aa/1a/2/xa0bb/b/1b//2c.dü/1ü/2")))

	for _, c := range []string{"d-1", "d-2", "e"} {
		a.want(201, "PUT", "/"+c, "")
	}
	for query, want := range map[string]string{
		"": "c d-1 d-2 e", "?prefix=d": "d-1 d-2", "?limit=1&marker=c": "d-1", "?reverse=true": "e d-2 d-1 c", "?delimiter=-": "c d- e", "?end_marker=d-2": "c d-1",
	} {
		is(t, "account "+query, strings.Join(a.names(query), " "), want)
	}
	r = a.want(204, "HEAD", "", "")
	is(t, "containers", r.header.Get("X-Account-Container-Count"), "4")
	is(t, "objects", r.header.Get("X-Account-Object-Count"), "11")
	is(t, "count of c", a.entries("")[0]["count"].(float64), 11)
}
