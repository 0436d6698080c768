package localswift

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// checkDynamic checks X-Object-Manifest, which makes an object a dynamic large
// one: the row of all objects in a container that begin with a prefix.
func checkDynamic(p Personality, f fields) error {
	v, ok := f["X-Object-Manifest"]
	if !ok {
		return nil
	}
	container, prefix, slash := strings.Cut(v, "/")
	if p == RGW {
		if !slash {
			return fail(http.StatusBadRequest, "InvalidArgument")
		}
		return nil // seen: a leading slash fails the GET, not the PUT
	}
	if container == "" || prefix == "" || strings.ContainsAny(v, "?&") || strings.HasPrefix(prefix, "/") {
		return failText(http.StatusBadRequest, "", "X-Object-Manifest must be in the format container/prefix")
	}
	return nil
}

// readDynamic makes the content of a dynamic large object, as its container is
// now.
func (q *request) readDynamic(c *containerRow, o *objectRow, got *content) error {
	value, err := url.PathUnescape(o.headers["X-Object-Manifest"])
	if err != nil {
		value = o.headers["X-Object-Manifest"]
	}
	container, prefix, _ := strings.Cut(value, "/")
	if container == "" {
		return fail(http.StatusBadRequest, "InvalidArgument")
	}
	segments, err := q.enter(c.owner, container, readObject)
	if err != nil {
		return err
	}
	got.blob, got.size, got.quote, got.dynamic = "", 0, true, true
	got.parts = []*part{}
	sum := md5.New()
	l := &listing{prefix: prefix, limit: listingLimit}
	for {
		n := 0
		if err := q.store.eachObject(q.ctx, segments.id, l, func(e entry) error {
			n++
			l.marker = e.name
			io.WriteString(sum, e.object.etag)
			got.size += e.object.size
			got.parts = append(got.parts, &part{
				length: e.object.size,
				seg:    &segment{account: c.owner, container: container, name: e.name, size: e.object.size},
			})
			return nil
		}); err != nil {
			return err
		}
		if n < listingLimit {
			break
		}
	}
	got.etag = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// endsWithin tells whether a range of a dynamic large object ends neither with
// a segment nor with the object.
func (got *content) endsWithin(r byteRange) bool {
	end := r.off + r.length
	for _, p := range got.parts {
		if end <= p.length {
			return got.dynamic && end != p.length
		}
		end -= p.length
	}
	return false
}

// overrun sends a range of a dynamic large object with one byte behind its
// Content-Length, as RGW 16.2 was seen to do. net/http does not send such a
// reply, so the connection is taken over, and ends with it.
func (q *request) overrun(status int, got *content, r byteRange) bool {
	h := q.w.Header()
	conn, rw, err := http.NewResponseController(q.w).Hijack()
	if err != nil {
		return false
	}
	defer conn.Close()
	if rec, ok := q.w.(*recorder); ok {
		rec.status, rec.n = status, r.length+1
	}
	h.Set("Connection", "close")
	fmt.Fprintf(rw, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	h.Write(rw)
	io.WriteString(rw, "\r\n")
	if q.send(rw, got, byteRange{r.off, r.length + 1}, 0) == nil {
		rw.Flush()
	}
	return true
}
