package localswift

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"time"
)

// content is what a GET of an object gives: a blob, some bytes, or parts in a
// row.
type content struct {
	size    int64
	etag    string // without quotes
	quote   bool   // whether the ETag is shown in quotes
	kind    string // Content-Type
	dynamic bool   // a dynamic large object

	blob  string
	file  *os.File // the blob, once opened
	data  []byte
	parts []*part
}

// part is a piece of a large object.
type part struct {
	length int64
	off    int64 // where it begins within its segment
	data   []byte
	seg    *segment
	ready  *content // the segment, once found
}

// segment is an object that a large object is made of, as its manifest has it.
type segment struct {
	account, container, name string
	hash                     string // "" when any will do
	size                     int64
}

// errObjectGone says that an object was replaced or deleted between the look
// into the index and the opening of its file.
var errObjectGone = errors.New("object changed meanwhile")

// errSegment says that a segment is gone or is not what the manifest says.
var errSegment = errors.New("segment is gone or has changed")

// maxNesting is how deep large objects may be made of large objects.
const maxNesting = 10

func (got *content) close() {
	if got == nil {
		return
	}
	if got.file != nil {
		got.file.Close()
	}
	for _, p := range got.parts {
		p.ready.close()
	}
}

// contentOf finds what an object of container c consists of. With raw it is
// what is stored: a manifest as such.
func (q *request) contentOf(c *containerRow, o *objectRow, raw bool) (*content, error) {
	got := &content{size: o.size, etag: o.etag, kind: o.kind, blob: o.blob}
	switch {
	case raw:
		return got, nil
	case o.slo:
		return got, q.readManifest(c, o, got)
	case o.headers["X-Object-Manifest"] != "":
		return got, q.readDynamic(c, o, got)
	}
	return got, nil
}

// open opens the blob of a content. An open file keeps its bytes whatever
// happens to the object.
func (q *request) open(got *content) error {
	if got.blob == "" || got.file != nil || got.parts != nil {
		return nil
	}
	f, err := q.store.blobs.open(got.blob)
	if errors.Is(err, fs.ErrNotExist) {
		return errObjectGone
	}
	got.file = f
	return err
}

// find looks a part's segment up, unless that was done, and opens it.
func (q *request) find(p *part, depth int) error {
	if p.seg == nil || p.ready != nil {
		return nil
	}
	for try := 0; ; try++ {
		got, err := q.findSegment(p.seg, depth)
		if err == nil {
			if err = q.open(got); err == nil {
				p.ready = got
				return nil
			}
		}
		if !errors.Is(err, errObjectGone) || try == findTries {
			return err
		}
	}
}

func (q *request) findSegment(s *segment, depth int) (*content, error) {
	if depth > maxNesting {
		return nil, errSegment
	}
	c, err := q.enter(s.account, s.container, readObject)
	if err != nil {
		return nil, errors.Join(errSegment, err)
	}
	o, err := q.liveObject(q.store.read, c.id, s.name)
	if err != nil {
		return nil, errors.Join(errSegment, err)
	}
	got, err := q.contentOf(c, o, !o.slo || s.hash == "")
	if err != nil {
		return nil, err
	}
	if q.s.opt.Personality == RGW {
		if got.size != s.size { // seen: bytes of the same length are taken
			return nil, errSegment
		}
		return got, nil
	}
	if s.hash != "" && (got.etag != s.hash || got.size != s.size) {
		return nil, errSegment
	}
	return got, nil
}

// validate makes sure of the first segment that r touches, before the reply
// begins: OpenStack answers 409 when it is not there, RGW 404. What is wrong
// later only a broken connection can tell.
func (q *request) validate(got *content, r byteRange) error {
	for _, p := range got.parts {
		if r.off >= p.length && p.length > 0 {
			r.off -= p.length
			continue
		}
		err := q.find(p, 1)
		if !errors.Is(err, errSegment) {
			return err
		}
		if q.s.opt.Personality != RGW {
			return fail(http.StatusConflict, "")
		}
		var f *failure
		if errors.As(err, &f) && f.status == http.StatusUnauthorized {
			return f
		}
		return errNoObject
	}
	return nil
}

// send writes the bytes of r, unless the request is a HEAD. An error after the
// reply has begun breaks the connection, so that the client can tell.
func (q *request) send(w io.Writer, got *content, r byteRange, depth int) error {
	if q.r.Method == http.MethodHead || r.length == 0 {
		return nil
	}
	if got.data != nil {
		_, err := w.Write(got.data[r.off : r.off+r.length])
		return err
	}
	if got.parts == nil {
		return q.sendBlob(w, got, r)
	}
	for _, p := range got.parts {
		if r.off >= p.length {
			r.off -= p.length
			continue
		}
		n := min(r.length, p.length-r.off)
		if err := q.sendPart(w, p, byteRange{r.off, n}, depth); err != nil {
			return err
		}
		if r.off, r.length = 0, r.length-n; r.length == 0 {
			return nil
		}
	}
	return io.ErrUnexpectedEOF
}

func (q *request) sendPart(w io.Writer, p *part, r byteRange, depth int) error {
	if p.seg == nil {
		_, err := w.Write(p.data[r.off : r.off+r.length])
		return err
	}
	if err := q.find(p, depth+1); err != nil {
		if q.s.opt.Personality == RGW {
			q.stall()
		}
		return err
	}
	err := q.send(w, p.ready, byteRange{p.off + r.off, r.length}, depth+1)
	p.ready.close()
	p.ready = nil
	return err
}

// stall is what RGW does where a segment is missing: nothing, until its time is
// up or the client gives up.
func (q *request) stall() {
	http.NewResponseController(q.w).Flush()
	t := time.NewTimer(idleTimeout)
	defer t.Stop()
	select {
	case <-t.C:
	case <-q.ctx.Done():
	case <-stopping(q.ctx):
	}
}

func (q *request) sendBlob(w io.Writer, got *content, r byteRange) error {
	if err := q.open(got); err != nil {
		return err
	}
	if _, err := got.file.Seek(r.off, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(w, io.LimitReader(got.file, r.length))
	if err == nil && n != r.length {
		err = io.ErrUnexpectedEOF
	}
	return err
}
