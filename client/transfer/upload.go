package transfer

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"sync"

	md5simd "github.com/minio/md5-simd"
	"golang.org/x/sync/errgroup"
)

// Upload reads a file once, segment by segment, several at a time. Each segment is hashed and then
// handed over while it is still in the page cache; the SHA-256 of the whole follows in the same
// window, so that no byte comes from the disk twice.
type Upload struct {
	Plan   Plan
	Source io.ReaderAt
	Jobs   int // segments on their way at a time; 0: 8

	// Send is called with each segment when its MD5 is known, from several goroutines.
	Send func(ctx context.Context, i int, off, n int64, md5 string) error
}

// uploadJobs is how many segments move at once, and window how many the SHA-256 may be away from
// them: together they bound what has to stay in the page cache.
const (
	uploadJobs = 8
	window     = 2 * uploadJobs
)

// fewForLanes is from how many segments at once hashing them in the lanes of one core's vector
// unit pays; a single stream is slower there.
const fewForLanes = 5

// ErrShort is a file that ended before its size.
var ErrShort = errors.New("the file became shorter while it was read")

// Run sends everything and returns the MD5s of the segments in order and the SHA-256 of the whole.
// The first error ends it.
func (u Upload) Run(ctx context.Context) (md5s []string, sha string, err error) {
	jobs := u.Jobs
	if jobs == 0 {
		jobs = uploadJobs
	}
	// While so many segments move, as many others are hashed: that keeps the lanes full.
	hashers := min(2*jobs, u.Plan.Count)
	sending := make(chan struct{}, jobs)
	lanes := newLanes(hashers)
	defer lanes.close()
	md5s = make([]string, u.Plan.Count)
	gate := newGate(window)
	g, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, gate.open)
	defer stop()

	g.Go(func() (err error) {
		sha, err = u.whole(ctx, gate)
		return err
	})
	next := make(chan int)
	g.Go(func() error {
		defer close(next)
		for i := range u.Plan.Count {
			gate.begin(i)
			select {
			case next <- i:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	for range hashers {
		g.Go(func() error {
			h := lanes.hash()
			defer h.Close()
			buf := make([]byte, readSize)
			for i := range next {
				off, n := u.Plan.Span(i)
				h.Reset()
				if err := u.read(ctx, h, buf, off, n); err != nil {
					return err
				}
				md5s[i] = hex.EncodeToString(h.Sum(nil))
				select {
				case sending <- struct{}{}:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
				err := u.Send(ctx, i, off, n, md5s[i])
				<-sending
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return md5s, sha, g.Wait()
}

// readSize is how much a segment's hash is fed at once.
const readSize = 256 << 10

// whole is the SHA-256 of the file; it keeps near the segments that move.
func (u Upload) whole(ctx context.Context, gate *gate) (string, error) {
	h := sha256.New()
	buf := make([]byte, readSize)
	for i := range u.Plan.Count {
		gate.follow(i)
		off, n := u.Plan.Span(i)
		if err := u.read(ctx, h, buf, off, n); err != nil {
			return "", err
		}
		gate.followed(i)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (u Upload) read(ctx context.Context, w io.Writer, buf []byte, off, n int64) error {
	for n > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		m, err := u.Source.ReadAt(buf[:min(n, int64(len(buf)))], off)
		w.Write(buf[:m])
		off, n = off+int64(m), n-int64(m)
		switch {
		case err == io.EOF && n > 0:
			return ErrShort
		case err != nil && err != io.EOF:
			return err
		}
	}
	return nil
}

// gate keeps the segments that are begun and the hash of the whole within a window of each other.
type gate struct {
	mu           sync.Mutex
	moved        *sync.Cond
	window       int
	begun, whole int // how many segments were begun, and how many the hash has behind it
	opened       bool
}

func newGate(window int) *gate {
	g := &gate{window: window}
	g.moved = sync.NewCond(&g.mu)
	return g
}

// begin waits until segment i is near enough to the hash.
func (g *gate) begin(i int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i >= g.whole+g.window && !g.opened {
		g.moved.Wait()
	}
	g.begun = i + 1
	g.moved.Broadcast()
}

// follow waits until segment i was begun.
func (g *gate) follow(i int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i >= g.begun && !g.opened {
		g.moved.Wait()
	}
}

func (g *gate) followed(i int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.whole = i + 1
	g.moved.Broadcast()
}

// open lets everybody through, to see that the context ended.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened = true
	g.moved.Broadcast()
}

// lanes makes hashers that share a vector unit, when there are enough of them.
type lanes struct{ server md5simd.Server }

func newLanes(jobs int) lanes {
	if jobs < fewForLanes {
		return lanes{}
	}
	return lanes{md5simd.NewServer()}
}

func (l lanes) hash() md5simd.Hasher {
	if l.server == nil {
		return single{md5.New()}
	}
	return l.server.NewHash()
}

func (l lanes) close() {
	if l.server != nil {
		l.server.Close()
	}
}

type single struct{ hash.Hash }

func (single) Close() {}
