// Package store is what the client needs of object storage: one small interface, its Swift
// implementation, and decorators on it (Retry, DryRun). What a server does its own way is known
// here and nowhere else.
//
// It promises that bytes are checked by the server as they are stored, that a listing is complete
// or fails, and that an answer's status is an error of a known type. It never retries by itself
// (Retry does), never interprets image names, never holds an object in memory.
//
// It is tested by the conformance suite against the embedded endpoint and real servers, and the
// decorators against a store that fails on purpose.
package store

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"
)

// Key names one object.
type Key struct{ Container, Object string }

// String is container/object.
func (k Key) String() string { return k.Container + "/" + k.Object }

// Object describes one object.
type Object struct {
	Key
	Size        int64  // bytes; -1 in the listing entry of a large object, which servers do not size alike
	ETag        string // unquoted; the MD5 of the bytes unless Large
	ContentType string
	Modified    time.Time // UTC
	Large       bool      // a large object (SLO or DLO); a listing may not tell, Stat does
	Expires     time.Time // when the server deletes it; zero when it does not, and in listings
}

// Container describes one container, as the account's listing counts it.
type Container struct {
	Name    string
	Objects int64
	Bytes   int64
}

// Header is what is stored beside an object's bytes.
type Header struct {
	ContentType string
	Meta        map[string]string // X-Object-Meta-*, without the prefix
	MD5         string            // of the bytes; the server refuses others
	IfAbsent    bool              // store only where nothing is; best effort where the server ignores it
	Expires     time.Time         // when the server deletes it; zero: never
}

// Listing selects objects of a container by their names' bytes.
type Listing struct {
	Prefix string
	After  string // names greater than this
	Before string // names less than this
}

// Span is a part of an object's bytes: N from Off. An N below zero goes to the end.
type Span struct{ Off, N int64 }

// Whole is the span of all bytes.
var Whole = Span{0, -1}

// Segment is an object that a large object consists of.
type Segment struct {
	Key
	MD5  string // lower-case hex
	Size int64  // bytes
}

