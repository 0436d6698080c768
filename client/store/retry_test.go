package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// flaky is a Store that fails with the errors it is given, one a call, and then succeeds.
type flaky struct {
	Store
	fail  []error
	calls int
	after []string
	there Object
}

func (f *flaky) next() error {
	f.calls++
	if len(f.fail) == 0 {
		return nil
	}
	err := f.fail[0]
	f.fail = f.fail[1:]
	return err
}

func (f *flaky) Stat(context.Context, Key) (Object, error)          { return f.there, nil }
func (f *flaky) Delete(context.Context, Key) error                  { return f.next() }
func (f *flaky) HasContainer(context.Context, string) (bool, error) { return true, f.next() }

func (f *flaky) Put(context.Context, Key, io.ReaderAt, int64, int64, Header) (Object, error) {
	return Object{ETag: "sent"}, f.next()
}

func (f *flaky) Get(_ context.Context, _ Key, _ Object, _ Span, read func(io.Reader) error) error {
	err := f.next()
	if e := read(strings.NewReader("bytes")); e != nil {
		return e
	}
	return err
}

func (f *flaky) List(_ context.Context, _ string, l Listing) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		f.after = append(f.after, l.After)
		for _, name := range []string{"a", "b", "c", "d"} {
			if name <= l.After {
				continue
			}
			if name == "c" {
				if err := f.next(); err != nil {
					yield(Object{}, err)
					return
				}
			}
			if !yield(Object{Key: Key{"x", name}}, nil) {
				return
			}
		}
	}
}

func (f *flaky) Containers(context.Context) iter.Seq2[Container, error] {
	return func(yield func(Container, error) bool) {
		for _, name := range []string{"a", "b"} {
			if name == "b" {
				if err := f.next(); err != nil {
					yield(Container{}, err)
					return
				}
			}
			if !yield(Container{Name: name}, nil) {
				return
			}
		}
	}
}

func status(n int) error { return &StatusError{Status: n} }

