package conformance

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

func TestRawExpiry(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		at := time.Now().Add(time.Hour).Unix()
		x.steps(
			step{does: "PUT at", send: "x", head: fmt.Sprintf("X-Delete-At: %d", at), status: 201},
			step{does: "HEAD at", status: 200, shows: fmt.Sprintf("X-Delete-At: %d", at)},
			step{does: "PUT past", send: "x", head: "X-Delete-At: 1000000000", status: 400},
			step{does: "PUT past", send: "x", head: "X-Delete-At: soon", status: 400},
			step{does: "PUT past", send: "x", head: "X-Delete-After: -1", status: 400},
			step{does: "PUT past", send: "x", head: "X-Delete-After: soon", status: 400},
			step{does: "GET past", status: 404},
			step{does: "PUT after", send: "x", head: "X-Delete-After: 3600", status: 201},
		)
		told, err := strconv.ParseInt(x.ask(step{does: "HEAD after"}).header.Get("X-Delete-At"), 10, 64)
		if err != nil || told < at-60 || told > at+60 {
			t.Errorf("X-Delete-After: 3600 gives %d, %v; want about %d", told, err, at)
		}
		x.steps(
			step{does: "POST after", head: "X-Object-Meta-A: b", status: 202},
			step{does: "HEAD after", status: 200, shows: "X-Delete-At:" + pick(c.PostKeepsExpiry, fmt.Sprint(told), "")},
			step{does: "POST after", head: "X-Delete-After: 60", status: 202},
			step{does: "HEAD after", status: 200, shows: "X-Delete-At: *"},
			step{does: "POST after", head: "X-Remove-Delete-At: x", status: 202},
			step{does: "HEAD after", status: 200, shows: "X-Delete-At:"},
			step{does: "PUT at", send: "y", status: 201},
			step{does: "HEAD at", status: 200, shows: "X-Delete-At:"},
		)
	})
}

// What has expired is not there any more, though it may be listed for a while.
func TestRawExpired(t *testing.T) {
	raw(t, func(x *endpoint) {
		x.steps(
			step{does: "PUT o", send: "x", head: "X-Delete-After: 1", status: 201},
			step{does: "PUT forever", send: "x", status: 201},
		)
		if x.pass != nil {
			x.steps(step{does: "GET o", status: 200})
			x.pass(2 * time.Second)
		}
		for deadline := time.Now().Add(10 * time.Second); x.ask(step{does: "HEAD o"}).status == 200; {
			if time.Now().After(deadline) {
				t.Fatal("still there")
			}
		}
		x.steps(
			step{does: "GET o", status: 404},
			step{does: "HEAD o", status: 404},
			step{does: "POST o", status: 404},
			step{does: "COPY o", head: "Destination: {c}/p", status: x.caps.CopyOfExpired},
			step{does: "GET forever", status: 200},
			step{does: "PUT o", send: "y", status: 201},
			step{does: "GET o", status: 200, body: "y"},
		)
	})
}
