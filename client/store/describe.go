package store

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ncw/swift/v2"
)

// besides are the headers of an object that a POST without them would remove, beside its metadata.
var besides = []string{"Content-Encoding", "Content-Disposition"}

// Describe is a POST, which replaces all that is stored beside the bytes, and no server makes it depend on
// what the object is: so all of it is read before, and the object looked at again. Of one that was put there
// between the two the POST has taken what its owner said: it is left as one of which nothing is known.
func (s *Swift) Describe(ctx context.Context, o Object, h Header) error {
	before, err := s.plainObject(ctx, o)
	if err != nil {
		return err
	}
	headers := swift.Headers{}
	for name, value := range before {
		if strings.HasPrefix(name, "X-Object-Meta-") || slices.Contains(besides, name) {
			headers[name] = value
		}
	}
	Header{ContentType: h.ContentType, Meta: h.Meta}.beside(func(name, value string) {
		headers[http.CanonicalHeaderKey(name)] = value
	})
	if _, err = s.call(ctx, http.MethodPost, o.Key, headers, nil); err != nil {
		return err
	}
	if _, err = s.plainObject(ctx, o); errors.Is(err, ErrChanged) {
		if undo := s.SetExpiry(ctx, o.Key, Header{ContentType: "application/octet-stream"}); undo != nil && !errors.Is(undo, ErrNotFound) {
			return undo
		}
	}
	return err
}

// plainObject is the headers of an object that is as o says and never ends; else ErrChanged.
func (s *Swift) plainObject(ctx context.Context, o Object) (swift.Headers, error) {
	headers, err := s.call(ctx, http.MethodHead, o.Key, nil, nil)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrChanged
	}
	if err != nil {
		return nil, err
	}
	now, err := described(o.Key, func(name string) string { return headers[http.CanonicalHeaderKey(name)] })
	if err == nil && (now.Large || now.ETag != o.ETag || !now.Expires.IsZero()) {
		err = ErrChanged
	}
	return headers, err
}
