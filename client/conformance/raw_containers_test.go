package conformance

import (
	"strings"
	"testing"
)

func TestRawContainers(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.steps(
			step{does: "PUT .", status: 202},
			step{does: "HEAD .", status: 204, shows: lines("X-Container-Object-Count: 0", "X-Container-Bytes-Used: 0", "X-Timestamp: *", "Last-Modified: *")},
			step{does: "PUT a", send: "hello", status: 201},
			step{does: "PUT b", send: "hi", status: 201},
			step{does: "HEAD .", status: 204, body: nothing, shows: lines("X-Container-Object-Count: 2", "X-Container-Bytes-Used: 7")},
			step{does: "DELETE .", status: 409},
			step{does: "DELETE b", status: 204},
			step{does: "HEAD .", status: 204, shows: lines("X-Container-Object-Count: 1", "X-Container-Bytes-Used: 5")},
			step{does: "DELETE a", status: 204},
			step{does: "DELETE .", status: 204},
			step{does: "DELETE .", status: 404, body: c.refusal("NoSuchBucket", 404)},
			step{does: "HEAD .", status: 404},
			step{does: "GET .", status: 404, body: c.refusal("NoSuchBucket", 404)},
			step{does: "POST .", status: 404},
			step{does: "PUT a", send: "x", status: 404},
			step{does: "GET a", status: 404},
			step{does: "HEAD a", status: 404},
			step{does: "POST a", status: 404},
			step{does: "DELETE a", status: 404},
		)
	})
}

func TestRawContainerMetadata(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.steps(
			step{does: "POST .", head: lines("X-Container-Meta-One: 1", "X-Container-Meta-Two: zwölf %20"), status: 204},
			step{does: "POST .", head: "X-Container-Meta-Three: 3", status: 204},
			step{does: "HEAD .", status: 204, shows: lines("X-Container-Meta-One: 1", "X-Container-Meta-Two: zwölf %20", "X-Container-Meta-Three: 3")},
			step{does: "POST .", head: "X-Remove-Container-Meta-One: x", status: 204},
			step{does: "HEAD .", status: 204, shows: lines("X-Container-Meta-One:", "X-Container-Meta-Three: 3")},
			step{does: "PUT .", head: "X-Container-Meta-Four: 4", status: 202},
			step{does: "HEAD .", status: 204, shows: lines("X-Container-Meta-Four: 4", "X-Container-Meta-Three: 3")},
			step{does: "POST .", head: "X-Container-Meta-Four:", status: 204},
			step{does: "HEAD .", status: 204, shows: lines("X-Container-Meta-Four:")},
			step{does: "PUT .", head: "X-Storage-Policy: none-such", status: 400},
			step{does: "POST .", head: "X-Container-Read: .r:*", status: 204},
			step{does: "PUT .", status: pick(c.PutOverACL, 202, 409)},
			step{does: "HEAD .", status: 204, shows: "X-Container-Read: .r:*"},
			step{does: "POST .", head: "X-Remove-Container-Read: x", status: 204},
			step{does: "HEAD .", status: 204, shows: "X-Container-Read: " + pick(c.RemoveACLHeader, "", ".r:*")},
			step{does: "POST .", head: "X-Container-Read:", status: 204},
			step{does: "HEAD .", status: 204, shows: "X-Container-Read:"},
		)
	})
}

func TestRawContainerNames(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		long := func(n int) string { return x.container + strings.Repeat("n", n-len(x.container)) }
		for _, n := range []int{c.LongestContainer, c.LongestContainer + 1} {
			x.steps(step{does: "PUT /" + long(n), status: pick(n > c.LongestContainer, 400, 201)})
		}
		x.steps(
			step{does: "DELETE /" + long(c.LongestContainer), status: 204},
			step{does: "GET /" + long(300), status: pick(c.ChecksEveryName, 400, 404)},
			step{does: "PUT /zz", status: pick(c.ShortestContainer > 2, 400, 201)},
			step{does: "DELETE /zz", status: pick(c.ShortestContainer > 2, 400, 204)},
			step{does: "PUT /.{c}", status: pick(c.LeadingDot, 201, 400)},
			step{does: "DELETE /.{c}", status: pick(c.LeadingDot, 204, 400)},
			step{does: "PUT /{c}%20A_b:@%C3%BC%E6%97%A5", status: 201},
			step{does: "HEAD /{c}%20A_b:@%C3%BC%E6%97%A5", status: 204},
			step{does: "DELETE /{c}%20A_b:@%C3%BC%E6%97%A5", status: 204},
			step{does: "PUT /{c}%FF", status: c.BadPath},
			step{does: "PUT /{c}%00", status: c.NullPath},
		)
	})
}

func TestRawAccount(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.steps(
			step{does: "POST /.", head: "X-Account-Meta-Suite: zwölf", status: 204},
			step{does: "HEAD /.", status: 204, shows: lines("X-Account-Meta-Suite: zwölf", "X-Account-Container-Count: *",
				"X-Account-Object-Count: *", "X-Account-Bytes-Used: *", "X-Timestamp: *")},
			step{does: "POST /.", head: "X-Remove-Account-Meta-Suite: x", status: 204},
			step{does: "HEAD /.", status: 204, shows: "X-Account-Meta-Suite:"},
			step{does: "GET /.", query: "prefix={c}", status: 200, body: "{c}" + c.LineEnd},
			step{does: "GET /.", query: "prefix={c}-&format=json", status: 200, body: "[]"},
			step{does: "GET /.", query: "limit=10000", status: 200},
			step{does: "GET /.", query: "limit=10001", status: 412},
			step{does: "DELETE /.", by: x.owner, status: c.DeleteAccount},
		)
		x.steps(step{does: "PUT /{c}-2", status: 201}, step{does: "PUT /!{c}", status: 201})
		defer x.steps(step{does: "DELETE /{c}-2", status: 204}, step{does: "DELETE /!{c}", status: 204})
		x.steps(
			step{does: "GET /.", query: "prefix={c}", status: 200, body: "{c}\n{c}-2" + c.LineEnd},
			step{does: "GET /.", query: "prefix={c}&limit=1", status: 200, body: pick(c.AccountPrefixLate, nothing, "{c}"+c.LineEnd)},
			step{does: "GET /.", query: "prefix={c}&reverse=true", status: 200, body: "{c}-2\n{c}" + c.LineEnd},
			step{does: "GET /.", query: "prefix={c}&delimiter=-", status: 200,
				body: pick(c.AccountDelimiter, "{c}\n{c}-", "{c}\n{c}-2") + c.LineEnd},
			// RGW's status tells whether any container comes behind the marker, whatever its prefix.
			step{does: "GET /.", query: "prefix={c}x&marker={c}", status: c.AccountEmpty, body: nothing},
			step{does: "GET /.", query: "marker={c}&end_marker={c}-3", status: 200, body: "{c}-2" + c.LineEnd},
		)
		entries := x.list("/.", "prefix={c}&format=json")
		if len(entries) != 2 || entries[0]["name"] != x.container || entries[0]["count"] != 0.0 || entries[0]["bytes"] != 0.0 {
			t.Errorf("listed as %v", entries)
		}
		if _, dated := entries[0]["last_modified"]; dated != c.AccountDates {
			t.Errorf("dated: %v", dated)
		}
	})
}
