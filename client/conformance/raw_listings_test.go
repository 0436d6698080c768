package conformance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// list asks for a listing in JSON.
func (x *endpoint) list(what, query string) []map[string]any {
	x.Helper()
	a := x.ask(step{does: "GET " + what, query: query})
	var out []map[string]any
	if err := json.Unmarshal([]byte(a.body), &out); err != nil || a.status != 200 {
		x.Fatalf("%s?%s: %d %v %.300q", what, query, a.status, err, a.body)
	}
	return out
}

func TestRawListings(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		for _, name := range []string{"!x", "-x", ".hidden", ".segments/1", ".segments/2", ".zed", "A", "a/b/1", "a/c", "a0", "b", "Ü"} {
			x.put(strings.ReplaceAll(name, "Ü", "%C3%9C"), "x")
		}
		text := func(names ...string) string {
			if len(names) == 0 {
				return nothing
			}
			return strings.Join(names, "\n") + c.LineEnd
		}
		for query, names := range map[string][]string{
			"":                                   {"!x", "-x", ".hidden", ".segments/1", ".segments/2", ".zed", "A", "a/b/1", "a/c", "a0", "b", "Ü"},
			"end_marker=.segments/":              {"!x", "-x", ".hidden"},
			"marker=.segments0":                  {".zed", "A", "a/b/1", "a/c", "a0", "b", "Ü"},
			"marker=b":                           {"Ü"},
			"marker=%C3%9C":                      {},
			"limit=2":                            {"!x", "-x"},
			"limit=2&marker=-x":                  {".hidden", ".segments/1"},
			"limit=0":                            {},
			"prefix=a":                           {"a/b/1", "a/c", "a0"},
			"prefix=a/&marker=a/b/1":             {"a/c"},
			"prefix=a&end_marker=a/c":            {"a/b/1"},
			"prefix=none":                        {},
			"prefix=a&delimiter=/":               {"a/", "a0"},
			"prefix=a/&delimiter=/":              {"a/b/", "a/c"},
			"delimiter=/":                        {"!x", "-x", ".hidden", ".segments/", ".zed", "A", "a/", "a0", "b", "Ü"},
			"delimiter=/&limit=4":                {"!x", "-x", ".hidden", ".segments/"},
			"delimiter=/&marker=.segments/":      {".zed", "A", "a/", "a0", "b", "Ü"},
			"delimiter=/&marker=a/":              {"a0", "b", "Ü"},
			"path=a":                             pick(c.PathListsFolders, []string{"a/b/", "a/c"}, []string{"a/c"}),
			"prefix=%C3%9C":                      {"Ü"},
			"marker=A&end_marker=b&limit=2":      {"a/b/1", "a/c"},
			"marker=z&end_marker=a":              {},
			"delimiter=/&end_marker=a0&marker=A": {"a/"},
		} {
			x.steps(step{does: "GET .", query: query, status: pick(len(names) == 0, 204, 200), body: text(names...)})
		}
		x.steps(
			step{does: "GET .", query: "reverse=true&limit=2", status: 200, body: pick(c.ContainerReverse, text("Ü", "b"), text("!x", "-x"))},
			step{does: "GET .", query: "reverse=true&marker=b&end_marker=a/b/1", status: pick(c.ContainerReverse, 200, 204),
				body: pick(c.ContainerReverse, text("a0", "a/c"), nothing)},
			step{does: "GET .", query: "limit=-1", status: pick(c.StrictLimit, 204, 200)},
			step{does: "GET .", query: "limit=x", status: pick(c.StrictLimit, 400, 200)},
			step{does: "GET .", query: "limit=10000", status: 200},
			step{does: "GET .", query: "limit=10001", status: pick(c.ListingLimitCut > 0, 200, 412)},
			step{does: "GET .", query: "format=json&prefix=none", status: 200, body: "[]", shows: "Content-Type: application/json; charset=utf-8"},
			step{does: "GET .", query: "prefix=b", head: "Accept: application/json", status: 200, shows: "Content-Type: application/json; charset=utf-8"},
			step{does: "GET .", query: "prefix=b", head: "Accept: text/xml", status: 200, shows: "Content-Type: *"},
			step{does: "GET .", query: "prefix=b", status: 200, shows: lines("Content-Type: text/plain; charset=utf-8",
				"Content-Length: "+fmt.Sprint(len("b"+c.LineEnd)), "X-Container-Object-Count: 12", "X-Container-Bytes-Used: 12")},
			step{does: "GET ./", query: "prefix=b", status: 200, body: text("b")},
		)
	})
}

