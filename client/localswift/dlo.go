package localswift

import (
	"crypto/md5"
	"encoding/hex"
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
