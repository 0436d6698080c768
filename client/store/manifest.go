package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// MaxSegments is how many segments a large object may have (max_manifest_segments of OpenStack
// Swift, rgw_max_slo_entries of RGW; both 1,000 unless an operator changed them).
const MaxSegments = 1000

// manifestEntry is a segment in a manifest. Every field is given: RGW checks no hash and takes a
// missing one as empty, which would make the large object's ETag wrong.
type manifestEntry struct {
	Path string `json:"path"`
	ETag string `json:"etag"`
	Size int64  `json:"size_bytes"`
}

// PutManifest stores a static large object. No ETag goes along, because RGW compares it with that
// of nothing; the ETag that comes back is compared instead.
func (s *Swift) PutManifest(ctx context.Context, key Key, segments []Segment, h Header) (Object, error) {
	entries := make([]manifestEntry, len(segments))
	md5s := make([]string, len(segments))
	o := Object{Key: key, ContentType: h.ContentType, Large: true, Expires: h.Expires}
	for i, segment := range segments {
		entries[i] = manifestEntry{"/" + segment.Key.String(), segment.MD5, segment.Size}
		md5s[i] = segment.MD5
		o.Size += segment.Size
	}
	body, err := json.Marshal(entries)
	if err != nil {
		return Object{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address(key, "multipart-manifest=put&heartbeat=on"), bytes.NewReader(body))
	if err != nil {
		return Object{}, err
	}
	req.Header.Set("User-Agent", signin.UserAgent)
	req.Header.Set("Accept", "application/json") // of the answer behind a heartbeat
	if h.IfAbsent {
		req.Header.Set("If-None-Match", "*")
	}
	h.beside(req.Header.Set)
	resp, err := s.http.Do(req)
	if err = plain(ctx, err); err != nil {
		return Object{}, s.unheard(ctx, key, misread(err))
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return Object{}, broken(ctx, err)
	}
	o.ETag = strings.ToLower(strings.Trim(resp.Header.Get("Etag"), `"`))
	if resp.StatusCode == http.StatusAccepted {
		if o.ETag, err = beaten(key, answer); err != nil {
			return Object{}, s.unheard(ctx, key, misread(err))
		}
	}
	if want := LargeETag(md5s); o.ETag != want {
		return Object{}, fmt.Errorf("%w: the large object has the ETag %q, not %q", ErrDamaged, o.ETag, want)
	}
	return o, nil
}

// unheard is a manifest's failure. Behind Keystone one that is sent with a dead token is no 401, as
// everything else is: all its segments are. Asking for anything renews the token.
func (s *Swift) unheard(ctx context.Context, key Key, err error) error {
	var e *StatusError
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized && !strings.Contains(e.Reason, ": 401 ") {
		return err
	}
	if _, err := s.call(ctx, http.MethodHead, Key{Container: key.Container}, nil, nil); ctx.Err() != nil {
		return err
	}
	return signin.ErrRenewed
}

// ManifestError is a manifest that the server finds wrong: it is no JSON, or a segment is not there or is
// another one. As the segments were stored and the manifest is made of their hashes, it became so on
// its way.
type ManifestError struct{ *StatusError }

// Error says what the server found.
func (e *ManifestError) Error() string {
	return "the manifest did not arrive as it was sent: " + e.StatusError.Error()
}

// Is tells that what arrived is not what was sent.
func (e *ManifestError) Is(target error) bool { return target == ErrDamaged }

// Unwrap is the server's answer.
func (e *ManifestError) Unwrap() error { return e.StatusError }

// misread tells a manifest that arrived damaged from one that must not be stored: too long a
// description is 400, too. A segment that is not there is 400 on Swift and NoSuchKey on RGW.
func misread(err error) error {
	var e *StatusError
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Status == http.StatusBadRequest && !strings.Contains(strings.ToLower(e.Reason), "metadata"),
		e.Status == http.StatusNotFound && strings.HasPrefix(e.Reason, "NoSuchKey"):
		return &ManifestError{e}
	}
	return err
}

// beaten reads the answer that OpenStack Swift sends after its heartbeat: spaces until the
// segments are checked, then the status that a plain answer would have had.
func beaten(key Key, answer []byte) (etag string, err error) {
	var result struct {
		Status string     `json:"Response Status"`
		Body   string     `json:"Response Body"`
		ETag   string     `json:"Etag"`
		Errors [][]string `json:"Errors"`
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return "", &BrokenError{errors.New("the answer to a manifest broke off")}
	}
	code, _, _ := strings.Cut(result.Status, " ")
	status, err := strconv.Atoi(code)
	if err != nil {
		return "", fmt.Errorf("%w: to a manifest it answers the status %q", ErrGarbled, result.Status)
	}
	if status >= 300 {
		words := ""
		for _, e := range result.Errors {
			words += strings.Join(e, ": ") + " "
			// A segment that the server could not look at for now makes it refuse the manifest as if it
			// were wrong.
			if len(e) == 2 && strings.HasPrefix(e[1], "5") {
				status = http.StatusServiceUnavailable
			}
			if len(e) == 2 && strings.HasPrefix(e[1], "401 ") {
				status = http.StatusUnauthorized // see unheard
			}
		}
		words += result.Body
		return "", &StatusError{Method: http.MethodPut, Path: "/" + key.String(), Status: status, Reason: reason("text/plain", []byte(words))}
	}
	return strings.ToLower(strings.Trim(result.ETag, `"`)), nil
}
