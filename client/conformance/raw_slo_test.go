package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// manifest is an SLO manifest over objects of the case's container: names and contents in turn.
func (x *endpoint) manifest(all ...string) (body, etag string) {
	var list, sums string
	for i := 0; i < len(all); i += 2 {
		sum := md5of(all[i+1])
		list += fmt.Sprintf(`,{"path":"/%s/%s","etag":"%s","size_bytes":%d}`, x.container, all[i], sum, len(all[i+1]))
		sums += sum
	}
	return "[" + list[1:] + "]", md5of(sums)
}

const putManifest = "multipart-manifest=put"

func TestRawSLO(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.put("seg/1", "aaaa", "seg/2", "bbbb")
		body, sum := x.manifest("seg/1", "aaaa", "seg/2", "bbbb")
		etag := `"` + sum + `"`
		kind := `application/octet-stream; image=a; tag=v1; size=8`
		x.steps(
			step{does: "PUT slo", query: putManifest, send: body, head: lines("Content-Type: "+kind, "X-Object-Meta-Color: red"), status: 201, shows: "Etag: " + etag},
			step{does: "GET slo", status: 200, body: "aaaabbbb", shows: lines("Etag: "+etag, "Content-Length: 8", "X-Static-Large-Object: True",
				"X-Object-Meta-Color: red", "X-Manifest-Etag:"+pick(c.ManifestReadable, "*", ""))},
			step{does: "HEAD slo", status: 200, shows: lines("Etag: "+etag, "Content-Length: 8", "Content-Type: "+kind,
				"X-Object-Meta-Static-Large-Object:"+pick(c.ManifestLeaks, "True", ""))},
			step{does: "GET slo", head: "Range: bytes=3-4", status: 206, body: "ab", shows: "Content-Range: bytes 3-4/8"},
			step{does: "GET slo", head: "Range: bytes=-3", status: 206, body: "bbb"},
			step{does: "GET slo", head: "Range: bytes=4-", status: 206, body: "bbbb"},
			step{does: "GET slo", head: "Range: bytes=8-", status: 416},
			step{does: "GET slo", head: "If-None-Match: " + etag, status: pick(c.ManifestConditions, 304, 200)},
			step{does: "GET slo", head: "If-Match: " + etag, status: pick(c.ManifestConditions, 200, 412)},
			step{does: "GET slo", head: "If-Match: " + md5of(""), status: pick(c.ManifestConditions, 412, 200)},
		)
		x.listedSLO(kind, etag, len(body))
		x.steps(
			step{does: "POST slo", head: "X-Object-Meta-New: 1", status: 202},
			step{does: "GET slo", status: 200, body: "aaaabbbb", shows: lines("X-Object-Meta-New: 1", "X-Object-Meta-Color:",
				"X-Object-Meta-Static-Large-Object:", "X-Static-Large-Object: True", "Content-Type: "+kind)},
		)
		x.listedSLO(kind, etag, 0)
		x.readManifest(etag)
		x.steps(
			step{does: "DELETE slo", status: 204},
			step{does: "GET seg/1", status: 200, body: "aaaa"},
			step{does: "PUT slo", query: putManifest, send: body, status: 201},
			step{does: "DELETE slo", query: "multipart-manifest=delete", status: 200},
			step{does: "GET slo", status: 404},
			step{does: "GET seg/1", status: 404},
			step{does: "GET seg/2", status: 404},
		)
	})
}

// listedSLO looks at how "slo", of 8 bytes, is listed; size is what is listed where that is not its size.
func (x *endpoint) listedSLO(kind, etag string, size int) {
	x.Helper()
	c := x.caps
	listed := strings.ReplaceAll(kind, "; ", pick(c.ListedTypeSpaces, "; ", ";"))
	for _, e := range x.list(".", "format=json&prefix=slo") {
		got, ok := e["slo_etag"]
		if e["bytes"] != float64(pick(c.ManifestListed, 8, size)) || e["content_type"] != listed ||
			(e["hash"] == md5of("")) == c.ManifestListed || ok != c.ManifestListed || ok && got != etag {
			x.Errorf("listed as %v", e)
		}
	}
}

