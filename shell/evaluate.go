package shell

import (
	"context"
	"errors"
	"os"

	lua "github.com/yuin/gopher-lua"
)

// outcome is what a call came to.
type outcome struct {
	values []lua.LValue
	err    error
}

// evaluate runs something in the Lua state beside the interrupts: the first cancels it, the second
// stops waiting.
func (s *Session) evaluate(ctx context.Context, run func(context.Context) ([]lua.LValue, error)) ([]lua.LValue, error) {
	for len(s.interrupts) > 0 {
		<-s.interrupts // of the time before
	}
	s.calling.Store(true)
	defer s.calling.Store(false)
	call, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan outcome, 1)
	go func() {
		values, err := run(call)
		done <- outcome{values, err}
	}()
	ended := ctx.Done()
	for interrupted := false; ; {
		select {
		case o := <-done:
			return o.values, o.err
		case <-s.interrupts:
			if interrupted {
				s.pending = done
				return nil, errors.New("not waited for; it may still end or go on for a while")
			}
			interrupted = true
			cancel(&SignalError{os.Interrupt})
		case <-ended:
			// The call ends by itself, and the second signal kills the process.
			ended = nil
		}
	}
}

// idle tells whether the Lua state runs nothing.
func (s *Session) idle() bool {
	if s.pending == nil {
		return true
	}
	select {
	case <-s.pending:
		s.pending = nil
		return true
	default:
		return false
	}
}

// waitForPending waits for a call that an earlier entry left behind, until ctx ends or Ctrl-C
// gives it up. A fresh Lua state would lose the variables, so there is no way around it.
func (s *Session) waitForPending(ctx context.Context) bool {
	if s.idle() {
		return true
	}
	s.c.Screen.Note("waiting for the call before this one to end...")
	select {
	case <-s.pending:
		s.pending = nil
		return true
	case <-s.interrupts:
	case <-ctx.Done():
	}
	return false
}
