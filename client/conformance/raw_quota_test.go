package conformance

import "testing"

func TestRawQuota(t *testing.T) {
	raw(t, func(x *endpoint) {
		full := x.caps.quotaExceeded
		// OpenStack remembers for a while what a container holds; a POST makes it look again.
		look := step{does: "POST .", head: "X-Container-Meta-Looked: x", status: 204}
		x.steps(
			step{does: "POST .", head: "X-Container-Meta-Quota-Bytes: 10", status: 204},
			step{does: "HEAD .", status: 204, shows: "X-Container-Meta-Quota-Bytes:" + pick(x.caps.QuotaShown, "10", "")},
			step{does: "PUT a", send: "12345", status: 201}, look,
			step{does: "PUT b", send: "123456", status: 413, body: full},
			step{does: "GET b", status: 404},
			step{does: "PUT b", send: "12345", status: 201}, look,
			step{does: "PUT c", send: "1", status: 413},
			step{does: "PUT a", send: "1", status: 413},
			step{does: "DELETE b", status: 204}, look,
			step{does: "PUT c", send: "1", status: 201},
			step{does: "POST .", head: "X-Container-Meta-Quota-Bytes: x", status: 400},
			step{does: "POST .", head: "X-Container-Meta-Quota-Bytes:", status: 204},
			step{does: "PUT b", send: "1234567890", status: 201},
			step{does: "POST .", head: "X-Container-Meta-Quota-Count: 3", status: 204},
			step{does: "PUT d", send: "1", status: 413, body: full},
			step{does: "DELETE a", status: 204}, look,
			step{does: "PUT d", send: "1", status: 201},
			step{does: "POST .", head: "X-Container-Meta-Quota-Count:", status: 204},
			step{does: "PUT e", send: "1", status: 201},
		)
	})
}