// readManifest asks for the manifest itself.
func (x *endpoint) readManifest(etag string) {
	x.Helper()
	a := x.ask(step{does: "GET slo", query: "multipart-manifest=get"})
	if !x.caps.ManifestReadable {
		if a.status != 200 || a.body != "" || strings.Trim(a.header.Get("Etag"), `"`) != md5of("") {
			x.Errorf("the manifest is %d %q %v", a.status, a.body, a.header)
		}
		return
	}
	var segments []struct {
		Name, Hash string
		Bytes      int
	}
	if err := json.Unmarshal([]byte(a.body), &segments); err != nil || a.status != 200 || len(segments) != 2 ||
		segments[0].Name != "/"+x.container+"/seg/1" || segments[0].Hash != md5of("aaaa") || segments[1].Bytes != 4 {
		x.Errorf("the manifest is %d %q, %v", a.status, a.body, err)
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || a.header.Get("Etag") == etag {
		x.Errorf("the manifest comes with %v", a.header)
	}
	raw := x.ask(step{does: "GET slo", query: "multipart-manifest=get&format=raw"})
	if again, _ := x.manifest("seg/1", "aaaa", "seg/2", "bbbb"); !sameJSON(raw.body, again) {
		x.Errorf("the raw manifest is %s, want %s", raw.body, again)
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}

func TestRawSLOIsChecked(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.put("seg/1", "aaaa", "seg/2", "bbbb", "old", "old")
		good, sum := x.manifest("seg/1", "aaaa", "seg/2", "bbbb")
		none, _ := x.manifest("seg/1", "aaaa", "seg/none", "bbbb")
		etag, _ := x.manifest("seg/1", "aaaa", "seg/2", "zzzz")
		size, _ := x.manifest("seg/1", "aaaa", "seg/2", "bbbbb")
		self, _ := x.manifest("seg/1", "aaaa", "old", "old")
		x.steps(
			step{does: "PUT old", query: putManifest, send: none, status: pick(c.SegmentReport, 400, 404)},
			step{does: "PUT old", query: putManifest, send: size, status: 400},
			step{does: "GET old", status: 200, body: "old"},
			step{does: "PUT old", query: putManifest, send: "no json", status: 400},
			step{does: "PUT old", query: putManifest, send: "{}", status: pick(c.ManifestMustBeList, 400, 201)},
			step{does: "PUT old", query: putManifest, send: `[{"path":"/{c}"}]`, status: 400},
			step{does: "PUT new", query: putManifest, send: etag, status: pick(c.SegmentETagChecked, 400, 201)},
			step{does: "PUT bare", query: putManifest, send: `[{"path":"/{c}/seg/1"},{"path":"{c}/seg/2"}]`, status: 201},
			step{does: "GET bare", status: 200, body: "aaaabbbb"},
			step{does: "PUT null", query: putManifest, send: `[{"path":"/{c}/seg/1","size_bytes":null}]`, status: pick(c.NullSegmentSize, 201, 400)},
			step{does: "PUT part", query: putManifest, send: `[{"path":"/{c}/seg/1","range":"1-2"},{"path":"/{c}/seg/2"}]`, status: 201},
			step{does: "GET part", status: 200, body: pick(c.SegmentRanges, "aabbbb", "aaaabbbb")},
			step{does: "PUT data", query: putManifest, send: `[{"data":"eHl6"},{"path":"/{c}/seg/2"}]`, status: pick(c.SegmentData, 201, 400)},
			step{does: "GET data", status: pick(c.SegmentData, 200, 404), body: pick(c.SegmentData, "xyzbbbb", "")},
			step{does: "PUT whole", query: putManifest, send: good, head: "ETag: " + sum, status: pick(c.ManifestETagChecked, 201, 422)},
			step{does: "PUT whole", query: putManifest, send: good, head: "ETag: " + strings.Repeat("0", 32), status: 422},
			step{does: "PUT beat", query: putManifest + "&heartbeat=on", send: good, status: pick(c.Heartbeat, 202, 201)},
			step{does: "GET beat", status: 200, body: "aaaabbbb"},
		)
		if c.SegmentReport {
			x.steps(step{does: "PUT old", query: putManifest, send: self, status: c.ManifestOfItself})
			a := x.ask(step{does: "PUT new", query: putManifest, send: etag})
			if !strings.Contains(a.body, "Errors:\n") || !strings.Contains(a.body, x.fill("{c}/seg/2, Etag Mismatch")) {
				t.Errorf("the report: %q", a.body)
			}
			a = x.ask(step{does: "PUT new", query: putManifest + "&heartbeat=on", send: etag, head: "Accept: application/json"})
			var report map[string]any
			if err := json.Unmarshal([]byte(a.body), &report); err != nil || a.status != 202 || report["Response Status"] != "400 Bad Request" {
				t.Errorf("the report: %d %q, %v", a.status, a.body, err)
			}
		}
		a := x.ask(step{does: "PUT new", query: putManifest + "&heartbeat=on", send: good, by: &session{token: "AUTH_tk0123456789"}})
		if c.DeadTokenReported != (a.status == 202 && strings.Contains(a.body, "401 Unauthorized")) || !c.DeadTokenReported && a.status != 401 {
			t.Errorf("a manifest with a dead token: %d %q", a.status, a.body)
		}
	})
}

