package conformance

import "testing"

func TestRawDLO(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.put("seg/1", "aaaa", "seg/2", "bbbb")
		etag := `"` + md5of(md5of("aaaa")+md5of("bbbb")) + `"`
		x.steps(
			step{does: "PUT dlo", head: "X-Object-Manifest: {c}/seg/", status: 201},
			step{does: "GET dlo", status: 200, body: "aaaabbbb", shows: lines("Etag: "+etag, "Content-Length: 8", "X-Object-Manifest: {c}/seg/")},
			step{does: "HEAD dlo", status: 200, shows: lines("Etag: "+etag, "Content-Length: 8", "X-Object-Manifest: {c}/seg/")},
			step{does: "HEAD dlo", head: "Range: bytes=3-4", status: pick(c.HeadRanges, 206, 200)},
			step{does: "GET dlo", head: "Range: bytes=3-7", status: 206, body: "abbbb", shows: "Content-Range: bytes 3-7/8"},
			step{does: "GET dlo", head: "Range: bytes=-3", status: 206, body: "bbb"},
			step{does: "PUT seg/3", send: "cc", status: 201},
			step{does: "GET dlo", status: 200, body: "aaaabbbbcc"},
			step{does: "POST dlo", head: "X-Object-Meta-Color: red", status: 202},
			step{does: "HEAD dlo", status: 200, shows: lines("X-Object-Meta-Color: red", "X-Object-Manifest:"+pick(c.PostKeepsDLO, "{c}/seg/", ""))},
			step{does: "PUT dlo", head: "X-Object-Manifest: {c}/none/", status: 201},
			step{does: "GET dlo", status: 200, body: nothing},
			step{does: "PUT dlo", head: "X-Object-Manifest: {c}", status: 400},
			step{does: "PUT dlo", head: "X-Object-Manifest: /{c}/seg/", status: pick(c.DLOLeadingSlash, 400, 201)},
			step{does: "PUT dlo", head: "X-Object-Manifest: {c}/seg/", status: 201},
			step{does: "COPY dlo", head: "Destination: {c}/copy", status: 201},
			step{does: "GET copy", status: 200, body: "aaaabbbbcc", shows: "X-Object-Manifest:" + pick(c.CopyFlattens, "", "{c}/seg/")},
			step{does: "DELETE dlo", status: 204},
			step{does: "GET seg/1", status: 200, body: "aaaa"},
		)
		x.overrun()
		for _, e := range x.list(".", "format=json&prefix=copy") {
			if c.CopyFlattens && e["bytes"] != 10.0 {
				t.Errorf("the copy is listed as %v", e)
			}
		}
	})
}

// overrun looks at what really comes for a range that ends within a segment. A client that keeps
// the connection takes the byte too many for the beginning of the next answer.
func (x *endpoint) overrun() {
	x.Helper()
	x.steps(step{does: "PUT dlo", head: "X-Object-Manifest: {c}/seg/", status: 201})
	got := x.wireBody("GET", "dlo", "Range: bytes=3-4\r\nConnection: close\r\n")
	if want := pick(x.caps.DLORangeOverrun, "abb", "ab"); got != want {
		x.Errorf("bytes 3-4 are %q, want %q", got, want)
	}
}
