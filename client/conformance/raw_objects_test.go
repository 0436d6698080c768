package conformance

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRawObjects(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		sum := md5of("hello")
		x.steps(
			step{does: "PUT o", send: "hello", head: "Content-Type: text/plain", status: 201, body: nothing, shows: lines("Etag: "+sum, "Last-Modified: *")},
			step{does: "GET o", status: 200, body: "hello", shows: lines("Etag: "+sum, "Content-Length: 5", "Content-Type: text/plain",
				"Last-Modified: *", "X-Timestamp: *", "Accept-Ranges: bytes", "X-Trans-Id: *")},
			step{does: "HEAD o", status: 200, body: nothing, shows: lines("Etag: "+sum, "Content-Length: 5", "Content-Type: text/plain", "Last-Modified: *", "X-Timestamp: *")},
			step{does: "PUT o", send: "again", status: 201},
			step{does: "GET o", status: 200, body: "again", shows: "Content-Type: " + c.UntypedShown},
			step{does: "PUT empty", status: 201, shows: "Etag: " + md5of("")},
			step{does: "GET empty", status: 200, body: nothing, shows: "Content-Length: 0"},
			step{does: "PUT typed.json", send: "{}", status: 201},
			step{does: "HEAD typed.json", status: 200, shows: "Content-Type: application/json"},
			step{does: "DELETE o", status: 204, body: nothing},
			step{does: "DELETE o", status: 404, body: c.refusal("NoSuchKey", 404)},
			step{does: "GET o", status: 404, body: c.refusal("NoSuchKey", 404)},
			step{does: "HEAD o", status: 404},
			step{does: "POST o", status: 404},
			step{does: "GET none", head: "Accept: application/json", status: 404},
		)
	})
}

func TestRawUploadsAreChecked(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		sum, zeros := md5of("hello"), strings.Repeat("0", 32)
		x.put("o", "old")
		x.steps(
			step{does: "PUT o", send: "hello", head: "ETag: " + zeros, status: 422},
			step{does: "GET o", status: 200, body: "old"},
			step{does: "PUT new", send: "hello", head: "ETag: " + zeros, status: 422},
			step{does: "GET new", status: 404},
			step{does: "PUT o", send: "hello", head: "ETag: " + sum, status: 201},
			step{does: "PUT o", send: "hello", head: "ETag: " + strings.ToUpper(sum), status: 422},
			step{does: "PUT o", send: "hello", head: `ETag: "` + sum + `"`, status: pick(c.QuotedETagTaken, 201, 422)},
			step{does: "PUT o", send: "chunks", head: "Transfer-Encoding: chunked", status: 201, shows: "Etag: " + md5of("chunks")},
			step{does: "PUT o", send: "chunky", head: "Transfer-Encoding: chunked\nETag: " + zeros, status: 422},
			step{does: "GET o", status: 200, body: "chunks"},
		)
		x.wire(411, "PUT", "o", "")
		x.wire(c.TooLarge, "PUT", "o", "Content-Length: 6000000000\r\nExpect: 100-continue\r\n")
		x.wire(401, "PUT", "o", "X-Auth-Token: wrong\r\nContent-Length: 6000000000\r\nExpect: 100-continue\r\n")
		x.wire(100, "PUT", "o", "Content-Length: 5\r\nExpect: 100-continue\r\n")
		x.steps(step{does: "GET o", status: 200, body: "chunks"})
	})
}

// dial sends a request's head as it stands, with the owner's token unless it has another.
func (x *endpoint) dial(method, object, head string) net.Conn {
	x.Helper()
	u, err := url.Parse(x.address(object, ""))
	if err != nil {
		x.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		x.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	if !strings.Contains(head, "X-Auth-Token") {
		head += "X-Auth-Token: " + x.owner.token + "\r\n"
	}
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", method, u.RequestURI(), u.Host, head); err != nil {
		x.Fatal(err)
	}
	return conn
}

// wire expects the status of what comes first.
func (x *endpoint) wire(status int, method, object, head string) {
	x.Helper()
	conn := x.dial(method, object, head)
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	var got int
	if _, scan := fmt.Sscanf(line, "HTTP/1.1 %d", &got); err != nil || scan != nil || got != status {
		x.Errorf("%s %s [%.60q]: %q, want %d; %v", method, object, head, line, status, err)
	}
}

// wireBody is all that comes after the reply's head, whatever length that told.
func (x *endpoint) wireBody(method, object, head string) string {
	x.Helper()
	conn := x.dial(method, object, head)
	defer conn.Close()
	b, err := io.ReadAll(conn)
	if err != nil {
		x.Fatal(err)
	}
	_, body, _ := strings.Cut(string(b), "\r\n\r\n")
	return body
}

func TestRawTimes(t *testing.T) {
	raw(t, func(x *endpoint) {
		x.put("o", "hello")
		a := x.ask(step{does: "HEAD o"})
		modified, err := time.Parse(http.TimeFormat, a.header.Get("Last-Modified"))
		if err != nil {
			t.Fatal(err)
		}
		date, err := time.Parse(http.TimeFormat, a.header.Get("Date"))
		if err != nil {
			t.Fatal(err)
		}
		// OpenStack rounds up, so that it can lie ahead.
		if d := modified.Sub(date); d > time.Second || d < -time.Minute {
			t.Errorf("modified %v, now %v", modified, date)
		}
		var sec, frac int64
		if n, err := fmt.Sscanf(a.header.Get("X-Timestamp"), "%d.%05d", &sec, &frac); n != 2 || err != nil {
			t.Errorf("X-Timestamp %q: %v", a.header.Get("X-Timestamp"), err)
		}
		if d := modified.Unix() - sec; d < 0 || d > 1 {
			t.Errorf("X-Timestamp %d, Last-Modified %d", sec, modified.Unix())
		}
	})
}
