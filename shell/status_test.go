package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

func TestStatus(t *testing.T) {
	notFound := &client.Error{Op: "pull", Code: client.NotFound, Err: errors.New("no such image")}
	canceled := &client.Error{Op: "pull", Code: client.Canceled, Err: context.Canceled}
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("any"), 1},
		{&vm.ExitError{Status: 7}, 7},
		{&vm.ExitError{}, 0},
		{notFound, 3},
		{fmt.Errorf("item 2: %w", notFound), 3},
		{&vm.ScriptError{Message: "x.lua:1: no such image", Cause: notFound}, 3},
		{&vm.ScriptError{Message: "x.lua:1: oh"}, 1},
		{canceled, 130},
		{context.Canceled, 130},
		{&SignalError{os.Interrupt}, 130},
		{&SignalError{syscall.SIGTERM}, 143},
		{&SignalError{syscall.SIGHUP}, 129},
		{&client.Error{Op: "pull", Code: client.Canceled, Err: &SignalError{syscall.SIGTERM}}, 143},
		{&screen.OutputError{Err: syscall.EPIPE}, 141},
		{&screen.OutputError{Err: syscall.ENOSPC}, 9},
		{&screen.OutputError{Err: syscall.EIO}, 1},
	} {
		if got := Status(c.err); got != c.want {
			t.Errorf("%v: %d, not %d", c.err, got, c.want)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	canceled := &client.Error{Op: "pull", Code: client.Canceled, Err: context.Canceled}
	if err := Interrupted(ctx, canceled); Status(err) != 130 {
		t.Errorf("before the signal: %v", err)
	}
	cancel(&SignalError{syscall.SIGTERM})
	err := Interrupted(ctx, canceled)
	if Status(err) != 143 || err.Error() != canceled.Error() || client.CodeOf(err) != client.Canceled {
		t.Errorf("%v, status %d", err, Status(err))
	}
	if err := Interrupted(ctx, nil); err != nil {
		t.Errorf("nothing failed, but %v", err)
	}
	denied := &client.Error{Op: "pull", Code: client.Denied, Err: errors.New("no")}
	if err := Interrupted(ctx, denied); Status(err) != 4 {
		t.Errorf("another failure: %v", err)
	}
}

func TestSignals(t *testing.T) {
	var sent chan<- os.Signal
	stopped := make(chan struct{}, 2)
	ctx, s := watch(context.Background(),
		func(c chan<- os.Signal, _ ...os.Signal) { sent = c },
		func(chan<- os.Signal) { stopped <- struct{}{} })
	defer s.Stop()
	c, restore := s.interrupts()
	for range 4 { // two are kept, and nothing blocks
		sent <- os.Interrupt
	}
	<-c
	<-c
	if ctx.Err() != nil {
		t.Error("a prompt's interrupt ends the context")
	}
	restore()
	sent <- os.Interrupt
	<-ctx.Done()
	if got := Status(context.Cause(ctx)); got != 130 {
		t.Errorf("status %d", got)
	}
	<-stopped // so that a second one kills
}

func TestWatchRealSignals(t *testing.T) {
	ctx, s := Watch(context.Background())
	defer s.Stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if got := Status(context.Cause(ctx)); got != 143 {
		t.Errorf("status %d", got)
	}
}

// Who does not end in time after SIGTERM is killed by it.
func TestSignalsInsist(t *testing.T) {
	s := &Signals{got: make(chan os.Signal), done: make(chan struct{}), stop: func(chan<- os.Signal) {}}
	killed := false
	late := make(chan time.Time, 1)
	late <- time.Time{}
	s.insist(late, nil, nil, func() { killed = true })
	if !killed {
		t.Error("nobody kills it")
	}
	looks := make(chan time.Time, 2)
	looks <- time.Time{}
	looks <- time.Time{}
	found := []bool{false, true}
	killed = false
	s.insist(nil, looks, func() (b bool) { b, found = found[0], found[1:]; return b }, func() { killed = true })
	if !killed || len(found) != 0 {
		t.Error("nobody kills what is blocked")
	}
	s.Stop()
	s.insist(nil, nil, nil, func() { t.Error("it is killed though it ended") })
}
