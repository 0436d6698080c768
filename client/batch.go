package client

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/name"
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

// apart refuses, before anything moves, a list in which two sources would be one image: which of them it
// would be is left to chance. of tells of a request to which account it writes, what is read, and the
// name to write, as it stands and as it is understood.
func apart[Request any](op string, rs []Request, of func(Request) (to *Client, source, target string, n name.Name, err error)) error {
	type image struct {
		to *Client
		n  name.Name
	}
	sources := map[image]string{}
	for _, r := range rs {
		to, source, target, n, err := of(r)
		if err != nil {
			continue // each says it of its own
		}
		if name.Extension(n.Raw) == "" { // else it may be the object of that very name
			n.Image, n.Tag, n.Raw = n.Lower().Image, n.TagOrDefault(), ""
		}
		if first, there := sources[image{to, n}]; there && first != source {
			return fail(op, target, refuse(Invalid, fmt.Errorf("%s and %s cannot both be this image", first, source), "give one another name or tag"))
		}
		sources[image{to, n}] = source
	}
	return nil
}
