package conformance

import (
	"net/url"
	"strings"
	"testing"
)

// Names come back as they were given: by GET, in a listing, and for DELETE.
func TestRawNames(t *testing.T) {
	raw(t, func(x *endpoint) {
		names := []string{
			"repo/image:tag@sha256.abc.sif", "a b", " lead", "trail ", "+", "%", "%41", "?", "a#b", "&", ";", "'", `"`, `\`, "<", ">",
			"a\tb", "a\nb", "a\ab", "ü", "日本", "😀", "ü", "a//b", "/lead", "trail/", ".", "..", "a/./b", "a/../b", "_under",
			"*[]{}|^~", "a=b,c", strings.Repeat("n", 1024), "ü" + strings.Repeat("x", 1022),
		}
		for _, name := range names {
			path := strings.ReplaceAll(url.PathEscape(name), "%2F", "/")
			switch name[0] {
			case '.':
				path = "%2E" + path[1:]
			case '/':
				path = "%2F" + path[1:]
			}
			x.steps(
				step{does: "PUT " + path, send: name, status: 201},
				step{does: "GET " + path, status: 200, body: name},
			)
			if got := x.list(".", "format=json"); len(got) != 1 || got[0]["name"] != name {
				t.Errorf("%.40q is listed as %.80q", name, got)
			}
			x.steps(step{does: "DELETE " + path, status: 204})
		}
		x.steps(
			step{does: "PUT a%2Fb", send: "x", status: 201},
			step{does: "GET a/b", status: 200, body: "x"},
			step{does: "PUT " + strings.Repeat("n", 1025), send: "x", status: 400},
			step{does: "PUT %FF", send: "x", status: x.caps.BadPath},
			step{does: "PUT a%00b", send: "x", status: x.caps.NullPath},
			step{does: "GET raw:@+", status: 404},
			step{does: "PUT raw:@+", send: "y", status: 201},
			step{does: "GET raw%3A%40%2B", status: 200, body: "y"},
		)
	})
}
