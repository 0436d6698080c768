package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ncw/swift/v2"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// Swift is storage that speaks the Swift API: OpenStack Swift, Ceph RGW, the embedded endpoint.
// Small calls and uploads go through ncw/swift; what has an answer to read goes straight to
// net/http, because ncw/swift starts a goroutine for every Read.
type Swift struct {
	conn      *swift.Connection
	http      *http.Client
	discovery discovery
}

var _ Store = (*Swift)(nil)

// NewSwift speaks through transport, which must give requests for signin.Placeholder their token
// and turn answers into errors: see the order in wire.go.
func NewSwift(transport http.RoundTripper) *Swift {
	const never = 365 * 24 * time.Hour // Stall watches better, and Retry repeats better
	return &Swift{
		conn: &swift.Connection{
			Auth: signedIn{}, StorageUrl: signin.Placeholder, AuthToken: "set by the transport",
			UserAgent: signin.UserAgent, Transport: transport,
			Retries: -1, ConnectTimeout: never, Timeout: never,
		},
		http: &http.Client{Transport: transport},
	}
}

// signedIn tells ncw/swift that there is nothing to do: the transport signs in.
type signedIn struct{}

func (signedIn) Request(context.Context, *swift.Connection) (*http.Request, error) { return nil, nil }
func (signedIn) Response(context.Context, *http.Response) error                    { return nil }
func (signedIn) StorageUrl(bool) string                                            { return signin.Placeholder }
func (signedIn) Token() string                                                     { return "set by the transport" }
func (signedIn) CdnUrl() string                                                    { return "" }

// call makes a request without an answer to read.
func (s *Swift) call(ctx context.Context, method string, key Key, h swift.Headers, body io.Reader) (swift.Headers, error) {
	_, headers, err := s.conn.Call(ctx, signin.Placeholder, swift.RequestOpts{
		Container: key.Container, ObjectName: key.Object, Operation: method,
		Headers: h, Body: body, NoResponse: true,
	})
	return headers, absent(key, method, plain(ctx, err))
}

// absent makes the answer of RGW for a container whose name is too short for it, 400 on every
// method, what it means when something is asked: there is none.
func absent(key Key, method string, err error) error {
	if method != http.MethodPut && len(key.Container) < shortestContainer && key.Container != "" && isStatus(err, http.StatusBadRequest) {
		var e *StatusError
		errors.As(err, &e)
		e.Status = http.StatusNotFound
	}
	return err
}

// get makes a request whose answer is read by the caller, who closes it.
func (s *Swift) get(ctx context.Context, key Key, query url.Values, h http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address(key, query.Encode()), nil)
	if err != nil {
		return nil, err
	}
	if h != nil {
		req.Header = h
	}
	req.Header.Set("User-Agent", signin.UserAgent)
	resp, err := s.http.Do(req)
	return resp, absent(key, http.MethodGet, plain(ctx, err))
}

// address is the URL of an account, a container or an object.
func address(key Key, query string) string {
	u := url.URL{Path: "/", RawQuery: query}
	if key.Container != "" {
		u.Path += key.Container
	}
	if key.Object != "" {
		u.Path += "/" + key.Object
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	if strings.HasSuffix(key.Object, "/") {
		path += "/"
	}
	if query != "" {
		path += "?" + query
	}
	return signin.Placeholder + path
}

// plain takes the types of this package out of what net/http and ncw/swift wrap around them.
func plain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var status *StatusError
	if errors.As(err, &status) {
		return status
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return broken(ctx, err)
}

// HasContainer tells whether a container is there.
func (s *Swift) HasContainer(ctx context.Context, container string) (bool, error) {
	_, err := s.call(ctx, http.MethodHead, Key{Container: container}, nil, nil)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrNotFound):
		return false, nil
	}
	return false, err
}

// CreateContainer makes a container. RGW answers 409 for one that is there with an ACL of its own.
func (s *Swift) CreateContainer(ctx context.Context, container string) error {
	_, err := s.call(ctx, http.MethodPut, Key{Container: container}, nil, nil)
	switch {
	case isStatus(err, http.StatusConflict):
		return nil
	case isStatus(err, http.StatusBadRequest) && len(container) < shortestContainer:
		return fmt.Errorf("%w: this server takes collections of at least %d characters", err, shortestContainer)
	}
	return err
}

// shortestContainer is the fewest characters RGW takes; OpenStack Swift takes one.
const shortestContainer = 3

// MaxObject is 5 GiB, which RGW takes to the byte and OpenStack Swift with two more.
func (s *Swift) MaxObject() int64 { return 5 << 30 }

// Delete removes an object.
func (s *Swift) Delete(ctx context.Context, key Key) error {
	_, err := s.call(ctx, http.MethodDelete, key, nil, nil)
	return err
}

// A page of a listing has at most so many entries and bytes: servers give 10,000 entries, of names of
// 1,024 bytes. Of a page without end no more is held.
const maxPage = 200_000

var maxPageBytes int64 = 128 << 20 // tests have less time

// decode reads a page of a JSON listing.
func decode[T any](ctx context.Context, resp *http.Response) ([]T, error) {
	defer resp.Body.Close()
	var page []T
	if resp.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	body := &io.LimitedReader{R: resp.Body, N: maxPageBytes}
	d := json.NewDecoder(body)
	first, err := d.Token()
	if err == nil && first != json.Delim('[') {
		return nil, fmt.Errorf("%w: its listing is no list", ErrGarbled)
	}
	for err == nil && d.More() {
		var item T
		if err = d.Decode(&item); err == nil && len(page) == maxPage {
			return nil, fmt.Errorf("%w: a page of its listing has more than %d entries", ErrGarbled, maxPage)
		}
		page = append(page, item)
	}
	if err == nil {
		_, err = d.Token()
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return page, nil
	case body.N <= 0:
		return nil, fmt.Errorf("%w: a page of its listing is larger than %d bytes", ErrGarbled, maxPageBytes)
	case errors.As(err, &syntax), errors.As(err, &kind):
		return nil, fmt.Errorf("%w: its listing is not valid JSON: %w", ErrGarbled, err)
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return nil, broken(ctx, err)
}

// entry is one object or container in a JSON listing.
type entry struct {
	Name         string `json:"name"`
	Subdir       string `json:"subdir"`
	Hash         string `json:"hash"`
	Bytes        int64  `json:"bytes"`
	Count        int64  `json:"count"`
	ContentType  string `json:"content_type"`
	LastModified string `json:"last_modified"`
	SLOETag      string `json:"slo_etag"`
}

// emptyMD5 is the hash that RGW lists for every large object, and the right one for an empty one.
const emptyMD5 = "d41d8cd98f00b204e9800998ecf8427e"

// object is the entry as an Object. What a listing says of a large object is not to be trusted:
// RGW gives the length of the manifest and the hash of nothing.
func (e entry) object(container string) Object {
	o := Object{Key: Key{container, e.Name}, Size: e.Bytes, ETag: etag(e.Hash), ContentType: e.ContentType, Modified: listed(e.LastModified)}
	switch {
	case e.SLOETag != "":
		o.Large, o.ETag = true, etag(e.SLOETag)
	case e.Hash == emptyMD5:
		o.Size, o.ETag = -1, ""
	}
	return o
}

// listed reads a date of a listing: microseconds without a zone from OpenStack Swift, milliseconds
// and a Z from RGW, both UTC.
func listed(date string) time.Time {
	t, err := time.Parse("2006-01-02T15:04:05.999999999", strings.TrimSuffix(date, "Z"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
