package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// Retry repeats what failed for a reason that may pass: 408, 429, 5xx, broken connections, a token
// that was renewed. It waits longer each time, with jitter, and as long as Retry-After asks.
type Retry struct {
	Store
	// First is the first wait, 250 ms when zero; it doubles up to 15 s.
	First time.Duration
	// Notify is told what failed and how long the wait is; may be nil.
	Notify func(err error, wait time.Duration)
}

// attempts bounds how often one call is tried: with the waits, a minute, 92 s at most. unreachable is how often
// when nobody answers at all: a wrong host name should not cost that long. longest is the longest
// Retry-After that is worth waiting for.
const (
	attempts    = 10
	unreachable = 3
	longest     = 2 * time.Minute
)

// errTokens is a server that refuses every token it gives.
var errTokens = fmt.Errorf("%w: the server takes none of the tokens it gives", ErrDenied)

// passing tells whether an error may pass, and whether nobody was reached who makes sense.
func passing(err error) (may, nobody bool) {
	var status *StatusError
	var broken *BrokenError
	var in *signin.Error
	var again *onceMore
	switch {
	case errors.Is(err, signin.ErrRenewed), errors.As(err, &again):
		return true, false
	case errors.Is(err, ErrGarbled):
		return true, true // whoever answers so may always do
	case signin.Untrusted(err) != "":
		return false, false
	case errors.As(err, &status):
		return errors.Is(status, ErrBusy), false
	case errors.As(err, &in):
		return in.Status == 0 || in.Busy(), in.Status == 0
	case errors.As(err, &broken):
		return true, errors.Is(err, errStalled) || isDial(err)
	}
	return false, false
}

// temporary are the statuses that may pass.
func temporary(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, 498:
		return true
	case http.StatusNotImplemented, http.StatusInsufficientStorage:
		return false
	}
	return status >= 500
}

// retry calls try until it succeeds, fails for good, or has failed too often. try is told whether
// an earlier attempt may have reached the server.
func (r Retry) retry(ctx context.Context, try func(again bool) error) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval, wait.Multiplier = 250*time.Millisecond, 15*time.Second, 2
	if r.First > 0 {
		wait.InitialInterval = r.First
	}
	tries, silent, renewed := 0, 0, 0
	var last error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		tries++
		last = try(tries > 1)
		if last == nil {
			return struct{}{}, nil
		}
		may, nobody := passing(last)
		if nobody {
			silent++
		}
		if errors.Is(last, signin.ErrRenewed) {
			if renewed++; renewed <= signin.Renewals {
				return struct{}{}, &backoff.RetryAfterError{}
			}
			last, may = errTokens, false
		}
		if !may || silent >= unreachable || tries >= attempts || ctx.Err() != nil {
			return struct{}{}, backoff.Permanent(last)
		}
		var status *StatusError
		if errors.As(last, &status) && status.RetryAfter > 0 {
			if status.RetryAfter > longest {
				return struct{}{}, backoff.Permanent(last)
			}
			return struct{}{}, &backoff.RetryAfterError{Duration: status.RetryAfter}
		}
		return struct{}{}, last
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(_ error, wait time.Duration) {
			if r.Notify != nil && !errors.Is(last, signin.ErrRenewed) {
				r.Notify(last, wait)
			}
		}))
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return last
}

// Stat is repeatable as it stands.
func (r Retry) Stat(ctx context.Context, key Key) (o Object, err error) {
	err = r.retry(ctx, func(bool) error { o, err = r.Store.Stat(ctx, key); return err })
	return o, err
}

// Get calls read anew with each attempt.
func (r Retry) Get(ctx context.Context, key Key, want Object, span Span, read func(io.Reader) error) error {
	return r.retry(ctx, func(bool) error { return r.Store.Get(ctx, key, want, span, read) })
}

// PutManifest is repeatable as Put is, and sent once more like its bytes when it arrived damaged.
func (r Retry) PutManifest(ctx context.Context, key Key, segments []Segment, h Header) (o Object, err error) {
	md5s := make([]string, len(segments))
	for i, s := range segments {
		md5s[i] = s.MD5
	}
	damaged := false
	err = r.retry(ctx, func(again bool) error {
		o, err = r.Store.PutManifest(ctx, key, segments, h)
		if errors.Is(err, ErrDamaged) && !damaged {
			damaged = true
			return &onceMore{err}
		}
		o, err = r.ownWrite(ctx, key, o, err, again && h.IfAbsent, LargeETag(md5s))
		return err
	})
	return o, err
}

// ownWrite is the answer to a create-only PUT. A repeated one that finds something there may have
// met what an attempt stored whose answer was lost: then it has the ETag.
func (r Retry) ownWrite(ctx context.Context, key Key, o Object, err error, again bool, etag string) (Object, error) {
	if again && isStatus(err, http.StatusPreconditionFailed) {
		if there, statErr := r.Store.Stat(ctx, key); statErr == nil && there.ETag == etag {
			return there, nil
		}
	}
	return o, err
}

