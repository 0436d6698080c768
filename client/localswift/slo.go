package localswift

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

func md5Hex(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// putManifest makes a static large object: PUT with multipart-manifest=put.
func (q *request) putManifest() error {
	p := q.s.opt.Personality
	c, err := q.own(writeObject)
	if err != nil {
		return err
	}
	o, err := q.newObject(c)
	if err != nil {
		return err
	}
	body, err := q.readManifestBody()
	if err != nil {
		return err
	}
	specs, err := q.parseManifest(body)
	if err != nil {
		return err
	}
	if p != RGW && isTrue(q.query.Get("heartbeat")) {
		return q.putWithHeartbeat(c, o, specs)
	}
	problems, err := q.makeManifest(c, o, specs, int64(len(body)))
	if len(problems) > 0 {
		r := report{errors: problems}
		r.send(q, http.StatusBadRequest)
		return nil
	}
	if err != nil {
		return err
	}
	q.w.Header().Set(p.etagName(), `"`+o.whole+`"`)
	q.created(o)
	return nil
}

// putWithHeartbeat answers 202 at once and gives the result in the body, so
// that the connection does not look dead while many segments are checked.
func (q *request) putWithHeartbeat(c *containerRow, o *objectRow, specs []segmentSpec) error {
	q.w.Header().Set("Content-Type", q.reportType())
	q.w.WriteHeader(http.StatusAccepted)
	io.WriteString(q.w, " ")
	http.NewResponseController(q.w).Flush()
	problems, err := q.makeManifest(c, o, specs, 0)
	r := report{errors: problems}
	switch {
	case len(problems) > 0:
		r.result(http.StatusBadRequest, "")
	case err != nil:
		f := failureOf(err)
		r.result(f.status, f.text)
	default:
		r.add("Response Status", "201 Created")
		r.add("Etag", `"`+o.whole+`"`)
		r.add("Last Modified", lastModified(o.changed))
		r.add("Response Body", "")
	}
	_, err = io.WriteString(q.w, "\r\n\r\n"+r.body(q.reportType()))
	return err
}

// readManifestBody reads the manifest a client sends; it is bounded.
func (q *request) readManifestBody() ([]byte, error) {
	if err := q.checkBody(); err != nil {
		return nil, err
	}
	most, tooLarge := int64(maxManifestSize), failText(http.StatusRequestEntityTooLarge, "", fmt.Sprintf("Manifest File > %d bytes", maxManifestSize))
	if q.s.opt.Personality == RGW {
		// Seen: about 1 MiB, and this status.
		most, tooLarge = 1<<20+1, fail(http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
	}
	if q.r.ContentLength > most {
		return nil, tooLarge
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(q.r.Body, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errShortBody, err)
	case n > most:
		return nil, tooLarge
	}
	return b.Bytes(), nil
}

// makeManifest checks the segments and commits the object; given is the length
// of the manifest as it was sent. problems are those a client is told in a list.
func (q *request) makeManifest(c *containerRow, o *objectRow, specs []segmentSpec, given int64) (problems [][2]string, err error) {
	p := q.s.opt.Personality
	found := map[string]foundSegment{}
	entries := make([]manifestEntry, len(specs))
	whole := md5.New()
	for i := range specs {
		s := &specs[i]
		var problem string
		if s.data != "" {
			entries[i] = manifestEntry{Data: s.data}
		} else if entries[i], problem, err = q.segmentEntry(c.owner, s, found, i == len(specs)-1); err != nil {
			return nil, err
		}
		if problem != "" {
			problems = append(problems, [2]string{pathEscape(s.path), problem})
		}
		_, n := entries[i].length()
		o.total += n
		io.WriteString(whole, entries[i].mark())
	}
	if len(problems) > 0 {
		return problems, nil
	}
	o.slo, o.whole = true, hex.EncodeToString(whole.Sum(nil))
	if want, ok := q.r.Header["Etag"]; ok {
		// Seen: RGW compares with the ETag of nothing.
		is := o.whole
		if p == RGW {
			is = emptyMD5
		}
		if !p.sameETag(want[0], is) {
			f := &failure{status: http.StatusUnprocessableEntity, word: "UnprocessableEntity"}
			if p == RGW {
				f.etag = `"` + o.whole + `"`
			}
			return nil, f
		}
	}
	if p == RGW {
		o.headers["X-Object-Meta-Static-Large-Object"] = "True" // seen to leak in
	}
	b, err := q.store.blobs.put(bytes.NewReader(encodeManifest(entries, false)), -1, 2*maxManifestSize)
	if err != nil {
		return nil, err
	}
	o.blob, o.size, o.etag = b.id, b.size, b.etag
	if p == RGW {
		o.size = given // seen: what the client sent is what is counted and listed
	}
	if err := q.commitObject(c, o); err != nil {
		q.store.blobs.drop(b.id)
		return nil, err
	}
	return nil, nil
}

// foundSegment is what a HEAD of a segment would say.
type foundSegment struct {
	o    *objectRow
	etag string
	size int64
	err  error
}

// segmentEntry checks one segment of a manifest against the object it names.
func (q *request) segmentEntry(account string, s *segmentSpec, found map[string]foundSegment, last bool) (e manifestEntry, problem string, err error) {
	f, ok := found[s.path]
	if !ok {
		f = q.headSegment(account, s.path)
		found[s.path] = f
	}
	if f.err != nil {
		if q.s.opt.Personality == RGW {
			return e, "", f.err
		}
		status := failureOf(f.err).status
		return e, fmt.Sprintf("%d %s", status, statusText(status)), nil
	}
	e = manifestEntry{
		Name: "/" + strings.TrimLeft(s.path, "/"), Bytes: f.size, Hash: f.etag, ContentType: strings.Split(f.o.kind, ";")[0],
		LastModified: roundUp(f.o.changed).Format("2006-01-02T15:04:05.000000"), SubSLO: f.o.slo,
	}
	if q.s.opt.Personality == RGW {
		if s.size >= 0 && s.size != f.size {
			return e, "", fail(http.StatusBadRequest, "InvalidArgument")
		}
		e.Hash = s.etag // seen: not checked, and what the ETag is made of
		return e, "", nil
	}
	n := f.size
	if s.rng != nil {
		switch r := s.rng.within(f.size); {
		case r == nil:
			problem = "Unsatisfiable Range"
		case r.length < f.size:
			e.Range = fmt.Sprintf("%d-%d", r.off, r.off+r.length-1)
			n = r.length
		}
	}
	switch {
	case problem != "":
	case n < 1 && !last:
		problem = "Too small; each segment must be at least 1 byte."
	case s.size >= 0 && s.size != f.size:
		problem = "Size Mismatch"
	case s.etag != "" && s.etag != f.etag:
		problem = "Etag Mismatch"
	}
	return e, problem, nil
}

// headSegment looks a segment up with the sender's rights.
func (q *request) headSegment(account, path string) foundSegment {
	container, name, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	c, err := q.enter(account, container, readObject)
	if err != nil {
		return foundSegment{err: err}
	}
	o, err := q.liveObject(q.store.read, c.id, name)
	if err != nil {
		return foundSegment{err: err}
	}
	if o.slo {
		return foundSegment{o: o, etag: o.whole, size: o.total}
	}
	return foundSegment{o: o, etag: o.etag, size: o.size}
}

// deleteManifest deletes a static large object and its segments: DELETE with
// multipart-manifest=delete. The status is in the body.
func (q *request) deleteManifest() error {
	r := deletion{q: q}
	if err := r.largeObject(q.container, q.object); err != nil {
		return err
	}
	r.send()
	return nil
}

// largeObject deletes the segments of an object, then the object.
func (d *deletion) largeObject(container, name string) error {
	q := d.q
	path := container + "/" + name
	c, err := q.enter(q.account, container, writeObject)
	if err != nil {
		d.failed(path, err)
		return nil
	}
	o, err := q.liveObject(q.store.read, c.id, name)
	switch {
	case q.s.opt.Personality == RGW && (errors.Is(err, errNoObject) || (err == nil && !o.slo)):
		d.problem(path, "400 Bad Request") // seen
		return nil
	case errors.Is(err, errNoObject):
		d.notFound++
		return nil
	case err != nil:
		return err
	case !o.slo:
		d.problem("/"+path, "Not an SLO manifest")
		return nil
	}
	entries, err := q.manifest(o)
	if err != nil {
		return err
	}
	for i := range entries {
		if entries[i].Data != "" {
			continue
		}
		container, name, _ := strings.Cut(strings.TrimPrefix(entries[i].Name, "/"), "/")
		if entries[i].SubSLO {
			if err := d.largeObject(container, name); err != nil {
				return err
			}
			continue
		}
		d.one(container + "/" + name)
	}
	d.one(path)
	return nil
}
