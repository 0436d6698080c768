package localswift

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
)

// manifestEntry is a segment in a stored manifest, in Swift's form.
type manifestEntry struct {
	Name         string `json:"name"` // "/container/object"
	Bytes        int64  `json:"bytes"`
	Hash         string `json:"hash"`
	ContentType  string `json:"content_type"`
	LastModified string `json:"last_modified"`
	Range        string `json:"range"` // "first-last"
	SubSLO       bool   `json:"sub_slo"`
	Data         string `json:"data"` // base64, alone
}

// length is how many bytes the segment adds to the object.
func (e *manifestEntry) length() (off, n int64) {
	if e.Data != "" {
		return 0, int64(len(e.bytes()))
	}
	if first, last, ok := strings.Cut(e.Range, "-"); ok {
		a, _ := strconv.ParseInt(first, 10, 64) // we wrote the range ourselves
		b, _ := strconv.ParseInt(last, 10, 64)
		return a, b - a + 1
	}
	return 0, e.Bytes
}

func (e *manifestEntry) bytes() []byte {
	b, _ := base64.StdEncoding.DecodeString(e.Data) // checked when it came
	return b
}

// mark is what the segment adds to the hash that becomes the object's ETag.
func (e *manifestEntry) mark() string {
	switch {
	case e.Data != "":
		return md5Hex(e.bytes())
	case e.Range != "":
		return e.Hash + ":" + e.Range + ";"
	}
	return e.Hash
}

// appendField appends a member of a JSON object, spaced as Python does.
func appendField(b []byte, name, value string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ", "...)
	}
	return append(append(append(append(b, '"'), name...), `": `...), value...)
}

func jsonString(s string) string { return string(appendJSON(nil, s)) }

// encodeManifest writes the entries as Swift stores them, or with raw in the
// form in which a client puts them.
func encodeManifest(entries []manifestEntry, raw bool) []byte {
	b := []byte{'['}
	for i := range entries {
		e := &entries[i]
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, '{')
		switch {
		case e.Data != "":
			b = appendField(b, "data", jsonString(e.Data))
		case raw:
			b = appendField(b, "etag", jsonString(e.Hash))
			b = appendField(b, "path", jsonString(e.Name))
			if e.Range != "" {
				b = appendField(b, "range", jsonString(e.Range))
			}
			b = appendField(b, "size_bytes", strconv.FormatInt(e.Bytes, 10))
		default:
			b = appendField(b, "name", jsonString(e.Name))
			b = appendField(b, "bytes", strconv.FormatInt(e.Bytes, 10))
			b = appendField(b, "hash", jsonString(e.Hash))
			b = appendField(b, "content_type", jsonString(e.ContentType))
			b = appendField(b, "last_modified", jsonString(e.LastModified))
			if e.Range != "" {
				b = appendField(b, "range", jsonString(e.Range))
			}
			if e.SubSLO {
				b = appendField(b, "sub_slo", "true")
			}
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// manifestCache keeps the last few manifests that were read: a download of
// many ranges asks for one again and again. A blob never changes, so an entry
// never becomes wrong.
type manifestCache struct {
	mu      sync.Mutex
	entries map[string][]manifestEntry
}

const cachedManifests = 16

func (c *manifestCache) get(id string) ([]manifestEntry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[id]
	return e, ok
}

func (c *manifestCache) put(id string, e []manifestEntry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil || len(c.entries) >= cachedManifests {
		c.entries = map[string][]manifestEntry{}
	}
	c.entries[id] = e
}

// manifest reads the stored manifest of a static large object.
func (q *request) manifest(o *objectRow) ([]manifestEntry, error) {
	if e, ok := q.s.manifests.get(o.blob); ok {
		return e, nil
	}
	b, err := os.ReadFile(q.store.blobs.path(o.blob))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errObjectGone
	}
	if err != nil {
		return nil, err
	}
	var e []manifestEntry
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&e); err != nil {
		return nil, err
	}
	q.s.manifests.put(o.blob, e)
	return e, nil
}

// readManifest makes the content of a static large object.
func (q *request) readManifest(c *containerRow, o *objectRow, got *content) error {
	entries, err := q.manifest(o)
	if err != nil {
		return err
	}
	got.blob, got.size, got.etag, got.quote = "", o.total, o.whole, true
	got.parts = make([]*part, len(entries))
	for i := range entries {
		e := &entries[i]
		p := &part{}
		p.off, p.length = e.length()
		if e.Data != "" {
			p.data = e.bytes()
		} else {
			container, name, _ := strings.Cut(strings.TrimPrefix(e.Name, "/"), "/")
			p.seg = &segment{account: c.owner, container: container, name: name, hash: e.Hash, size: e.Bytes}
		}
		got.parts[i] = p
	}
	return nil
}

func (q *request) wantsManifest() bool { return q.query.Get("multipart-manifest") == "get" }

// manifestReply turns the content into what multipart-manifest=get shows of a
// static large object. RGW 16.2 shows nothing.
func (q *request) manifestReply(o *objectRow, got *content) error {
	if !o.slo || !q.wantsManifest() {
		return nil
	}
	if q.s.opt.Personality == RGW {
		got.close()
		*got = content{etag: emptyMD5, kind: o.kind}
		return nil
	}
	if q.query.Get("format") != "raw" {
		got.kind = "application/json; charset=utf-8"
		return nil
	}
	entries, err := q.manifest(o)
	if err != nil {
		return err
	}
	raw := encodeManifest(entries, true)
	got.close()
	*got = content{size: int64(len(raw)), etag: md5Hex(raw), kind: o.kind, data: raw}
	return nil
}