var (
	reset   = &BrokenError{io.ErrUnexpectedEOF}
	refused = &BrokenError{&net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	noProxy = &BrokenError{&net.OpError{Op: "proxyconnect", Err: refused}}
)

func TestWhatIsRepeated(t *testing.T) {
	many := func(err error, n int) (out []error) {
		for range n {
			out = append(out, err)
		}
		return out
	}
	for name, c := range map[string]struct {
		fail  []error
		calls int
		ok    bool
	}{
		"nothing wrong":       {nil, 1, true},
		"503 twice":           {many(status(503), 2), 3, true},
		"429":                 {many(status(429), 1), 2, true},
		"408":                 {many(status(408), 1), 2, true},
		"498":                 {many(status(498), 1), 2, true},
		"500, 502, 504":       {[]error{status(500), status(502), status(504)}, 4, true},
		"a broken connection": {many(reset, 1), 2, true},
		"a renewed token":     {many(signin.ErrRenewed, 2), 3, true},
		"renewed for ever":    {many(signin.ErrRenewed, 9), signin.Renewals + 1, false},
		"503 for ever":        {many(status(503), 99), attempts, false},
		"nobody there":        {many(refused, 99), unreachable, false},
		"no proxy there":      {many(noProxy, 99), unreachable, false},
		"404":                 {many(status(404), 9), 1, false},
		"401":                 {many(status(401), 9), 1, false},
		"409":                 {many(status(409), 1), 2, true},
		"nonsense":            {many(ErrGarbled, 1), 2, true},
		"a redirect":          {many(status(307), 9), 1, false},
		"501":                 {many(status(501), 9), 1, false},
		"507":                 {many(status(507), 9), 1, false},
		"413":                 {many(status(413), 9), 1, false},
		"a full disk here":    {many(&SourceError{errors.New("no space left")}, 9), 1, false},
		"a wrong secret":      {many(&signin.Error{Status: 401}, 9), 1, false},
		"sign-in is down":     {many(&signin.Error{Status: 503}, 1), 2, true},
		"too long a wait":     {many(&StatusError{Status: 503, RetryAfter: time.Hour}, 9), 1, false},
	} {
		f := &flaky{fail: c.fail}
		_, err := Retry{Store: f, First: time.Microsecond}.HasContainer(t.Context(), "x")
		if f.calls != c.calls || (err == nil) != c.ok {
			t.Errorf("%s: %d calls, want %d; %v", name, f.calls, c.calls, err)
		}
		if err != nil && len(c.fail) > 0 && err != c.fail[0] && !errors.Is(err, errTokens) {
			t.Errorf("%s: the error became %v", name, err)
		}
	}
}

func TestWhatIsNotRepeatableAsItStands(t *testing.T) {
	r := func(f *flaky) Retry { return Retry{Store: f, First: time.Microsecond} }
	if err := r(&flaky{fail: []error{reset, status(404)}}).Delete(t.Context(), Key{}); err != nil {
		t.Errorf("the second DELETE's 404 is what the first one did: %v", err)
	}
	if err := r(&flaky{fail: []error{status(404)}}).Delete(t.Context(), Key{}); !isStatus(err, 404) {
		t.Errorf("the first DELETE's 404 is a 404: %v", err)
	}
	own := &flaky{fail: []error{reset, status(412)}, there: Object{ETag: "mine"}}
	if o, err := r(own).Put(t.Context(), Key{}, nil, 0, 0, Header{IfAbsent: true, MD5: "mine"}); err != nil || o.ETag != "mine" {
		t.Errorf("a PUT that meets its own write: %v, %v", o, err)
	}
	other := &flaky{fail: []error{reset, status(412)}, there: Object{ETag: "other"}}
	if _, err := r(other).Put(t.Context(), Key{}, nil, 0, 0, Header{IfAbsent: true, MD5: "mine"}); !isStatus(err, 412) {
		t.Errorf("a PUT that meets another's write: %v", err)
	}
}

func (f *flaky) PutManifest(context.Context, Key, []Segment, Header) (Object, error) {
	return Object{ETag: "sent"}, f.next()
}

func TestManifestThatMeetsItsOwnWrite(t *testing.T) {
	segments := []Segment{{MD5: "a"}, {MD5: "b"}}
	f := &flaky{fail: []error{reset, status(412)}, there: Object{ETag: LargeETag([]string{"a", "b"})}}
	o, err := Retry{Store: f, First: time.Microsecond}.PutManifest(t.Context(), Key{}, segments, Header{IfAbsent: true})
	if err != nil || o != f.there {
		t.Errorf("%v, %v", o, err)
	}
}

func TestGetBeginsAnew(t *testing.T) {
	var got []string
	f := &flaky{fail: []error{reset}}
	err := Retry{Store: f, First: time.Microsecond}.Get(t.Context(), Key{}, Object{}, Whole, func(r io.Reader) error {
		b, err := io.ReadAll(r)
		got = append(got, string(b))
		return err
	})
	if err != nil || fmt.Sprint(got) != "[bytes bytes]" {
		t.Errorf("%q, %v", got, err)
	}
	full := errors.New("the reader's own")
	f = &flaky{}
	err = Retry{Store: f}.Get(t.Context(), Key{}, Object{}, Whole, func(io.Reader) error { return full })
	if err != full || f.calls != 1 {
		t.Errorf("%v after %d calls", err, f.calls)
	}
}

func TestListingsGoOn(t *testing.T) {
	f := &flaky{fail: []error{reset, status(503)}}
	r := Retry{Store: f, First: time.Microsecond}
	var names []string
	for o, err := range r.List(t.Context(), "x", Listing{}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, o.Object)
	}
	if fmt.Sprint(names, f.after) != "[a b c d] [ b b]" {
		t.Errorf("%v, from %q", names, f.after)
	}
	f.fail = []error{reset}
	names = nil
	for c, err := range r.Containers(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, c.Name)
	}
	if fmt.Sprint(names) != "[a b]" {
		t.Errorf("%v", names)
	}
	f.fail = []error{status(403)}
	var last error
	for _, err := range r.List(t.Context(), "x", Listing{}) {
		last = err
	}
	if !isStatus(last, 403) {
		t.Errorf("%v", last)
	}
	for range r.List(t.Context(), "x", Listing{}) {
		break
	}
}

func TestCanceledWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("why")
	f := &flaky{fail: []error{status(503), status(503)}}
	_, err := Retry{Store: f, First: time.Hour, Notify: func(error, time.Duration) { cancel(why) }}.HasContainer(ctx, "x")
	if err != why || f.calls != 1 {
		t.Errorf("%v after %d calls", err, f.calls)
	}
}

func TestDryRun(t *testing.T) {
	var said []string
	f := &flaky{}
	d := DryRun{Store: f, Say: func(s string) { said = append(said, s) }}
	if _, err := d.Put(t.Context(), Key{"c", "o"}, nil, 0, 5, Header{}); err != nil {
		t.Error(err)
	}
	if err := d.Delete(t.Context(), Key{"c", "o"}); err != nil {
		t.Error(err)
	}
	if err := d.CreateContainer(t.Context(), "c"); err != nil {
		t.Error(err)
	}
	if f.calls != 0 || fmt.Sprint(said) != "[store c/o delete c/o create collection c]" {
		t.Errorf("%d writes, said %q", f.calls, said)
	}
}