func TestRawListingEntries(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.steps(
			step{does: "PUT plain", send: "hello", head: "Content-Type: text/plain; a=b", status: 201},
			step{does: "PUT recorded", send: "hello", head: `Content-Type: application/octet-stream; image="a/b"; tag=v1; size=5`, status: 201},
			step{does: "PUT untyped", send: "hello", status: 201},
			step{does: "PUT x/y", send: "", head: "Content-Type: text/plain", status: 201},
			step{does: `PUT q%22%3C%26%0A`, send: "", head: "Content-Type: text/plain", status: 201},
		)
		entries := map[string]map[string]any{}
		for _, e := range x.list(".", "format=json&delimiter=/") {
			name, _ := e["name"].(string)
			entries[name] = e
		}
		if got := fmt.Sprint(entries[""]); got != "map[subdir:x/]" {
			t.Errorf("a pseudo-directory is listed as %s", got)
		}
		if entries["q\"<&\n"] == nil {
			t.Errorf("names: %v", entries)
		}
		semicolon := pick(c.ListedTypeSpaces, "; ", ";")
		for name, kind := range map[string]any{
			"plain": "text/plain" + semicolon + "a=b", "untyped": c.UntypedListed,
			"recorded": strings.Join([]string{"application/octet-stream", `image="a/b"`, "tag=v1", "size=5"}, semicolon),
		} {
			e := entries[name]
			if e["hash"] != md5of("hello") || e["bytes"] != 5.0 || e["content_type"] != kind {
				t.Errorf("%s is listed as %v, type %v", name, e, kind)
			}
			if date, _ := e["last_modified"].(string); !regexp.MustCompile(c.ListedDate).MatchString(date) {
				t.Errorf("%s is listed with the date %q", name, date)
			}
		}
		a := x.ask(step{does: "GET .", query: "format=xml&delimiter=/"})
		for _, want := range []string{`<container name="{c}">`, "<name>plain</name>", "<bytes>5</bytes>", "<hash>" + md5of("hello") + "</hash>", `<subdir name="x/"><name>x/</name></subdir>`} {
			if !strings.Contains(a.body, x.fill(want)) {
				t.Errorf("the listing in XML lacks %s: %s", x.fill(want), a.body)
			}
		}
	})
}

// A page may be shorter than was asked for and still not be the last.
func TestRawListingPages(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		n := c.ListingLimitCut + 5
		x.fillWith(n)
		if got := len(x.list(".", "format=json")); got != n {
			t.Errorf("%d of %d names without a limit", got, n)
		}
		want := n
		if c.ListingLimitCut > 0 {
			want = c.ListingLimitCut
		}
		page := x.list(".", "format=json&limit=10000")
		if len(page) != want {
			t.Fatalf("%d names for limit=10000, want %d", len(page), want)
		}
		rest := x.list(".", fmt.Sprintf("format=json&limit=10000&marker=%s", page[len(page)-1]["name"]))
		if len(rest) != n-want {
			t.Errorf("%d names behind the first page, want %d", len(rest), n-want)
		}
	})
}

// fillWith stores n empty objects, o0000 and so on.
func (x *endpoint) fillWith(n int) {
	x.Helper()
	var wg sync.WaitGroup
	next := make(chan int)
	for range 16 {
		wg.Go(func() {
			for i := range next {
				if a := x.ask(step{does: fmt.Sprintf("PUT o%04d", i)}); a.status != 201 {
					x.Errorf("object %d: %d %s", i, a.status, a.body)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
