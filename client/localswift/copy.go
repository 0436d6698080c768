package localswift

import (
	"database/sql"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// place is where an object is, or shall be.
type place struct{ account, container, object string }

// placeOf reads a Destination or X-Copy-From header.
func placeOf(account, value, header string) (place, error) {
	bad := failText(http.StatusPreconditionFailed, "Bad URL", header+" header must be of the form <container name>/<object name>")
	path, err := url.PathUnescape(value)
	if err != nil {
		return place{}, bad
	}
	container, object, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if container == "" || object == "" {
		return place{}, bad
	}
	return place{account, container, object}, nil
}

// accountOf reads a header that names another account.
func (q *request) accountOf(header string) string {
	v := q.r.Header.Get(header)
	if v == "" || q.s.opt.Personality == RGW {
		return q.account
	}
	if account, err := url.PathUnescape(v); err == nil {
		return account
	}
	return v
}

// copyTo answers COPY, which names where to.
func (q *request) copyTo() error {
	if q.r.Header.Get("Destination") == "" {
		return failText(http.StatusPreconditionFailed, "Bad URL", "Destination header required")
	}
	to, err := placeOf(q.accountOf("Destination-Account"), q.r.Header.Get("Destination"), "Destination")
	if err != nil {
		return err
	}
	return q.copyObject(place{q.account, q.container, q.object}, to)
}

// copyFrom answers PUT with X-Copy-From.
func (q *request) copyFrom() error {
	if q.r.ContentLength > 0 {
		return failPlain(http.StatusBadRequest, "InvalidRequest", "Copy requests require a zero byte body")
	}
	from, err := placeOf(q.accountOf("X-Copy-From-Account"), q.r.Header.Get("X-Copy-From"), "X-Copy-From")
	if err != nil {
		return err
	}
	return q.copyObject(from, place{q.account, q.container, q.object})
}

// copyObject copies an object within the server. OpenStack does as if the
// object were downloaded with the request's headers and uploaded again: ranges
// and conditions hold, and of a large object the bytes are copied unless
// multipart-manifest=get asks for the manifest. RGW always copies the manifest.
func (q *request) copyObject(from, to place) error {
	p := q.s.opt.Personality
	sc, err := q.enter(from.account, from.container, readObject)
	if err != nil {
		return err
	}
	src, got, err := q.openSource(sc, from.object)
	if err != nil {
		return err
	}
	defer got.close()
	whole := byteRange{0, got.size}
	if p != RGW {
		if err := q.checkConditions(got.etag, src.changed); err != nil {
			return err
		}
		if r, err := q.ranges(got.size); err != nil {
			return err
		} else if len(r) == 1 {
			whole = r[0]
		}
	}
	if whole.length > q.s.opt.MaxObject {
		return p.tooLarge()
	}
	q.account, q.container, q.object = to.account, to.container, to.object
	dc, err := q.own(writeObject)
	if err != nil {
		return err
	}
	if q.foreign(dc) {
		return q.denied() // seen, though he may read and write
	}
	o, err := q.copiedObject(dc, src)
	if err != nil {
		return err
	}
	if err := q.copyBody(dc, o, src, got, whole); err != nil {
		return err
	}
	q.copied(from, src, o)
	return nil
}

// openSource opens the object to be copied.
func (q *request) openSource(c *containerRow, name string) (*objectRow, *content, error) {
	if q.s.opt.Personality != RGW {
		return q.openObject(c, name)
	}
	q.query.Set("multipart-manifest", "get")
	q.stale = true // seen: it copies what has expired
	return q.openObject(c, name)
}

// copiedObject is the row of the copy but for its body: the source's metadata
// with the request's over it, or with X-Fresh-Metadata the request's alone.
func (q *request) copiedObject(c *containerRow, src *objectRow) (*objectRow, error) {
	o, err := q.newObject(c)
	if err != nil {
		return nil, err
	}
	fresh := isTrue(q.r.Header.Get("X-Fresh-Metadata"))
	if q.r.Header.Get("Content-Type") == "" {
		o.kind = src.kind
		if fresh && q.s.opt.Personality == RGW {
			o.kind = RGW.defaultType() // seen
		}
	}
	for name, v := range src.headers {
		if name == putBy {
			continue
		}
		manifest := name == "X-Object-Manifest"
		if _, ok := o.headers[name]; !ok && ((manifest && q.wantsManifest()) || (!manifest && !fresh)) {
			o.headers[name] = v
		}
	}
	if o.deleteAt == 0 && !fresh {
		o.deleteAt = src.deleteAt
	}
	return o, nil
}

// copyBody gives the copy its body and commits it. A whole blob is shared: the
// index counts who names it. Anything else is written anew.
func (q *request) copyBody(c *containerRow, o, src *objectRow, got *content, r byteRange) error {
	if src.slo && q.wantsManifest() && q.s.opt.Personality != RGW {
		return q.copyManifest(c, o, src)
	}
	if got.parts == nil && got.data == nil && r.length == got.size {
		o.blob, o.size, o.etag = src.blob, src.size, src.etag
		o.slo, o.total, o.whole = src.slo, src.total, src.whole
		err := q.commitObject(c, o, func(tx *sql.Tx) error { return stillThere(tx, o.blob) })
		if !errors.Is(err, errObjectGone) {
			return err
		}
		// Replaced meanwhile: the open file still has the bytes.
	}
	if err := q.validate(got, r); err != nil {
		return err
	}
	pr, pw := io.Pipe()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		pw.CloseWithError(q.send(pw, got, r, 0))
	}()
	b, err := q.store.blobs.put(pr, r.length, q.s.opt.MaxObject)
	pr.Close()
	<-sent
	if err != nil {
		return err
	}
	o.blob, o.size, o.etag = b.id, b.size, b.etag
	if err := q.commitObject(c, o); err != nil {
		q.store.blobs.drop(b.id)
		return err
	}
	return nil
}

