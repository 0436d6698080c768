package store

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// Limit bounds how many bytes a second all requests together move, both ways. It lies below Stall,
// so that each piece counts as movement, and the pieces are small enough that Stall never takes
// waiting for one's turn for a connection that stands still.
type Limit struct {
	base    http.RoundTripper
	limiter *rate.Limiter
	piece   int // most bytes moved at once
	now     func() time.Time
	wait    func(context.Context, time.Duration) error
}

// NewLimit bounds base to bytesPerSecond, which is above 0. Headers do not count.
func NewLimit(base http.RoundTripper, bytesPerSecond int64) *Limit {
	// An eighth of a second each: with 16 streams, each has its turn every two seconds.
	piece := int(min(max(bytesPerSecond/8, 1), 64<<10))
	return &Limit{base, rate.NewLimiter(rate.Limit(bytesPerSecond), piece), piece, time.Now, sleep}
}

// RoundTrip passes on a request whose body and answer wait for their turn.
func (l *Limit) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if req.Body != nil && req.Body != http.NoBody {
		req = req.Clone(ctx)
		req.Body = &limited{req.Body, l, ctx}
	}
	resp, err := l.base.RoundTrip(req)
	if err == nil {
		resp.Body = &limited{resp.Body, l, ctx}
	}
	return resp, err
}

type limited struct {
	io.ReadCloser
	limit *Limit
	ctx   context.Context
}

func (b *limited) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), b.limit.piece)])
	if late := b.turn(n); late != nil {
		return n, late
	}
	return n, err
}

func (b *limited) send(to *net.TCPConn, n int64) (int64, error) {
	sent, err := send(b.ReadCloser, to, min(n, int64(b.limit.piece)))
	if late := b.turn(int(sent)); late != nil {
		return sent, late
	}
	return sent, err
}

// turn waits until n bytes that moved are within the bound.
func (b *limited) turn(n int) error {
	if n == 0 {
		return nil
	}
	now := b.limit.now()
	return b.limit.wait(b.ctx, b.limit.limiter.ReserveN(now, n).DelayFrom(now))
}

// sleep waits, or fails when the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
