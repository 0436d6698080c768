package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// Stat describes an object.
func (s *Swift) Stat(ctx context.Context, key Key) (Object, error) {
	headers, err := s.call(ctx, http.MethodHead, key, nil, nil)
	if err != nil {
		return Object{}, err
	}
	return described(key, func(name string) string { return headers[http.CanonicalHeaderKey(name)] })
}

// etag is an ETag without its quotes, in lower case; empty for what none would look like: it is shown,
// and compared with hashes.
func etag(said string) string {
	said = strings.ToLower(strings.Trim(said, `"`))
	for _, c := range []byte(said) {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	return said
}

// described reads the headers of an answer to HEAD or GET.
func described(key Key, header func(string) string) (Object, error) {
	o := Object{Key: key, ContentType: header("Content-Type"), ETag: etag(header("Etag"))}
	size, err := strconv.ParseInt(header("Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return Object{}, fmt.Errorf("%w: it gives the length %q for %s", ErrGarbled, header("Content-Length"), key)
	}
	o.Size = size
	if date, err := http.ParseTime(header("Last-Modified")); err == nil {
		o.Modified = date.UTC()
	}
	if stamp, err := strconv.ParseFloat(header("X-Timestamp"), 64); err == nil && stamp > 0 {
		o.Modified = time.UnixMicro(int64(stamp * 1e6)).UTC() // Last-Modified is rounded up to a second
	}
	if stamp, err := strconv.ParseInt(header("X-Delete-At"), 10, 64); err == nil && stamp > 0 {
		o.Expires = time.Unix(stamp, 0).UTC()
	}
	o.Large = strings.EqualFold(header("X-Static-Large-Object"), "true") || header("X-Object-Manifest") != ""
	return o, nil
}

// Get gives a span of the object's bytes to read.
func (s *Swift) Get(ctx context.Context, key Key, want Object, span Span, read func(io.Reader) error) error {
	h := http.Header{}
	if want.ETag != "" && !want.Large {
		h.Set("If-Match", want.ETag) // of a large object RGW compares the manifest's
	}
	part := span != Whole
	if part {
		h.Set("Range", span.header())
	}
	resp, err := s.get(ctx, key, nil, h)
	switch {
	case isStatus(err, http.StatusPreconditionFailed) || part && isStatus(err, http.StatusRequestedRangeNotSatisfiable):
		return ErrChanged
	case err != nil && want.Large:
		return s.lost(ctx, want, span.Off, err)
	case err != nil:
		return err
	}
	defer resp.Body.Close()
	got, err := described(key, resp.Header.Get)
	if err != nil {
		return err
	}
	length := got.Size
	if part {
		if got.Size, err = span.check(resp, length); err != nil {
			return err
		}
	}
	if want.ETag != "" && (got.ETag != want.ETag || want.Size >= 0 && got.Size != want.Size) {
		return ErrChanged
	}
	body := &counted{r: resp.Body, left: length, of: got}
	err = read(body)
	if body.err == nil {
		return err
	}
	if err = broken(ctx, body.err); (got.Large || want.Large) && ctx.Err() == nil {
		// The server ends an answer where it does not find the next segment.
		at := max(span.Off, 0) + length - body.left
		if again, probe := s.get(ctx, key, nil, http.Header{"Range": {Span{at, 1}.header()}}); probe == nil {
			again.Body.Close()
		} else if got := s.lost(ctx, Object{Key: key, ETag: got.ETag}, at, probe); errors.Is(got, ErrLost) {
			return got
		}
	}
	return err
}

// lost tells whether an answer means that a large object, which is there, has lost the segment with the
// byte at: OpenStack Swift answers 409, RGW 404. It is ErrLost then, else err.
func (s *Swift) lost(ctx context.Context, o Object, at int64, err error) error {
	switch {
	case isStatus(err, http.StatusConflict):
	case isStatus(err, http.StatusNotFound):
		if now, statErr := s.Stat(ctx, o.Key); statErr != nil || !now.Large || o.ETag != "" && now.ETag != o.ETag {
			return err
		}
	default:
		return err
	}
	return fmt.Errorf("%w: it cannot be read from byte %d on, where %v", ErrLost, at, err)
}

// header is the span as a Range header writes it.
func (s Span) header() string {
	if s.N < 0 {
		return fmt.Sprintf("bytes=%d-", s.Off)
	}
	return fmt.Sprintf("bytes=%d-%d", s.Off, s.Off+s.N-1)
}

// check compares the answer to a Range with what was asked for, and gives the size of the whole.
func (s Span) check(resp *http.Response, length int64) (int64, error) {
	var first, last, whole int64
	said := resp.Header.Get("Content-Range")
	_, err := fmt.Sscanf(said, "bytes %d-%d/%d", &first, &last, &whole)
	n := s.N
	if n < 0 {
		n = whole - s.Off
	}
	switch {
	case resp.StatusCode != http.StatusPartialContent || err != nil:
		return 0, fmt.Errorf("%w: it answers %s with status %d and the range %q", ErrGarbled, s.header(), resp.StatusCode, said)
	case first != s.Off || last != first+length-1:
		return 0, fmt.Errorf("%w: it answers %s with the range %q and %d bytes", ErrGarbled, s.header(), said, length)
	case length != n:
		return 0, ErrChanged // the object ends before the span does
	}
	return whole, nil
}

// counted notes why reading an answer failed, and that it was as long as it said.
type counted struct {
	r    io.Reader
	left int64
	err  error
	of   Object
}

// Object is what is read.
func (c *counted) Object() Object { return c.of }

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if err == io.EOF && c.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// Put stores n bytes of body from off. The MD5 goes along, so that the server refuses damage; what
// it says it stored is compared once more. It does without ncw/swift, whose wrapping of a body keeps
// it from sending itself.
func (s *Swift) Put(ctx context.Context, key Key, body io.ReaderAt, off, n int64, h Header) (Object, error) {
	var reader io.Reader = &source{body, off, off + n}
	if n == 0 {
		reader = http.NoBody // else net/http sends it chunked
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address(key, ""), reader)
	if err != nil {
		return Object{}, err
	}
	req.ContentLength = n
	req.Header.Set("User-Agent", signin.UserAgent)
	if n > 0 {
		req.Header.Set("Expect", "100-continue")
	}
	if h.MD5 != "" {
		req.Header.Set("Etag", h.MD5) // unquoted: RGW refuses the quoted form
	}
	if h.IfAbsent {
		req.Header.Set("If-None-Match", "*")
	}
	h.beside(req.Header.Set)
	resp, err := s.http.Do(req)
	if err = plain(ctx, err); err != nil {
		return Object{}, err
	}
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	resp.Body.Close()
	o := Object{Key: key, Size: n, ETag: strings.ToLower(strings.Trim(resp.Header.Get("Etag"), `"`)), ContentType: h.ContentType, Expires: h.Expires}
	if h.MD5 != "" && o.ETag != "" && o.ETag != h.MD5 {
		return Object{}, ErrDamaged
	}
	if date, err := http.ParseTime(resp.Header.Get("Last-Modified")); err == nil {
		o.Modified = date.UTC()
	}
	return o, nil
}

// source is an upload's bytes. It marks what goes wrong on this side while they are read.
type source struct {
	body    io.ReaderAt
	at, end int64
}

func (s *source) Read(p []byte) (int, error) {
	if s.at >= s.end {
		return 0, io.EOF
	}
	n, err := s.body.ReadAt(p[:min(int64(len(p)), s.end-s.at)], s.at)
	s.at += int64(n)
	switch {
	case err == io.EOF && s.at < s.end:
		err = &SourceError{errors.New("the file became shorter while it was sent")}
	case err == io.EOF:
		err = nil
	case err != nil:
		err = &SourceError{err}
	}
	return n, err
}

// Close makes it a body that net/http wraps in nothing, and leaves the file open.
func (s *source) Close() error { return nil }

func (s *source) send(to *net.TCPConn, n int64) (int64, error) {
	body, ok := s.body.(Sender)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	sent, err := body.SendAt(to, s.at, min(n, s.end-s.at))
	s.at += sent
	return sent, err
}
