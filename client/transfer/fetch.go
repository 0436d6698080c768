package transfer

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Source gives bytes to Fill a part with.
type Source struct {
	// Lanes is how many ranges are fetched at once.
	Lanes int
	// Get gives n bytes from off to read, which may be called again, from the first of them. What
	// read returns it returns: io.ErrUnexpectedEOF when there were fewer than n bytes.
	Get func(ctx context.Context, off, n int64, read func(io.Reader) error) error
	// Add is told of bytes that were written, and with a negative n of some that have to be
	// fetched again.
	Add func(n int64)
}

// Fill fetches the ranges that are missing, the first ones first, and gives all bytes in their
// order to v: they are read back while they are in memory still, as soon as all before them are
// there. Ranges of an earlier run are compared with their checksums, and fetched again when they
// are damaged. What arrived stays when Fill fails.
func (p *Part) Fill(ctx context.Context, s Source, v *Verifier) error {
	g, ctx := errgroup.WithContext(ctx)
	f := &fill{Part: p, Source: s, wake: sync.NewCond(&p.mu), ctx: ctx}
	defer context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		f.wake.Broadcast()
	})()
	for range min(s.Lanes, p.layout.Count()) {
		g.Go(f.lane)
	}
	g.Go(func() error { return f.follow(v) })
	return g.Wait()
}

type fill struct {
	*Part
	Source
	ctx      context.Context
	wake     *sync.Cond // with Part.mu: the state of a range changed
	low      int        // no range before it is missing
	finished bool       // all bytes were given to the verifier
}

// lane fetches one range after the other. It stays until the last one was compared, for that may
// turn out to be damaged.
func (f *fill) lane() error {
	for {
		i, ok := f.next()
		if !ok {
			return context.Cause(f.ctx)
		}
		crc, err := f.fetch(i)
		if err != nil {
			f.set(i, mark{})
			return err
		}
		f.set(i, mark{here, crc})
		if f.journal != nil {
			f.journal.Write(sealed(have(i, crc))) // one write a line; a lost one costs a range
		}
		off, n := f.layout.Span(i)
		flush(f.File, off, n)
	}
}

// next takes the first range that is missing, and waits while there is none.
func (f *fill) next() (int, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.finished && f.ctx.Err() == nil {
		for ; f.low < len(f.marks); f.low++ {
			if m := &f.marks[f.low]; m.state == missing {
				m.state = underway
				return f.low, true
			}
		}
		f.wake.Wait()
	}
	return 0, false
}

func (f *fill) set(i int, m mark) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.marks[i] = m
	if m.state == missing {
		f.low = min(f.low, i)
	}
	f.wake.Broadcast()
}

// fetch writes one range and returns its checksum.
func (f *fill) fetch(i int) (crc uint32, err error) {
	off, n := f.layout.Span(i)
	var done int64
	err = f.Get(f.ctx, off, n, func(r io.Reader) error {
		f.Add(-done)
		done, crc = 0, 0
		buf := take()
		defer give(buf)
		for done < n {
			if f.ctx.Err() != nil {
				return context.Cause(f.ctx)
			}
			k, err := io.ReadFull(r, (*buf)[:min(int64(len(*buf)), n-done)])
			if k > 0 {
				if _, err := f.WriteAt((*buf)[:k], off+done); err != nil {
					return err
				}
				crc = crc32.Update(crc, castagnoli, (*buf)[:k])
				done += int64(k)
				f.Add(int64(k))
			}
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && done < n {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		f.Add(-done)
	}
	return crc, err
}

// follow gives the bytes to the verifier, each range as soon as it and all before it are there.
func (f *fill) follow(v *Verifier) error {
	buf := take()
	defer give(buf)
	for i := range f.marks {
		for {
			m, err := f.await(i)
			if err != nil {
				return err
			}
			if m.state == here && v.Blind() {
				_, n := f.layout.Span(i)
				v.size += n
				break
			}
			ok, err := f.give(i, m, *buf, v)
			if err != nil {
				return err
			}
			if ok {
				break
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finished = true
	f.wake.Broadcast()
	return nil
}

// await waits for a range.
func (f *fill) await(i int) (mark, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.marks[i].state == missing || f.marks[i].state == underway {
		if f.ctx.Err() != nil {
			return mark{}, context.Cause(f.ctx)
		}
		f.wake.Wait()
	}
	return f.marks[i], nil
}

// give reads a range for the verifier. One of an earlier run is compared with its checksum; when
// it is another, the range is missing again, and the verifier knows nothing of it.
func (f *fill) give(i int, m mark, buf []byte, v *Verifier) (ok bool, err error) {
	off, n := f.layout.Span(i)
	if m.state == here {
		seen := view(f.ctx, f.File, off, n, v)
		return true, scan(f.ctx, f.File, off+seen, n-seen, buf, v)
	}
	restore := v.save()
	crc := crc32.New(castagnoli)
	if err := scan(f.ctx, f.File, off, n, buf, io.MultiWriter(v, crc)); err != nil {
		return false, err
	}
	if crc.Sum32() == m.crc {
		f.set(i, mark{here, m.crc})
		return true, nil
	}
	restore()
	f.Add(-n)
	f.set(i, mark{})
	return false, nil
}

// buffer is how much is read and written at once: with more, it falls out of the nearest cache.
const buffer = 256 << 10

var buffers = sync.Pool{New: func() any { b := make([]byte, buffer); return &b }}

func take() *[]byte  { return buffers.Get().(*[]byte) }
func give(b *[]byte) { buffers.Put(b) }
