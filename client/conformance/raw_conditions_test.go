package conformance

import "testing"

func TestRawConditions(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		sum := md5of("0123456789")
		const past, future = "Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
		x.put("d", "0123456789")
		x.steps(
			step{does: "GET d", head: "If-Match: " + sum, status: 200},
			step{does: "GET d", head: `If-Match: "` + sum + `"`, status: 200},
			step{does: "GET d", head: `If-Match: "no"`, status: 412},
			step{does: "HEAD d", head: `If-Match: "no"`, status: 412},
			step{does: "GET d", head: "If-Match: *", status: pick(c.ETagWildcards, 200, 412)},
			step{does: "GET none", head: "If-Match: *", status: pick(c.ETagWildcards, 412, 404)},
			step{does: "GET d", head: `If-Match: "no", "` + sum + `"`, status: pick(c.ETagWildcards, 200, 412)},
			step{does: "GET d", head: "If-None-Match: " + sum, status: 304, body: nothing},
			step{does: "GET d", head: `If-None-Match: "` + sum + `"`, status: 304},
			step{does: "HEAD d", head: `If-None-Match: "` + sum + `"`, status: 304},
			step{does: "GET d", head: `If-None-Match: "no"`, status: 200, body: "0123456789"},
			step{does: "GET d", head: "If-None-Match: *", status: pick(c.ETagWildcards, 304, 200)},
			step{does: "GET d", head: `If-None-Match: "no", "` + sum + `"`, status: pick(c.ETagWildcards, 304, 200)},
			step{does: "GET d", head: "If-Modified-Since: " + future, status: 304},
			step{does: "GET d", head: "If-Modified-Since: " + past, status: 200},
			step{does: "GET d", head: "If-Unmodified-Since: " + past, status: 412},
			step{does: "GET d", head: "If-Unmodified-Since: " + future, status: 200},
			step{does: "GET d", head: lines("If-Match: "+sum, "Range: bytes=0-0"), status: 206, body: "0"},
			step{does: "GET d", head: lines(`If-Match: "no"`, "Range: bytes=0-0"), status: 412},
			step{does: "GET d", head: lines(`If-Range: "no"`, "Range: bytes=0-0"), status: 206, body: "0"},
		)
	})
}

func TestRawConditionalWrites(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.steps(
			step{does: "PUT d", send: "first", head: "If-None-Match: *", status: 201},
			step{does: "PUT d", send: "second", head: "If-None-Match: *", status: pick(c.CreateOnlyPut, 412, 201)},
			step{does: "GET d", status: 200, body: pick(c.CreateOnlyPut, "first", "second")},
			step{does: "PUT d", send: "third", head: "If-None-Match: " + md5of("third"), status: pick(c.CreateOnlyPut, 400, 201)},
			step{does: "PUT d", send: "fourth", head: `If-Match: "no"`, status: 201},
			step{does: "GET d", status: 200, body: "fourth"},
			step{does: "COPY d", head: lines("Destination: {c}/e", "If-None-Match: *"), status: pick(c.CopyConditions, 304, 201)},
			step{does: "COPY d", head: lines("Destination: {c}/e", `If-Match: "no"`), status: pick(c.CopyConditions, 412, 201)},
			step{does: "DELETE d", head: `If-Match: "no"`, status: pick(c.ConditionalDelete, 412, 204)},
		)
	})
}
