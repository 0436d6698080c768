package conformance

import (
	"strings"
	"testing"
)

func TestRawPublicContainers(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.put("o", "hello")
		x.steps(
			step{does: "POST .", head: "X-Container-Read: .r:*", status: 204},
			step{does: "GET o", by: nobody, status: 200, body: "hello"},
			step{does: "HEAD o", by: nobody, status: 200},
			step{does: "GET o", by: x.guest, status: 200, body: "hello"},
			step{does: "GET none", by: nobody, status: c.AnonymousMissing},
			step{does: "PUT o", by: nobody, send: "x", status: 401},
			step{does: "DELETE o", by: nobody, status: 401},
			step{does: "GET ./", by: nobody, status: pick(c.PublicReadLists, 200, c.AnonymousListingSlash)},
			step{does: "POST .", head: "X-Container-Read: .r:*,.rlistings", status: 204},
			step{does: "HEAD .", status: 204, shows: "X-Container-Read: .r:*,.rlistings"},
			step{does: "GET ./", by: nobody, status: 200, body: "o" + c.LineEnd},
			step{does: "GET .", by: nobody, status: pick(c.AnonymousListing == 301, 301, 200)},
			step{does: "PUT o", by: nobody, send: "x", status: 401},
			step{does: "POST .", head: "X-Container-Write: .r:*", status: c.PublicWrite},
			step{does: "POST .", head: "X-Container-Read: .x:*", status: c.UnknownACL},
			step{does: "POST .", head: "X-Container-Read:", status: 204},
			step{does: "GET o", by: nobody, status: 401},
			step{does: "GET o", status: 200, body: "hello"},
		)
	})
}

func TestRawPublicLargeObjects(t *testing.T) {
	raw(t, func(x *endpoint) {
		x.put(".segments/1", "aaaa", ".segments/2", "bbbb")
		body, _ := x.manifest(".segments/1", "aaaa", ".segments/2", "bbbb")
		x.steps(
			step{does: "PUT slo", query: putManifest, send: body, status: 201},
			step{does: "GET slo", by: nobody, status: 401},
			step{does: "POST .", head: "X-Container-Read: .r:*", status: 204},
			step{does: "GET slo", by: nobody, status: 200, body: "aaaabbbb"},
			step{does: "GET slo", by: nobody, head: "Range: bytes=3-4", status: 206, body: "ab"},
		)
		x.steps(step{does: "PUT /{c}_segments", status: 201}, step{does: "PUT /{c}_segments/1", send: "cc", status: 201})
		x.steps(
			step{does: "PUT other", query: putManifest, send: `[{"path":"/{c}_segments/1","etag":"` + md5of("cc") + `","size_bytes":2}]`, status: 201},
			step{does: "GET other", status: 200, body: "cc"},
			step{does: "GET other", by: nobody, status: pick(x.caps.SegmentReport, 409, 401)},
			step{does: "DELETE /{c}_segments/1", status: 204},
			step{does: "DELETE /{c}_segments", status: 204},
		)
	})
}

// A colleague from another account with rights on one container.
func TestRawSharedContainers(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.put("o", "hello")
		x.steps(
			step{does: "GET o", by: x.guest, status: 403},
			step{does: "POST .", head: "X-Container-Read: " + x.guest.id, status: 204},
			step{does: "GET o", by: x.guest, status: pick(c.ACLNamesUsers, 200, 403)},
			step{does: "POST .", head: "X-Container-Read: " + strings.TrimSuffix(x.guest.all, ":*"), status: 204},
			step{does: "GET o", by: x.guest, status: pick(c.ACLAloneIsRole, 403, 200)},
			step{does: "POST .", head: "X-Container-Read: " + x.guest.all, status: 204},
			step{does: "GET o", by: x.guest, status: 200, body: "hello"},
			step{does: "GET .", by: x.guest, status: 200, body: "o" + c.LineEnd},
			step{does: "HEAD .", by: x.guest, status: 204, shows: "X-Container-Read:" + pick(c.ACLShownToAll, x.guest.all, "")},
			step{does: "HEAD .", status: 204, shows: "X-Container-Read: " + x.guest.all},
			step{does: "PUT o", by: x.guest, send: "x", status: 403},
			step{does: "POST .", by: x.guest, head: "X-Container-Meta-A: b", status: 403},
			step{does: "PUT .", by: x.guest, status: c.PutOfAnothers},
			step{does: "HEAD /.", by: x.guest, status: pick(c.AccountInURL, 403, 204)},
			step{does: "GET o", by: nobody, status: 401},
			step{does: "POST .", head: "X-Container-Write: " + x.guest.all, status: 204},
			step{does: "PUT p", by: x.guest, send: "from the guest", status: 201},
			step{does: "GET p", by: x.guest, status: 200, body: "from the guest"},
			step{does: "GET p", status: pick(c.GuestOwnsObjects, 403, 200)},
			step{does: "HEAD p", status: pick(c.GuestOwnsObjects, 403, 200)},
			step{does: "COPY o", by: x.guest, head: "Destination: {c}/q", status: pick(c.GuestCopies, 201, 403)},
			step{does: "DELETE .", by: x.guest, status: pick(c.GuestDeletes, 409, 403)},
			step{does: "POST .", by: x.guest, head: "X-Container-Meta-A: b", status: pick(c.GuestGrants, 204, 403)},
			step{does: "POST .", by: x.guest, head: "X-Container-Read: " + x.guest.all + ",other", status: pick(c.GuestGrants, 204, 403)},
			step{does: "HEAD .", status: 204, shows: "X-Container-Read: " + x.guest.all + pick(c.GuestGrants, ",other", "")},
			step{does: "DELETE p", status: 204},
			step{does: "PUT p", by: x.guest, send: "again", status: 201},
			step{does: "DELETE p", by: x.guest, status: 204},
			step{does: "POST .", head: "X-Container-Read:\nX-Container-Write:", status: 204},
			step{does: "GET o", by: x.guest, status: 403},
		)
	})
}

// A user of the owner's account who does not own it.
func TestRawReaders(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.put("o", "hello")
		x.steps(
			step{does: "GET o", by: x.reader, status: pick(c.ReaderReads, 200, 403)},
			step{does: "GET .", by: x.reader, status: pick(c.ReaderReads, 200, 403)},
			step{does: "GET /.", by: x.reader, status: pick(c.ReaderReads, 200, 403)},
			step{does: "PUT p", by: x.reader, send: "x", status: 403},
			step{does: "DELETE o", by: x.reader, status: 403},
			step{does: "PUT .", by: x.reader, status: c.ReaderPutsContainer},
			step{does: "POST .", by: x.reader, head: "X-Container-Meta-A: b", status: 403},
			step{does: "POST .", head: "X-Container-Read: " + x.reader.id, status: 204},
			step{does: "GET o", by: x.reader, status: 200, body: "hello"},
			step{does: "GET .", by: x.reader, status: 200},
			step{does: "PUT p", by: x.reader, send: "x", status: 403},
		)
	})
}