// stillThere makes sure that a blob about to be shared is still named.
func stillThere(tx *sql.Tx, id string) error {
	if id == "" {
		return nil
	}
	var refs int
	err := tx.QueryRow("SELECT refs FROM blob WHERE id = ?", id).Scan(&refs)
	if errors.Is(err, errNoRow) {
		return errObjectGone
	}
	return err
}

// copyManifest makes a second large object of the same segments, which are
// checked again.
func (q *request) copyManifest(c *containerRow, o, src *objectRow) error {
	entries, err := q.manifest(src)
	if err != nil {
		return err
	}
	specs := make([]segmentSpec, len(entries))
	for i, e := range entries {
		specs[i] = segmentSpec{path: e.Name, etag: e.Hash, size: e.Bytes, data: e.Data}
		if e.Range != "" {
			r := OpenStack.parseRange("bytes=" + e.Range)
			specs[i].rng = &r[0]
		}
	}
	problems, err := q.makeManifest(c, o, specs, 0)
	if len(problems) > 0 {
		return failText(http.StatusBadRequest, "", (&report{errors: problems}).body("text/plain"))
	}
	return err
}

// copied answers a copy.
func (q *request) copied(from place, src, o *objectRow) {
	h := q.w.Header()
	for name, v := range o.headers {
		if strings.HasPrefix(name, metaPrefix("Object")) {
			h.Set(name, v)
		}
	}
	h.Set("X-Copied-From", pathEscape(from.container+"/"+from.object))
	h.Set("X-Copied-From-Account", pathEscape(from.account))
	h.Set("X-Copied-From-Last-Modified", lastModified(src.changed))
	etag := o.etag
	if q.s.opt.Personality == RGW {
		h.Set("X-Copied-From", url.PathEscape(from.container)+"/"+url.PathEscape(from.object))
		h.Set("X-Copied-From-Account", strings.TrimPrefix(from.account, "AUTH_"))
		h.Set("Content-Type", o.kind)
		if o.slo {
			etag = emptyMD5
		}
	} else if o.slo {
		etag = `"` + o.whole + `"`
	}
	h.Set(q.s.opt.Personality.etagName(), etag)
	q.created(o)
}