// LargeETag is the ETag of the large object that consists of segments with these MD5s: on every
// server the MD5 of their hex digits in a row. It proves which segments an object uses.
func LargeETag(md5s []string) string {
	h := md5.New()
	for _, m := range md5s {
		io.WriteString(h, m)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Store is object storage. Every method stops when its context ends, and may be called from any
// goroutine. Errors are a *StatusError for an answer, *BrokenError for a connection, or ErrChanged.
type Store interface {
	// Stat describes an object; ErrNotFound when there is none.
	Stat(ctx context.Context, key Key) (Object, error)
	// Get gives a span of the object's bytes to read, which may be called more than once: each
	// time from the span's first byte. Of an object that is not as want says (ETag, size), it
	// fails with ErrChanged, and with ErrLost of one that has lost a segment. What read returns is returned. The reader is an Opened.
	Get(ctx context.Context, key Key, want Object, span Span, read func(io.Reader) error) error
	// Put stores n bytes of body from off as one object and returns it once the server has all.
	// An object that was there is readable until then, and stays if Put fails.
	Put(ctx context.Context, key Key, body io.ReaderAt, off, n int64, h Header) (Object, error)
	// PutManifest stores a large object that is the segments in their order, and returns it. The
	// segments must be there; the server checks sizes, and hashes where it can.
	PutManifest(ctx context.Context, key Key, segments []Segment, h Header) (Object, error)
	// Copy makes the server store the bytes of a plain object under another name, with what h says
	// and nothing of what was stored beside the original. It fails with ErrChanged when the
	// original is not as from says (ETag); where the server does not compare first, the copy is
	// made by then, of what is there now.
	Copy(ctx context.Context, from Object, to Key, h Header) (Object, error)
	// SetExpiry changes when the server deletes an object; the zero time is never. What h says is
	// stored anew, because the server forgets it.
	SetExpiry(ctx context.Context, key Key, h Header) error
	// Describe stores what h says, but for when it ends, beside the bytes of a plain object that is as o
	// says (ETag) and never ends; what else is stored beside them stays. ErrChanged when it is not, or not any more.
	Describe(ctx context.Context, o Object, h Header) error
	// Delete removes an object, of a large one the manifest alone; ErrNotFound when there is none.
	Delete(ctx context.Context, key Key) error
	// List goes through the objects of a container by name. Entries may lack ETag and Size.
	List(ctx context.Context, container string, l Listing) iter.Seq2[Object, error]
	// Containers goes through the containers of the account by name.
	Containers(ctx context.Context) iter.Seq2[Container, error]
	// HasContainer tells whether a container is there, for somebody who may read it.
	HasContainer(ctx context.Context, container string) (bool, error)
	// CreateContainer makes a container; one that is there already is no error.
	CreateContainer(ctx context.Context, container string) error
	// Quota tells how much a container holds and may hold; the account, when its name is empty.
	Quota(ctx context.Context, container string) (Quota, error)
	// Room asks whether n bytes more could be stored under a key, by beginning to: ErrFull where a
	// quota that Quota does not tell of leaves no room. Nil means no more than that nobody objects.
	Room(ctx context.Context, key Key, n int64) error
	// Access tells who may use a container besides its owner, and sets it first unless set is nil.
	Access(ctx context.Context, container string, set *Grants) (Grants, error)
	// TempURL signs a URL for one object, which needs no other rights until it ends. ErrNoKey when
	// the owner has set no key to sign with; SetTempURLKey sets one.
	TempURL(ctx context.Context, key Key, method string, ends time.Time) (string, error)
	// SetTempURLKey gives the account a random key to sign URLs with, unless it has one.
	SetTempURLKey(ctx context.Context) error
	// MaxObject is the most bytes one Put can store.
	MaxObject() int64
}

// Opened is a reader of an object that tells what Stat would, as the answer it reads from does.
type Opened interface{ Object() Object }

// StatusError is an answer that is no success.
type StatusError struct {
	Method, Path string // of the request, the path without the account
	Status       int
	Reason       string        // what the server says, one safe line; may be empty
	RetryAfter   time.Duration // what it asks for; 0 when it does not
}

// Error is the status and the server's words.
func (e *StatusError) Error() string {
	s := fmt.Sprintf("the server answers %d %s", e.Status, http.StatusText(e.Status))
	if e.Reason != "" {
		s += " (" + e.Reason + ")"
	}
	return s
}

// What an answer means. A *StatusError is one of them for errors.Is, but for ErrGarbled.
var (
	ErrInvalid  = errors.New("the server does not take such a request")
	ErrNotFound = errors.New("there is no such object or container")
	ErrDenied   = errors.New("access is denied")
	ErrExists   = errors.New("something else is there")
	ErrFull     = errors.New("there is no room: quota or disk")
	ErrDamaged  = errors.New("the server stored other bytes than were sent")
	ErrBusy     = errors.New("the server cannot answer now")
	// ErrLost is a large object that is there and has lost a segment, or has another in its place.
	ErrLost = errors.New("a segment of it is gone, or is not what it was")
	// ErrElsewhere is a redirect. It is never followed: a token goes to one host only.
	ErrElsewhere = errors.New("the server sends requests elsewhere")
	// ErrGarbled is an answer that contradicts itself, or is no answer to what was asked.
	ErrGarbled = errors.New("the server's answer makes no sense")
)

// Is tells whether the answer means target. A quota that is exceeded is 413, as a body that is too
// large is; 498 is OpenStack Swift's rate limit; 507 is a full disk and stays, 501 a server that
// never will. A 409 is two who write at once, which passes; but of a large object that is read it
// means that its segments are not what they were.
func (e *StatusError) Is(target error) bool {
	reads := e.Method == http.MethodGet || e.Method == http.MethodHead
	switch e.Status {
	case http.StatusBadRequest:
		return target == ErrInvalid
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return target == ErrDenied
	case http.StatusConflict:
		if reads && strings.Count(e.Path, "/") > 1 {
			return target == ErrDamaged
		}
		return target == ErrBusy
	case http.StatusPreconditionFailed:
		if reads {
			return target == ErrBusy
		}
		return target == ErrExists
	case http.StatusRequestEntityTooLarge, http.StatusInsufficientStorage:
		return target == ErrFull
	case http.StatusUnprocessableEntity:
		return target == ErrDamaged
	case http.StatusNotImplemented:
		return false
	}
	if e.Status >= 300 && e.Status < 400 {
		return target == ErrElsewhere
	}
	return target == ErrBusy && temporary(e.Status)
}

// isStatus tells whether err is an answer with this very status.
func isStatus(err error, status int) bool {
	var e *StatusError
	return errors.As(err, &e) && e.Status == status
}

// BrokenError is a connection that failed, before the answer or in its middle.
type BrokenError struct{ Err error }

// Error names the reason.
func (e *BrokenError) Error() string { return "the connection failed: " + e.Err.Error() }

// Unwrap gives the reason.
func (e *BrokenError) Unwrap() error { return e.Err }

// SourceError is a failure to read what should be stored: the fault of this side.
type SourceError struct{ Err error }

// Error names the reason.
func (e *SourceError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *SourceError) Unwrap() error { return e.Err }

// ErrChanged says that an object was replaced while it was being read.
var ErrChanged = errors.New("the object was replaced meanwhile")
