package localswift

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
)

// content is what a GET of an object gives: one blob, or segments in a row.
type content struct {
	size  int64
	etag  string // without quotes
	quote bool   // whether the ETag is shown in quotes
	kind  string // Content-Type
	parts []part
	first *os.File // the first part's blob, opened early
}

// part is a piece of a blob that is a piece of a content.
type part struct {
	blob   string
	off    int64 // within the blob
	length int64
	data   []byte // instead of a blob
	lost   bool   // the segment is gone or is no longer what the manifest says
}

// errObjectGone says that an object was replaced or deleted between the look
// into the index and the opening of its file.
var errObjectGone = errors.New("object changed meanwhile")

// findTries is how often an object that keeps being replaced is looked up.
const findTries = 100

// getObject answers GET and HEAD.
func (q *request) getObject() error {
	c, err := q.seen(readACL)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		o, err := q.liveObject(q.store.read, c.id, q.object)
		if err != nil {
			return q.noObject(err)
		}
		got, err := q.contentOf(c, o)
		if err == nil && q.r.Method == http.MethodGet {
			err = q.openFirst(got)
		}
		if errors.Is(err, errObjectGone) && try < findTries {
			continue
		}
		if err != nil {
			return err
		}
		if got.first != nil {
			defer got.first.Close()
		}
		return q.sendObject(o, got)
	}
}

// noObject turns 404 into 412 where "If-Match: *" asked for any object at all.
func (q *request) noObject(err error) error {
	if q.r.Header.Get("If-Match") == "*" && errors.Is(err, errNoObject) && q.s.opt.Personality != RGW {
		return fail(http.StatusPreconditionFailed, "")
	}
	return err
}

// contentOf finds what an object consists of.
func (q *request) contentOf(c *containerRow, o *objectRow) (*content, error) {
	got := &content{size: o.size, etag: o.etag, kind: o.kind}
	if o.size > 0 {
		got.parts = []part{{blob: o.blob, length: o.size}}
	}
	return got, nil
}

// openFirst opens the blob of the content's first part. An open file keeps its
// bytes whatever happens to the object.
func (q *request) openFirst(got *content) error {
	if len(got.parts) == 0 || got.parts[0].blob == "" {
		return nil
	}
	f, err := q.store.blobs.open(got.parts[0].blob)
	if errors.Is(err, fs.ErrNotExist) {
		return errObjectGone
	}
	got.first = f
	return err
}

// sendObject answers with the object's headers and what of its content is
// asked for.
func (q *request) sendObject(o *objectRow, got *content) error {
	h := q.w.Header()
	q.showMetadata(o.headers)
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
	if got.kind != "" {
		h.Set("Content-Type", got.kind)
	}
	compare := got.etag
	if o.slo && q.s.opt.Personality == RGW {
		compare = emptyMD5 // seen: of a large object it compares with this
	}
	if err := q.checkConditions(compare, o.changed); err != nil {
		return err
	}
	ranges, err := q.ranges(got.size)
	if err != nil {
		return err
	}
	switch len(ranges) {
	case 0:
		h.Set("Content-Length", strconv.FormatInt(got.size, 10))
		q.w.WriteHeader(http.StatusOK)
		return q.sendParts(got, byteRange{0, got.size})
	case 1:
		h.Set("Content-Range", ranges[0].header(got.size))
		h.Set("Content-Length", strconv.FormatInt(ranges[0].length, 10))
		q.w.WriteHeader(http.StatusPartialContent)
		return q.sendParts(got, ranges[0])
	}
	return q.sendMultipart(got, ranges)
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
	h.Set("Content-Type", "multipart/byteranges;boundary="+boundary)
	h.Set("Content-Length", strconv.FormatInt(total, 10))
	q.w.WriteHeader(http.StatusPartialContent)
	for i, r := range ranges {
		if _, err := io.WriteString(q.w, heads[i]); err != nil {
			return err
		}
		if err := q.sendParts(got, r); err != nil {
			return err
		}
		if _, err := io.WriteString(q.w, "\r\n"); err != nil {
			return err
		}
	}
	_, err := io.WriteString(q.w, end)
	return err
}

// sendParts sends the bytes of r, unless the request is a HEAD. An error after
// the reply has begun breaks the connection, so that the client can tell.
func (q *request) sendParts(got *content, r byteRange) error {
	if q.r.Method == http.MethodHead {
		return nil
	}
	for i, p := range got.parts {
		if r.length == 0 {
			break
		}
		if r.off >= p.length {
			r.off -= p.length
			continue
		}
		n := min(r.length, p.length-r.off)
		var opened *os.File
		if i == 0 {
			opened = got.first
		}
		if err := q.sendPart(p, opened, byteRange{r.off, n}); err != nil {
			return err
		}
		r.off, r.length = 0, r.length-n
	}
	return nil
}

// sendPart sends a piece of one part, from the file opened for it if any.
func (q *request) sendPart(p part, f *os.File, r byteRange) error {
	if p.data != nil {
		_, err := q.w.Write(p.data[r.off : r.off+r.length])
		return err
	}
	if p.lost {
		return errObjectGone
	}
	if f == nil {
		var err error
		if f, err = q.store.blobs.open(p.blob); err != nil {
			return err
		}
		defer f.Close()
	}
	if _, err := f.Seek(p.off+r.off, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(q.w, io.LimitReader(f, r.length))
	if err == nil && n != r.length {
		err = io.ErrUnexpectedEOF
	}
	return err
}
