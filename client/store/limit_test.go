package store

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// echo answers with what it was sent.
type echo struct{}

func (echo) RoundTrip(req *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(string(sent)))}, nil
}

// clock is a time that passes only where somebody waits.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) wait(_ context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
	return nil
}

func TestLimitCountsBothWays(t *testing.T) {
	start := time.Unix(1e9, 0)
	for _, c := range []struct {
		rate int64
		size int
		want time.Duration // there and back
	}{
		{1000, 50_000, 100 * time.Second},
		{1 << 20, 2 << 20, 4 * time.Second},
		{1, 5, 10 * time.Second},
		{1 << 40, 1 << 20, time.Millisecond},
	} {
		l, time0 := NewLimit(echo{}, c.rate), &clock{now: start}
		l.now, l.wait = time0.read, time0.wait
		req, _ := http.NewRequest(http.MethodPut, "http://x/", strings.NewReader(strings.Repeat("x", c.size)))
		resp, err := l.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(resp.Body)
		if err != nil || len(back) != c.size {
			t.Fatalf("%d bytes came back, %v", len(back), err)
		}
		took := time0.read().Sub(start)
		if took > c.want || c.want > time.Second && took < c.want-c.want/4 {
			t.Errorf("%d bytes there and back at %d B/s took %v, want about %v", c.size, c.rate, took, c.want)
		}
	}
}

// However slow the limit and however many the streams, none waits so long for a piece that Stall
// would give up on it.
func TestLimitKeepsAwayFromStall(t *testing.T) {
	for _, perSecond := range []int64{8, 1000, 1 << 20, 1 << 40} {
		l := NewLimit(echo{}, perSecond)
		turn := time.Duration(64 * float64(l.piece) / float64(perSecond) * float64(time.Second))
		if turn > Silence/2 {
			t.Errorf("%d B/s: 64 streams have their turn every %v", perSecond, turn)
		}
	}
}

func TestLimitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	l := NewLimit(echo{}, 1)
	wait, why := l.wait, errors.New("why")
	l.wait = func(ctx context.Context, d time.Duration) error {
		if d > 0 {
			cancel(why)
		}
		return wait(ctx, d)
	}
	req, _ := http.NewRequestWithContext(ctx, http.MethodPut, "http://x/", strings.NewReader("two"))
	if _, err := l.RoundTrip(req); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}
