package client

import (
	"context"
	"errors"
	"os"

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
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
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
	if err != nil {
		return err
	}
	return p.verify(n, o, v)
}
