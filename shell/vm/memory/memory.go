// Package memory bounds what a program in Lua may hold. The interpreter itself cannot: a string
// that is doubled for ever ends the process, and with it the prompt. So while a program runs its
// heap is looked at, and the program is stopped before the process is.
//
// It looks some times a second, and a look is a few microseconds; a program that is over within the
// first 10 ms costs nothing. What one single step makes cannot be stopped halfway: the limit is a
// quarter of what the system leaves, so that a string at the limit can be doubled once more. Where the
// address space is limited (ulimit -v) it falls when threads take from it what was there at the start.
package memory

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// Setting is the variable of the environment that sets the limit in bytes.
const Setting = "SREGISTRY_MEMORY"

// Error is the cause of a program that held too much.
type Error struct{ Limit int64 } // bytes

// Error says how much the limit is and how to raise it.
func (e *Error) Error() string {
	return fmt.Sprintf("out of memory: a program may hold %s; keep less at once, or set %s", size(e.Limit), Setting)
}

func size(n int64) string {
	if n < 10<<30 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d GiB", n>>30)
}

const (
	first  = 10 * time.Millisecond  // before the first look
	near   = 5 * time.Millisecond   // between looks when it may soon be too much, and at least
	far    = 200 * time.Millisecond // at most, while little is held
	little = 8                      // a limit's part that is little
	fast   = 4 << 30                // bytes a second: no program fills memory faster
)

// share is the part of what is left that a program may hold: one that doubles a string holds three
// times as much before it is noticed.
const share = 4

// Watch calls over, once and from a goroutine of its own, when the process holds more than limit bytes;
// 0 is the part of what the system leaves that fits, and a negative limit is none. GOMEMLIMIT is
// a limit, too, where 0 is given. It looks until stop is called.
func Watch(limit int64, over func(*Error)) (stop func()) {
	if limit < 0 {
		return func() {}
	}
	w := &watch{limit: limit, fits: limit == 0, over: over}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(first, w.look)
	return w.stop
}

type watch struct {
	mu      sync.Mutex
	stopped bool
	timer   *time.Timer
	limit   int64
	fits    bool // the limit is what fits, and nobody's word
	over    func(*Error)
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	if w.limit == 0 {
		w.limit = fitting()
	}
	collectBelow(w.limit)
	bytes, limit := held(), w.now()
	if bytes > limit {
		bytes, limit = w.collect(bytes, limit)
	}
	switch {
	case bytes > limit:
		w.stopped = true
		w.over(&Error{limit})
	case bytes > limit/little:
		w.timer.Reset(near)
	default:
		w.timer.Reset(min(max(near, time.Duration(float64(limit)/fast*float64(time.Second))), far))
	}
}

// collect counts again without the garbage, unless the program comes too far while it is looked for: on a busy machine
// that takes long, and the program goes on.
func (w *watch) collect(bytes, limit int64) (int64, int64) {
	done := make(chan struct{})
	look := time.NewTicker(near)
	defer look.Stop()
	for started := false; bytes < 2*limit && bytes < space(); {
		if !started {
			started = true
			go func() { runtime.GC(); close(done) }()
		}
		select {
		case <-done:
			return held(), w.now()
		case <-look.C:
			bytes, limit = held(), w.now()
		}
	}
	return bytes, limit
}

// now is the limit, less where the address space has become narrow. What the heap has of it and does not use will do.
func (w *watch) now() int64 {
	left := space()
	if !w.fits || left == math.MaxInt64 {
		return w.limit
	}
	return min(w.limit, max(least, (sum(heap...)+left)/share))
}

// fitting is the limit where none is given: what GOMEMLIMIT says, else a share of what the system
// leaves. It is found once a process.
var fitting = sync.OnceValue(func() int64 {
	if set := debug.SetMemoryLimit(-1); set != math.MaxInt64 {
		return set
	}
	return max(least, left()/share)
})

// least is a limit that a program of use needs.
const least = 16 << 20

// collectBelow lets the collector work harder as the limit comes near, unless GOMEMLIMIT says when:
// what is counted is then what is held, and little else.
func collectBelow(limit int64) {
	collecting.Lock()
	defer collecting.Unlock()
	if set := debug.SetMemoryLimit(-1); set == math.MaxInt64 || set == collected && set != limit {
		debug.SetMemoryLimit(limit)
		collected = limit
	}
}

var (
	collecting sync.Mutex
	collected  int64 // the limit that collectBelow set
)

// objects is the metric of the bytes that objects take, garbage that was not found yet included.
const objects = "/memory/classes/heap/objects:bytes"

// heap is what the runtime has for objects.
var heap = []string{objects, "/memory/classes/heap/unused:bytes", "/memory/classes/heap/free:bytes", "/memory/classes/heap/released:bytes"}

func held() int64 { return sum(objects) }

// sum is that of some metrics in bytes.
func sum(names ...string) (bytes int64) {
	samples := make([]metrics.Sample, len(names))
	for i, name := range names {
		samples[i].Name = name
	}
	metrics.Read(samples)
	for _, s := range samples {
		bytes += int64(s.Value.Uint64())
	}
	return bytes
}
