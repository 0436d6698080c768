package conformance

import (
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"
)

func TestRawRanges(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.put("d", "0123456789", "empty", "")
		for ask, want := range map[string][2]string{
			"0-4": {"01234", "0-4"}, "2-2": {"2", "2-2"}, "6-": {"6789", "6-9"}, "-3": {"789", "7-9"},
			"5-100": {"56789", "5-9"}, "-100": {"0123456789", "0-9"}, "0-": {"0123456789", "0-9"}, "9-9": {"9", "9-9"},
		} {
			x.steps(
				step{does: "GET d", head: "Range: bytes=" + ask, status: 206, body: want[0], shows: "Content-Range: bytes " + want[1] + "/10"},
				step{does: "HEAD d", head: "Range: bytes=" + ask, status: pick(c.HeadRanges, 206, 200), body: nothing},
			)
		}
		for ask, status := range map[string]int{
			"10-": 416, "20-30": 416, "-0": c.LastZero,
			"5-2": pick(c.ReversedRange, 416, 200), "x": c.BadRange, "1-x": c.BadRange,
		} {
			x.steps(step{does: "GET d", head: "Range: bytes=" + ask, status: status})
		}
		x.steps(
			step{does: "GET d", head: "Range: bytes=20-30", status: 416, shows: "Content-Range: " + pick(c.RangeTold, "bytes */10", "")},
			step{does: "GET d", head: "Range: lines=0-1", status: 200, body: "0123456789"},
			step{does: "GET empty", head: "Range: bytes=0-0", status: 416},
			step{does: "GET empty", head: "Range: bytes=0-", status: 416},
			step{does: "GET empty", head: "Range: bytes=-5", status: pick(c.LastOfNothing, 200, 416)},
			step{does: "GET none", head: "Range: bytes=0-0", status: 404},
		)
	})
}

func TestRawSeveralRanges(t *testing.T) {
	raw(t, func(x *endpoint) {
		x.steps(step{does: "PUT d", send: "0123456789", head: "Content-Type: text/plain", status: 201})
		a := x.ask(step{does: "GET d", head: "Range: bytes=0-1,4-5,-1"})
		if !x.caps.SeveralRanges {
			if a.status != 206 || a.body != "01" || a.header.Get("Content-Range") != "bytes 0-1/10" {
				t.Errorf("%d %q %v", a.status, a.body, a.header)
			}
			return
		}
		kind, params, err := mime.ParseMediaType(a.header.Get("Content-Type"))
		if a.status != 206 || kind != "multipart/byteranges" || err != nil {
			t.Fatalf("%d %v %v", a.status, a.header, err)
		}
		r := multipart.NewReader(strings.NewReader(a.body), params["boundary"])
		for _, want := range [][2]string{{"01", "bytes 0-1/10"}, {"45", "bytes 4-5/10"}, {"9", "bytes 9-9/10"}} {
			part, err := r.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(part)
			if err != nil || string(b) != want[0] || part.Header.Get("Content-Range") != want[1] || part.Header.Get("Content-Type") != "text/plain" {
				t.Errorf("%q %v %v, want %v", b, part.Header, err, want)
			}
		}
		if _, err := r.NextPart(); err != io.EOF {
			t.Error("more parts than were asked for")
		}
		x.steps(step{does: "GET d", head: "Range: bytes=0-1,20-30", status: 206, body: "01"})
	})
}
