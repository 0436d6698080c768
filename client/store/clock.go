package store

import (
	"net/http"
	"sync/atomic"
	"time"
)

// Clock notes how far the clock of the server that answers is from this machine's, by the Date of its
// answers. The zero value of the difference is none, which is what is believed until the first answer.
type Clock struct {
	Base  http.RoundTripper
	ahead atomic.Int64 // of the server, in nanoseconds
}

// sameClock is a difference that is none: a Date has whole seconds, and an answer takes its time.
const sameClock = 2 * time.Second

// RoundTrip passes on, and reads the answer's Date, unless a cache gave the answer.
func (c *Clock) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.Base.RoundTrip(req)
	if err != nil {
		return resp, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil && resp.Header.Get("Age") == "" {
		ahead := time.Until(date)
		if ahead.Abs() < sameClock {
			ahead = 0
		}
		c.ahead.Store(int64(ahead))
	}
	return resp, nil
}

// At is what the server's clock shows when this machine's shows t; the zero time stays that.
func (c *Clock) At(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(time.Duration(c.ahead.Load()))
}

// Now is what the server's clock shows.
func (c *Clock) Now() time.Time { return c.At(time.Now()) }
