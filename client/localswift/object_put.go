package localswift

import (
	"database/sql"
	"errors"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// serveObject answers requests for an object.
func (q *request) serveObject() error {
	switch q.r.Method {
	case http.MethodGet, http.MethodHead:
		return q.getObject()
	case http.MethodPut:
		return q.putObject()
	case http.MethodPost:
		return q.postObject()
	case http.MethodDelete:
		return q.deleteObject()
	case "COPY":
		return q.copyTo()
	}
	if _, err := q.own(writeObject); err != nil {
		return err
	}
	return q.s.opt.Personality.otherMethod(q.r.Method)
}

// keptHeaders are stored with an object beside its metadata (allowed_headers of
// Swift's object server).
var keptHeaders = []string{
	"Content-Disposition", "Content-Encoding", "X-Object-Manifest", "Cache-Control", "Content-Language", "Expires", "X-Robots-Tag",
}

// objectFields are the headers of a PUT, POST or COPY that are kept.
func objectFields(p Personality, h http.Header) fields {
	f := fields{}
	prefix := metaPrefix("Object")
	for name, v := range h {
		if strings.HasPrefix(name, prefix) && v[0] != "" {
			f[p.metaName(name)] = v[0]
		}
	}
	for _, name := range keptHeaders {
		if v, ok := h[name]; ok && v[0] != "" {
			f[name] = v[0]
		}
	}
	return f
}

// deleteAt reads X-Delete-After and X-Delete-At; 0 is never. given tells
// whether the request says anything about it.
func deleteAt(h http.Header, now time.Time) (at int64, given bool, err error) {
	bad := func(text string) error { return failPlain(http.StatusBadRequest, "InvalidArgument", text) }
	if v := h.Get("X-Delete-After"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return 0, true, bad("Non-integer X-Delete-After")
		}
		if n <= 0 {
			return 0, true, bad("X-Delete-After in past")
		}
		return now.Unix() + n, true, nil
	}
	if v := h.Get("X-Delete-At"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return 0, true, bad("Non-integer X-Delete-At")
		}
		if n <= now.Unix() {
			return 0, true, bad("X-Delete-At in past")
		}
		return n, true, nil
	}
	_, removed := h["X-Remove-Delete-At"]
	return 0, removed, nil
}

// contentType is the type an object is stored with: as sent, or guessed.
func (q *request) contentType() string {
	kind := q.r.Header.Get("Content-Type")
	if isTrue(q.r.Header.Get("X-Detect-Content-Type")) {
		kind = ""
	}
	if kind != "" {
		return kind
	}
	if guess := mime.TypeByExtension(path.Ext(q.object)); guess != "" {
		guess, _, _ = strings.Cut(guess, ";")
		return guess
	}
	if q.s.opt.Personality == RGW {
		return "" // seen: nothing is stored, nothing is listed
	}
	return q.s.opt.Personality.defaultType()
}

// checkBody decides from the headers whether the body may come: its length is
// announced or it is chunked, and it is not too long.
func (q *request) checkBody() error {
	n, p := q.r.ContentLength, q.s.opt.Personality
	if n > q.s.opt.MaxObject {
		return p.tooLarge()
	}
	if n <= 0 && q.r.Header.Get("Content-Length") == "" && len(q.r.TransferEncoding) == 0 {
		return failPlain(http.StatusLengthRequired, "MissingContentLength", "Missing Content-Length header.")
	}
	return nil
}

func (q *request) putObject() error {
	if q.r.Header.Get("X-Copy-From") != "" {
		return q.copyFrom()
	}
	if q.query.Get("multipart-manifest") == "put" {
		return q.putManifest()
	}
	p := q.s.opt.Personality
	c, err := q.own(writeObject)
	if err != nil {
		return err
	}
	o, err := q.newObject(c)
	if err != nil {
		return err
	}
	if err := q.checkBody(); err != nil {
		return err
	}
	if err := q.checkQuota(q.store.read, c, max(q.r.ContentLength, 0)); err != nil {
		return err
	}
	if err := q.checkAbsent(q.store.read, o); err != nil {
		return err
	}
	b, err := q.store.blobs.put(q.r.Body, q.r.ContentLength, q.s.opt.MaxObject)
	if errors.Is(err, errBodyTooLarge) {
		return p.tooLarge()
	}
	if err != nil {
		return err
	}
	o.blob, o.size, o.etag = b.id, b.size, b.etag
	if want, ok := q.r.Header["Etag"]; ok && !p.sameETag(want[0], b.etag) {
		q.store.blobs.drop(b.id)
		f := &failure{status: http.StatusUnprocessableEntity, word: "UnprocessableEntity"}
		if p == RGW {
			f.etag = b.etag
		}
		return f
	}
	if err := q.commitObject(c, o); err != nil {
		q.store.blobs.drop(b.id)
		return err
	}
	q.w.Header().Set(p.etagName(), o.etag)
	q.created(o)
	return nil
}

// newObject checks the name and headers of an object about to be made and
// returns its row but for the body.
func (q *request) newObject(c *containerRow) (*objectRow, error) {
	p, h := q.s.opt.Personality, q.r.Header
	if err := p.checkObject(q.object); err != nil {
		return nil, err
	}
	if err := checkMetadata(p, h, "Object"); err != nil {
		return nil, err
	}
	if v := h.Get("If-None-Match"); v != "" && strings.TrimSpace(v) != "*" && p != RGW {
		return nil, failPlain(http.StatusBadRequest, "", "If-None-Match only supports *")
	}
	at, _, err := deleteAt(h, q.now)
	if err != nil {
		return nil, err
	}
	o := &objectRow{container: c.id, name: q.object, kind: q.contentType(), deleteAt: at, headers: objectFields(p, h)}
	if q.foreign(c) {
		o.headers[putBy] = q.user.Account
	}
	return o, checkDynamic(p, o.headers)
}

// checkAbsent refuses when "If-None-Match: *" was sent and the object is there.
// RGW 16.2 ignores the header.
func (q *request) checkAbsent(from querier, o *objectRow) error {
	if q.s.opt.Personality == RGW || strings.TrimSpace(q.r.Header.Get("If-None-Match")) != "*" {
		return nil
	}
	old, err := getObject(q.contextFor(from), from, o.container, o.name)
	if errors.Is(err, errNoRow) || (err == nil && old.expired(q.now)) {
		return nil
	}
	if err != nil {
		return err
	}
	return fail(http.StatusPreconditionFailed, "PreconditionFailed")
}

// commitObject names the body in the index: the moment at which the object
// exists. checks run within the transaction first.
func (q *request) commitObject(c *containerRow, o *objectRow, checks ...func(*sql.Tx) error) error {
	var unused string
	err := q.store.update(func(tx *sql.Tx) error {
		now, err := q.findContainer(tx, c.owner, c.name)
		if err != nil {
			return err
		}
		o.container = now.id
		if err := q.checkAbsent(tx, o); err != nil {
			return err
		}
		if err := q.checkQuota(tx, now, o.size); err != nil {
			return err
		}
		for _, check := range checks {
			if err := check(tx); err != nil {
				return err
			}
		}
		o.changed = stampOf(q.s.opt.Now())
		unused, err = putObject(tx, o)
		return err
	})
	if err == nil {
		q.store.blobs.drop(unused)
	}
	return err
}

// created answers a successful PUT or COPY.
func (q *request) created(o *objectRow) {
	q.w.Header().Set("Last-Modified", lastModified(o.changed))
	q.done(http.StatusCreated)
}