func TestRawSLOManySegments(t *testing.T) {
	raw(t, func(x *endpoint) {
		x.put("s", "ab")
		list := func(n int) string {
			var all []string
			for range n {
				all = append(all, `{"path":"/{c}/s","etag":"`+md5of("ab")+`","size_bytes":2}`)
			}
			return "[" + strings.Join(all, ",") + "]"
		}
		x.steps(
			step{does: "PUT many", query: putManifest, send: list(1001), status: x.caps.TooManySegments},
			step{does: "PUT many", query: putManifest, send: list(1000), status: 201, shows: `Etag: "` + md5of(strings.Repeat(md5of("ab"), 1000)) + `"`},
			step{does: "HEAD many", status: 200, shows: "Content-Length: 2000"},
			step{does: "GET many", head: "Range: bytes=999-1002", status: 206, body: "baba"},
		)
	})
}

// A segment that went or changed: the object cannot be read to its end.
func TestRawSLOLostSegment(t *testing.T) {
	raw(t, func(x *endpoint) {
		x.put("seg/1", "aaaa", "seg/2", "bbbb")
		body, _ := x.manifest("seg/1", "aaaa", "seg/2", "bbbb")
		x.steps(
			step{does: "PUT slo", query: putManifest, send: body, status: 201},
			step{does: "DELETE seg/1", status: 204},
			step{does: "HEAD slo", status: x.caps.LostSegmentHead},
			step{does: "GET slo", status: x.caps.LostSegment},
		)
	})
}

func TestRawSLOCopy(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.put("seg/1", "aaaa", "seg/2", "bbbb")
		body, sum := x.manifest("seg/1", "aaaa", "seg/2", "bbbb")
		x.steps(
			step{does: "PUT slo", query: putManifest, send: body, head: "X-Object-Meta-Color: red", status: 201},
			step{does: "COPY slo", head: "Destination: {c}/flat", status: 201},
			step{does: "GET flat", status: 200, body: "aaaabbbb", shows: lines("X-Object-Meta-Color: red",
				"X-Static-Large-Object:"+pick(c.CopyFlattens, "", "True"), "Etag: "+pick(c.CopyFlattens, md5of("aaaabbbb"), `"`+sum+`"`))},
			step{does: "COPY slo", query: "multipart-manifest=get", head: "Destination: {c}/second", status: 201},
			step{does: "GET second", status: 200, body: "aaaabbbb", shows: lines("X-Static-Large-Object: True", `Etag: "`+sum+`"`)},
			step{does: "DELETE slo", query: "multipart-manifest=delete", status: 200},
			step{does: "GET second", status: c.LostSegment},
			step{does: "GET flat", status: pick(c.CopyFlattens, 200, 404)},
		)
	})
}
