package localswift

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// findTries is how often an object that keeps being replaced is looked up.
const findTries = 100

// getObject answers GET and HEAD.
func (q *request) getObject() error {
	c, err := q.own(readObject)
	if err != nil {
		return err
	}
	o, got, err := q.openObject(c, q.object)
	if err != nil {
		return err
	}
	defer got.close()
	return q.sendObject(o, got)
}

// openObject finds an object and opens its file, so that it stays readable
// while others replace or delete it.
func (q *request) openObject(c *containerRow, name string) (*objectRow, *content, error) {
	for try := 0; ; try++ {
		o, err := q.liveObject(q.store.read, c.id, name)
		if err != nil {
			return nil, nil, q.noObject(err)
		}
		if err := q.mayRead(c, o); err != nil {
			return nil, nil, err
		}
		got, err := q.contentOf(c, o, q.wantsManifest())
		if err == nil && q.r.Method != http.MethodHead {
			err = q.open(got)
		}
		if err == nil {
			return o, got, nil
		}
		if !errors.Is(err, errObjectGone) || try == findTries {
			return nil, nil, err
		}
	}
}

// noObject turns 404 into 412 where "If-Match: *" asked for any object at all.
func (q *request) noObject(err error) error {
	if q.r.Header.Get("If-Match") == "*" && errors.Is(err, errNoObject) && q.s.opt.Personality != RGW {
		return errCondition
	}
	return err
}

// sendObject answers with the object's headers and what of its content is
// asked for.
func (q *request) sendObject(o *objectRow, got *content) error {
	if err := q.manifestReply(o, got); err != nil {
		return err
	}
	q.objectHeaders(o, got)
	if err := q.checkConditions(q.comparedETag(o, got), o.changed); err != nil {
		return err
	}
	ranges, err := q.ranges(got.size)
	if err != nil {
		return err
	}
	if got.dynamic && len(ranges) > 1 {
		ranges = nil // of dynamic large objects Swift serves no several
	}
	if len(ranges) == 0 {
		ranges = []byteRange{{0, got.size}}
	} else {
		q.w.Header().Set("Content-Range", ranges[0].header(got.size))
	}
	if q.r.Method == http.MethodGet || q.s.opt.Personality == RGW {
		if err := q.validate(got, ranges[0]); err != nil {
			return err
		}
	}
	if len(ranges) > 1 {
		return q.sendMultipart(got, ranges)
	}
	h, status := q.w.Header(), http.StatusOK
	if h.Get("Content-Range") != "" {
		status = http.StatusPartialContent
	}
	h.Set("Content-Length", strconv.FormatInt(ranges[0].length, 10))
	if q.s.opt.Personality == RGW && q.r.Method == http.MethodGet && got.endsWithin(ranges[0]) && q.overrun(status, got, ranges[0]) {
		return nil
	}
	q.w.WriteHeader(status)
	return q.send(q.w, got, ranges[0], 0)
}

// comparedETag is the ETag conditions are checked against. Of a static large
// object RGW takes that of nothing.
func (q *request) comparedETag(o *objectRow, got *content) string {
	if o.slo && q.s.opt.Personality == RGW {
		return emptyMD5
	}
	return got.etag
}

// objectHeaders sets what a reply says of the object as a whole.
func (q *request) objectHeaders(o *objectRow, got *content) {
	h := q.w.Header()
	for name, value := range o.headers {
		if name != putBy {
			h.Set(name, value)
		}
	}
	etag := got.etag
	if got.quote {
		etag = `"` + etag + `"`
	}
	h.Set("Etag", etag)
	h.Set("Last-Modified", lastModified(o.changed))
	h.Set("X-Timestamp", timestamp(o.changed))
	h.Set("Accept-Ranges", "bytes")
	if o.deleteAt > 0 {
		h.Set("X-Delete-At", strconv.FormatInt(o.deleteAt, 10))
	}
	h.Set("Content-Type", got.kind)
	if got.kind == "" {
		h.Set("Content-Type", q.s.opt.Personality.defaultType())
	}
	if rgw := q.s.opt.Personality == RGW; o.slo && !(rgw && q.wantsManifest()) {
		h.Set("X-Static-Large-Object", "True")
		if !rgw && !q.wantsManifest() {
			h.Set("X-Manifest-Etag", o.etag)
		}
	}
	if q.signed != nil {
		q.signed.present(q, h)
	}
}

// sendMultipart answers several ranges as multipart/byteranges.
func (q *request) sendMultipart(got *content, ranges []byteRange) error {
	sum := md5.Sum([]byte(q.trans))
	boundary := hex.EncodeToString(sum[:])
	heads := make([]string, len(ranges))
	end := "--" + boundary + "--"
	total := int64(len(end))
	for i, r := range ranges {
		heads[i] = fmt.Sprintf("--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n", boundary, got.kind, r.header(got.size))
		total += int64(len(heads[i])) + r.length + 2
	}
	h := q.w.Header()
	h.Del("Content-Range")
	h.Set("Content-Type", "multipart/byteranges;boundary="+boundary)
	h.Set("Content-Length", strconv.FormatInt(total, 10))
	q.w.WriteHeader(http.StatusPartialContent)
	for i, r := range ranges {
		if _, err := io.WriteString(q.w, heads[i]); err != nil {
			return err
		}
		if err := q.send(q.w, got, r, 0); err != nil {
			return err
		}
		if _, err := io.WriteString(q.w, "\r\n"); err != nil {
			return err
		}
	}
	_, err := io.WriteString(q.w, end)
	return err
}
