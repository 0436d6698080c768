package client

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// defaultJobs is how many images of a batch move at once.
const defaultJobs = 4

// jobs is how many items of a batch run at once: what the first request says, or the default.
func jobs[Request any](rs []Request, of func(Request) int) int {
	if len(rs) > 0 && of(rs[0]) > 0 {
		return of(rs[0])
	}
	return defaultJobs
}

// batch runs every request, jobs at a time, and returns the results in order. Every item is tried;
// what failed is reported together as one Error with the code Partial, whose Done and Failed say
// which. describe turns a request and its result into the image for Done.
func batch[Request, Result any](ctx context.Context, op string, rs []Request, jobs int,
	do func(context.Context, Request) (Result, error), describe func(Request, Result) Image) ([]Result, error) {
	results := make([]Result, len(rs))
	failures := make([]error, len(rs))
	var g errgroup.Group
	g.SetLimit(jobs)
	for i, r := range rs {
		g.Go(func() error {
			if ctx.Err() != nil {
				failures[i] = fail(op, "", context.Cause(ctx))
				return nil
			}
			results[i], failures[i] = do(ctx, r)
			return nil
		})
	}
	g.Wait()
	partial := &Error{Op: op, Code: Partial}
	for i, err := range failures {
		var e *Error
		switch {
		case err == nil:
			partial.Done = append(partial.Done, describe(rs[i], results[i]))
		case errors.As(err, &e):
			partial.Failed = append(partial.Failed, e)
		}
	}
	switch {
	case len(partial.Failed) == 0:
		return results, nil
	case ctx.Err() != nil:
		return nil, fail(op, "", context.Cause(ctx))
	}
	partial.Err = fmt.Errorf("%d of %d failed", len(partial.Failed), len(rs))
	return nil, partial
}
