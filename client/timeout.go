package client

import (
	"context"
	"fmt"
	"time"
)

// Bound gives an operation, with all its retries and transfers, the time that Config.Timeout
// allows. One that takes longer stops as when it is canceled, keeps what can be resumed, and fails
// with Unavailable. Whoever calls an operation calls cancel when it is over.
func (c *Client) Bound(ctx context.Context) (bounded context.Context, cancel context.CancelFunc) {
	if c.cfg.Timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, c.cfg.Timeout, &timeoutError{c.cfg.Timeout})
}

// timeoutError is why an operation ended that took too long.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string {
	return fmt.Sprintf("it was not done within %s, the --timeout", e.limit)
}

// Is makes it a deadline that was exceeded, as the context's own error is.
func (*timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
