package conformance

import "testing"

func TestRawCopy(t *testing.T) {
	raw(t, func(x *endpoint) {
		x.steps(
			step{does: "PUT a%20b", send: "hello", head: lines("Content-Type: text/plain; tag=v1", "X-Object-Meta-Color: red"), status: 201},
			step{does: "COPY a%20b", head: "Destination: {c}/c%20d", status: 201, shows: lines("X-Copied-From: {c}/a%20b", "Etag: "+md5of("hello"),
				"X-Copied-From-Last-Modified: *")},
			step{does: "GET c%20d", status: 200, body: "hello", shows: lines("Content-Type: text/plain; tag=v1", "X-Object-Meta-Color: red", "Etag: "+md5of("hello"))},
			step{does: "COPY a%20b", head: "Destination: /{c}/e", status: 201},
			step{does: "PUT f", head: lines("X-Copy-From: /{c}/a%20b", "X-Object-Meta-Size: big"), status: 201},
			step{does: "HEAD f", status: 200, shows: lines("X-Object-Meta-Color: red", "X-Object-Meta-Size: big", "Content-Type: text/plain; tag=v1")},
			step{does: "PUT g", head: "X-Copy-From: {c}/a%20b", status: 201},
			step{does: "COPY a%20b", head: lines("Destination: {c}/h", "X-Fresh-Metadata: true"), status: 201},
			step{does: "HEAD h", status: 200, shows: lines("X-Object-Meta-Color:", "Content-Length: 5")},
			step{does: "COPY a%20b", head: lines("Destination: {c}/i", "Content-Type: text/html", "X-Object-Meta-Color: blue"), status: 201},
			step{does: "HEAD i", status: 200, shows: lines("X-Object-Meta-Color: blue", "Content-Type: text/html")},
			step{does: "COPY none", head: "Destination: {c}/x", status: 404},
			step{does: "PUT x", head: "X-Copy-From: {c}/none", status: 404},
			step{does: "PUT x", head: "X-Copy-From: {c}-none/a", status: 404},
			step{does: "COPY e", head: "Destination: {c}-none/x", status: 404},
			step{does: "COPY e", status: 412},
			step{does: "COPY e", head: "Destination: {c}", status: 412},
			step{does: "PUT x", head: "X-Copy-From: {c}", status: x.caps.BadCopySource},
			step{does: "GET x", status: 404},
			step{does: "COPY e", head: lines("Destination: {c}/e", "X-Object-Meta-New: 1"), status: 201},
			step{does: "GET e", status: 200, body: "hello", shows: lines("X-Object-Meta-New: 1", "X-Object-Meta-Color: red")},
		)
	})
}