// Put is repeatable but for IfAbsent: an attempt whose answer was lost may have stored the object,
// and the next then finds its own work. The MD5 tells. Bytes that were damaged on their way are
// sent once more; damaged again, the damage lies elsewhere, in the file or in memory.
func (r Retry) Put(ctx context.Context, key Key, body io.ReaderAt, off, n int64, h Header) (o Object, err error) {
	damaged := false
	err = r.retry(ctx, func(again bool) error {
		o, err = r.Store.Put(ctx, key, body, off, n, h)
		if errors.Is(err, ErrDamaged) && !damaged {
			damaged = true
			return &onceMore{err}
		}
		o, err = r.ownWrite(ctx, key, o, err, again && h.IfAbsent, h.MD5)
		return err
	})
	return o, err
}

// onceMore is a failure that is final the next time.
type onceMore struct{ error }

func (e *onceMore) Unwrap() error { return e.error }

// Delete is repeatable, but the second time a 404 is what the first one did.
func (r Retry) Delete(ctx context.Context, key Key) error {
	return r.retry(ctx, func(again bool) error {
		err := r.Store.Delete(ctx, key)
		if again && errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
}

// List goes on behind the last name it gave.
func (r Retry) List(ctx context.Context, container string, l Listing) iter.Seq2[Object, error] {
	return resume(ctx, r, func() iter.Seq2[Object, error] { return r.Store.List(ctx, container, l) },
		func(o Object) { l.After = o.Object })
}

// Containers begins again, and leaves out what it gave already: the account's listing takes no
// start through this interface.
func (r Retry) Containers(ctx context.Context) iter.Seq2[Container, error] {
	last := ""
	return resume(ctx, r, func() iter.Seq2[Container, error] {
		return func(yield func(Container, error) bool) {
			for c, err := range r.Store.Containers(ctx) {
				if err == nil && c.Name <= last && last != "" {
					continue
				}
				if !yield(c, err) {
					return
				}
			}
		}
	}, func(c Container) { last = c.Name })
}

// resume repeats a listing from where it broke; seen notes how far it is.
func resume[T any](ctx context.Context, r Retry, list func() iter.Seq2[T, error], seen func(T)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		stopped := false
		err := r.retry(ctx, func(bool) error {
			for item, err := range list() {
				if err != nil {
					return err
				}
				seen(item)
				if !yield(item, nil) {
					stopped = true
					return nil
				}
			}
			return nil
		})
		if err != nil && !stopped {
			var none T
			yield(none, err)
		}
	}
}

// HasContainer is repeatable as it stands.
func (r Retry) HasContainer(ctx context.Context, container string) (there bool, err error) {
	err = r.retry(ctx, func(bool) error { there, err = r.Store.HasContainer(ctx, container); return err })
	return there, err
}

// CreateContainer is repeatable as it stands.
func (r Retry) CreateContainer(ctx context.Context, container string) error {
	return r.retry(ctx, func(bool) error { return r.Store.CreateContainer(ctx, container) })
}

// Quota is repeatable as it stands.
func (r Retry) Quota(ctx context.Context, container string) (q Quota, err error) {
	err = r.retry(ctx, func(bool) error { q, err = r.Store.Quota(ctx, container); return err })
	return q, err
}

// Copy is repeatable as it stands.
func (r Retry) Copy(ctx context.Context, from Object, to Key, h Header) (o Object, err error) {
	err = r.retry(ctx, func(bool) error { o, err = r.Store.Copy(ctx, from, to, h); return err })
	return o, err
}

// SetExpiry is repeatable as it stands.
func (r Retry) SetExpiry(ctx context.Context, key Key, h Header) error {
	return r.retry(ctx, func(bool) error { return r.Store.SetExpiry(ctx, key, h) })
}

// Describe is repeatable as it stands.
func (r Retry) Describe(ctx context.Context, o Object, h Header) error {
	return r.retry(ctx, func(bool) error { return r.Store.Describe(ctx, o, h) })
}

// Access is repeatable as it stands.
func (r Retry) Access(ctx context.Context, container string, set *Grants) (g Grants, err error) {
	err = r.retry(ctx, func(bool) error { g, err = r.Store.Access(ctx, container, set); return err })
	return g, err
}

// TempURL is repeatable as it stands.
func (r Retry) TempURL(ctx context.Context, key Key, method string, ends time.Time) (u string, err error) {
	err = r.retry(ctx, func(bool) error { u, err = r.Store.TempURL(ctx, key, method, ends); return err })
	return u, err
}

// SetTempURLKey is repeatable: an attempt whose answer was lost has set the key, which stays.
func (r Retry) SetTempURLKey(ctx context.Context) error {
	return r.retry(ctx, func(bool) error { return r.Store.SetTempURLKey(ctx) })
}
