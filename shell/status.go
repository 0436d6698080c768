package shell

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

// SignalError is the cause of a context that a signal ended.
type SignalError struct{ Signal os.Signal }

// Error says what the signal meant for the work that it ended.
func (e *SignalError) Error() string {
	switch e.Signal {
	case os.Interrupt:
		return "interrupted"
	case syscall.SIGTERM:
		return "terminated"
	case syscall.SIGHUP:
		return "the terminal is gone"
	}
	return e.Signal.String()
}

// Is makes it a canceled context for errors.Is.
func (e *SignalError) Is(target error) bool { return target == context.Canceled }

func (e *SignalError) status() int {
	if n, ok := e.Signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return client.Canceled.ExitStatus()
}

// Status is the exit status of the process that err ends:
//
//   - os.exit's argument;
//   - 128 and the signal's number when a signal ended the work (130 for SIGINT, 143 for SIGTERM),
//     and 141 for a broken pipe, as if SIGPIPE had;
//   - what the code of a *client.Error says, also when it went through a script;
//   - 9 when standard output is full;
//   - 1 for anything else, 0 for nil.
func Status(err error) int {
	var (
		exit   *vm.ExitError
		signal *SignalError
		output *screen.OutputError
		failed *client.Error
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.Status
	case errors.As(err, &signal):
		return signal.status()
	case screen.BrokenPipe(err):
		return 128 + int(syscall.SIGPIPE)
	case errors.As(err, &output):
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			return client.Full.ExitStatus()
		}
		return 1
	case errors.As(err, &failed):
		return client.ExitStatus(failed)
	case errors.Is(err, context.Canceled):
		return client.Canceled.ExitStatus()
	}
	return 1
}

// Interrupted adds to an error the signal that ended ctx, if one did and the error says no more
// than that the work was canceled, so that Status knows it. Text and code stay.
func Interrupted(ctx context.Context, err error) error {
	var signal *SignalError
	if err == nil || client.CodeOf(err) != client.Canceled || errors.As(err, &signal) || !errors.As(context.Cause(ctx), &signal) {
		return err
	}
	return &signaled{err, signal}
}

type signaled struct {
	error
	signal *SignalError
}

func (e *signaled) Unwrap() []error { return []error{e.error, e.signal} }
