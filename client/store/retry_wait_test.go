package store

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// answers is a server without a network: one answer after the other, the last one for good.
type answers []*http.Response

func (a *answers) RoundTrip(req *http.Request) (*http.Response, error) {
	next := *(*a)[0]
	if len(*a) > 1 {
		*a = (*a)[1:]
	}
	next.Request, next.Body = req, io.NopCloser(strings.NewReader(""))
	return &next, nil
}

// asking is an answer of that status, which asks to wait so many seconds, or until a date.
func asking(status int, until string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{}}
	if until != "" {
		r.Header.Set("Retry-After", until)
	}
	return r
}

// dated is an answer of a server whose clock shows a date.
func dated(date string, r *http.Response) *http.Response {
	r.Header.Set("Date", date)
	return r
}

// How long a server asks to wait is waited, and no longer than makes sense: one that asks for more
// is not waited for at all. The clock is the bubble's.
func TestRetryAfterIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		answers answers
		waited  time.Duration
		status  int // that the error has; 0: none
	}{
		"429":             {answers{asking(429, "7"), asking(204, "")}, 7 * time.Second, 0},
		"498":             {answers{asking(498, "1"), asking(204, "")}, time.Second, 0},
		"503":             {answers{asking(503, "30"), asking(204, "")}, 30 * time.Second, 0},
		"one after other": {answers{asking(429, "2"), asking(503, "3"), asking(204, "")}, 5 * time.Second, 0},
		"the longest":     {answers{asking(503, "120"), asking(204, "")}, 2 * time.Minute, 0},
		"more than that":  {answers{asking(503, "121"), asking(204, "")}, 0, 503},
		"an hour":         {answers{asking(429, "3600"), asking(204, "")}, 0, 429},
		"more than fits":  {answers{asking(503, "18446744100"), asking(204, "")}, 0, 503},
		"again and again": {answers{asking(503, "120")}, (attempts - 1) * 2 * time.Minute, 503},
		// The bubble's clock begins with the year 2000.
		"until a date":          {answers{asking(503, "Sat, 01 Jan 2000 00:00:09 GMT"), asking(204, "")}, 9 * time.Second, 0},
		"by the server's clock": {answers{dated("Sun, 02 Jan 2000 10:00:00 GMT", asking(429, "Sun, 02 Jan 2000 10:01:00 GMT")), asking(204, "")}, time.Minute, 0},
		"until next year":       {answers{asking(503, "Mon, 01 Jan 2001 00:00:00 GMT")}, 0, 503},
		"with what is not":      {answers{asking(404, "7")}, 0, 404},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				r := Retry{Store: NewSwift(Status{Base: &c.answers}), First: time.Microsecond}
				err := r.Delete(t.Context(), Key{"con", "o"})
				if waited := time.Since(begun); waited != c.waited {
					t.Errorf("it took %v, want %v", waited, c.waited)
				}
				var failed *StatusError
				if errors.As(err, &failed); (err == nil) != (c.status == 0) || err != nil && (failed == nil || failed.Status != c.status) {
					t.Errorf("the error is %v, want one of status %d", err, c.status)
				}
			})
		})
	}
}

// Of what fails for good and says no time, the waits double from a quarter second to 15 s, each up
// to half as long again or as short: 30 s to 92 s together. Nobody being there at all costs two of them.
func TestWaitsAreBounded(t *testing.T) {
	ms := func(n ...time.Duration) (waits []time.Duration) {
		for _, n := range n {
			waits = append(waits, n*time.Millisecond)
		}
		return waits
	}
	for name, c := range map[string]struct {
		err   error
		waits []time.Duration
		bound time.Duration // what SECURITY.md says
	}{
		"503":             {status(503), ms(250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000), 92 * time.Second},
		"reset":           {reset, ms(250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000), 92 * time.Second},
		"nobody is there": {refused, ms(250, 500), 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for range 200 { // the waits are random
					var waits []time.Duration
					f := &flaky{}
					for range 1000 {
						f.fail = append(f.fail, c.err)
					}
					begun := time.Now()
					_, err := Retry{Store: f, Notify: func(_ error, wait time.Duration) { waits = append(waits, wait) }}.HasContainer(t.Context(), "x")
					took := time.Since(begun)
					if err != c.err || len(waits) != len(c.waits) || f.calls != len(c.waits)+1 {
						t.Fatalf("%v after %d calls and the waits %v, want %d", err, f.calls, waits, len(c.waits))
					}
					var sum time.Duration
					for i, wait := range waits {
						if sum += wait; wait < c.waits[i]/2 || wait > c.waits[i]*3/2+1 {
							t.Errorf("the wait %d is %v, want half of %v to one and a half", i, wait, c.waits[i])
						}
					}
					if took != sum || took > c.bound {
						t.Errorf("it took %v, with waits of %v; want at most %v", took, sum, c.bound)
					}
				}
			})
		})
	}
}
