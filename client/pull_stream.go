package client

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// streamed tells whether a file takes bytes as they come, and keeps none that could be replaced:
// a named pipe or a character device. A pull to /dev/null is a check.
func streamed(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) != 0
}

// stream writes an image to standard output, or to a file that is streamed, as the bytes come.
// Whether they are right is known when the last one is written.
func (p puller) stream(ctx context.Context, file string, n name.Name, o store.Object) error {
	want, err := p.expect(ctx, n, o)
	if err != nil {
		return err
	}
	w, called := p.cfg.Stdout, "standard output"
	if file != "-" {
		f, err := openStream(ctx, file)
		if err != nil {
			return err
		}
		defer f.Close()
		// What waits for the reader of a pipe ends with ctx.
		defer context.AfterFunc(ctx, func() { _ = f.SetWriteDeadline(time.Unix(1, 0)) })()
		w, called = f, file
	}
	written := false
	v, err := p.receive(ctx, o, want, w, func() error {
		if written && file != os.DevNull {
			return refuse(Unavailable, errors.New("the connection broke after a part had been written to "+called), "pull to a file")
		}
		written = true
		return nil
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	}
	return p.verify(n, o, v)
}

// openStream opens a file that is streamed. A named pipe waits for its reader, and no longer than ctx.
func openStream(ctx context.Context, file string) (*os.File, error) {
	type opened struct {
		f   *os.File
		err error
	}
	got := make(chan opened, 1)
	go func() {
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		got <- opened{f, err}
	}()
	select {
	case o := <-got:
		return o.f, o.err
	case <-ctx.Done():
		go func() {
			if o := <-got; o.err == nil {
				o.f.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}
