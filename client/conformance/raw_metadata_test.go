package conformance

import (
	"fmt"
	"strings"
	"testing"
)

func TestRawMetadata(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.steps(
			step{does: "PUT o", send: "x", head: lines("Content-Type: text/plain; a=b; c=d", "Content-Disposition: attachment; filename=f",
				"Content-Encoding: gzip", "X-Object-Meta-Color: red", "x-object-meta-two-words: zwölf %20 ü", "X-Object-Meta-Under_Score: u"), status: 201},
			step{does: "HEAD o", status: 200, shows: lines("Content-Type: text/plain; a=b; c=d", "Content-Disposition: attachment; filename=f",
				"Content-Encoding: gzip", "X-Object-Meta-Color: red", "X-Object-Meta-Two-Words: zwölf %20 ü", "X-Object-Meta-Under-Score: u", "X-Object-Meta-Under_score:")},
			step{does: "POST o", head: "X-Object-Meta-Size: blue", status: 202},
			step{does: "HEAD o", status: 200, shows: lines("X-Object-Meta-Color:", "X-Object-Meta-Size: blue", "Content-Type: text/plain; a=b; c=d",
				"Content-Encoding:"+pick(c.PostKeepsHeaders, "gzip", ""), "Content-Disposition:"+pick(c.PostKeepsHeaders, "attachment; filename=f", ""))},
			step{does: "POST o", head: "Content-Type: text/html; v=2", status: 202},
			step{does: "HEAD o", status: 200, shows: lines("X-Object-Meta-Size:", "Content-Type: text/html; v=2")},
			step{does: "PUT o", send: "y", status: 201},
			step{does: "GET o", status: 200, body: "y", shows: lines("Content-Encoding:", "Content-Type: "+c.UntypedShown)},
		)
	})
}

func TestRawMetadataLimits(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		many := func(n, size int) string {
			var all []string
			for i := range n {
				all = append(all, fmt.Sprintf("X-Object-Meta-K%d: %s", i, strings.Repeat("v", size)))
			}
			return lines(all...)
		}
		limited := func(status int) int { return pick(c.MetadataLimits, status, 201) }
		for head, status := range map[string]int{
			many(90, 1):   201,
			many(91, 1):   limited(400),
			many(6, 250):  201,
			many(17, 250): limited(400),
			"X-Object-Meta-A: " + strings.Repeat("v", 256):                      201,
			"X-Object-Meta-A: " + strings.Repeat("v", 257):                      limited(400),
			"X-Object-Meta-" + strings.Repeat("n", c.LongestMetaName) + ": v":   201,
			"X-Object-Meta-" + strings.Repeat("n", c.LongestMetaName+1) + ": v": 400,
		} {
			if a := x.ask(step{does: "PUT o", send: "x", head: head}); a.status != status {
				t.Errorf("%d bytes of metadata, %.40s...: %d, want %d", len(head), head, a.status, status)
			}
		}
		x.steps(
			step{does: "POST .", head: "X-Container-Meta-A: " + strings.Repeat("v", 257), status: pick(c.MetadataLimits, 400, 204)},
			step{does: "POST o", head: "X-Object-Meta-A: " + strings.Repeat("v", 257), status: pick(c.MetadataLimits, 400, 202)},
		)
	})
}
