package store

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ncw/swift/v2"
)

// beside gives set the headers for what is stored beside an object's bytes.
func (h Header) beside(set func(name, value string)) {
	if h.ContentType != "" {
		set("Content-Type", h.ContentType)
	}
	for name, value := range h.Meta {
		set("X-Object-Meta-"+name, value)
	}
	if !h.Expires.IsZero() {
		// By the server's clock, not by ours; a moment that is past is refused.
		left := max(1, int64(time.Until(h.Expires).Round(time.Second)/time.Second))
		set("X-Delete-After", strconv.FormatInt(left, 10))
	}
}

// Copy is a PUT without a body. OpenStack Swift compares the If-Match with the original before it
// copies, RGW ignores it; both answer with the ETag of what was copied.
func (s *Swift) Copy(ctx context.Context, from Object, to Key, h Header) (Object, error) {
	source := url.URL{Path: "/" + from.Key.String()}
	headers := swift.Headers{
		"Content-Length":   "0",
		"X-Copy-From":      source.EscapedPath(),
		"X-Fresh-Metadata": "true", // else the original's expiry comes along
		"If-Match":         from.ETag,
	}
	h.beside(func(name, value string) { headers[name] = value })
	answer, err := s.call(ctx, http.MethodPut, to, headers, nil)
	if isStatus(err, http.StatusPreconditionFailed) {
		return Object{}, ErrChanged
	}
	if err != nil {
		return Object{}, err
	}
	o := Object{Key: to, Size: from.Size, ETag: strings.ToLower(strings.Trim(answer["Etag"], `"`)), ContentType: h.ContentType, Expires: h.Expires}
	if o.ETag != from.ETag {
		return Object{}, ErrChanged
	}
	if date, err := http.ParseTime(answer["Last-Modified"]); err == nil {
		o.Modified = date.UTC()
	}
	return o, nil
}

// SetExpiry is a POST, which replaces all metadata. RGW keeps an expiry that is not named, so that
// never has to be said.
func (s *Swift) SetExpiry(ctx context.Context, key Key, h Header) error {
	headers := swift.Headers{}
	h.beside(func(name, value string) { headers[name] = value })
	if h.Expires.IsZero() {
		headers["X-Remove-Delete-At"] = "x"
	}
	_, err := s.call(ctx, http.MethodPost, key, headers, nil)
	return err
}
