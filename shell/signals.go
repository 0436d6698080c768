package shell

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// grace is how long after SIGTERM or SIGHUP the process may take to end by itself: a transfer needs a
// second, and some steps of Lua cannot be stopped.
const grace = 20 * time.Second

// unread is how long after a signal standard output may take what nobody reads: no context ends that.
const unread = time.Second

// Signals turns the signals that end a program into the end of a context.
type Signals struct {
	mu        sync.Mutex
	cancel    context.CancelCauseFunc
	interrupt chan<- struct{} // takes SIGINT instead, while a prompt is used
	got       chan os.Signal
	done      chan struct{}
	writing   func() (since time.Time, is bool) // of the screen; nil before there is one
	notify    func(c chan<- os.Signal, which ...os.Signal)
	stop      func(c chan<- os.Signal)
}

// Watch gives a context that SIGINT, SIGTERM and SIGHUP end, with a *SignalError as the cause.
// A second one of them kills the process as it does without Watch, so that nobody has to wait for
// a clean-up that hangs; who sends SIGTERM or SIGHUP may not be there to send a second one, and after
// a while the first one kills as well, and soon where nobody reads what is printed. While Interactive runs, SIGINT ends the call and not the context. Stop
// gives the signals back.
func Watch(ctx context.Context) (context.Context, *Signals) {
	return watch(ctx, signal.Notify, signal.Stop)
}

func watch(ctx context.Context, notify func(chan<- os.Signal, ...os.Signal), stop func(chan<- os.Signal)) (context.Context, *Signals) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &Signals{cancel: cancel, got: make(chan os.Signal, 4), done: make(chan struct{}), notify: notify, stop: stop}
	notify(s.got, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go s.run()
	return ctx, s
}

func (s *Signals) run() {
	for {
		select {
		case <-s.done:
			return
		case got := <-s.got:
			s.mu.Lock()
			if got == os.Interrupt && s.interrupt != nil {
				select {
				case s.interrupt <- struct{}{}:
				default: // two are waiting already
				}
			} else {
				s.stop(s.got)
				s.cancel(&SignalError{got})
				var late <-chan time.Time
				if got != os.Interrupt {
					late = time.After(grace)
				}
				look, at := time.NewTicker(unread/10), time.Now()
				go s.insist(late, look.C, func() bool { return s.blocked(at) }, func() { syscall.Kill(os.Getpid(), got.(syscall.Signal)) })
			}
			s.mu.Unlock()
		}
	}
}

// insist kills when it is late, or when a look finds it blocked, unless the signals were given back before.
func (s *Signals) insist(late, look <-chan time.Time, blocked func() bool, kill func()) {
	for {
		select {
		case <-s.done:
			return
		case <-look:
			if !blocked() {
				continue
			}
		case <-late:
		}
		kill()
		return
	}
}

// blocked tells whether one write has been waiting for a reader for too long since then.
func (s *Signals) blocked(since time.Time) bool {
	s.mu.Lock()
	writing := s.writing
	s.mu.Unlock()
	if writing == nil {
		return false
	}
	at, is := writing()
	return is && time.Since(at) > unread && time.Since(since) > unread
}

// Output has them ask whether standard output waits for its reader.
func (s *Signals) Output(writing func() (since time.Time, is bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = writing
}

// Stop gives the signals back to the system's defaults. The context stays as it is.
func (s *Signals) Stop() {
	s.stop(s.got)
	close(s.done)
}

// interrupts sends SIGINT to a channel from now on, until restore is called.
func (s *Signals) interrupts() (c <-chan struct{}, restore func()) {
	sent := make(chan struct{}, 2)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interrupt = sent
	return sent, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.interrupt = nil
	}
}
