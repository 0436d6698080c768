package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A pull into a named pipe ends with its context, be it that nobody reads the pipe, or that somebody reads no more.
func TestPullToAPipeThatNobodyReads(t *testing.T) {
	dir := t.TempDir()
	pipe, lonely, image := filepath.Join(dir, "pipe"), filepath.Join(dir, "lonely"), filepath.Join(dir, "a.sif")
	if err := errors.Join(unix.Mkfifo(pipe, 0o600), unix.Mkfifo(lonely, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(image, bytes.Repeat([]byte("image"), 200_000), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := NewEmbedded(filepath.Join(dir, "store"), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Push(t.Context(), PushRequest{Path: image, Name: "lab/a"}); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := openStream(ctx, lonely); CodeOf(err) != Canceled {
		t.Errorf("without a reader: %v", err)
	}
	late, err := os.Open(lonely) // what is left behind closes the pipe
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if n, err := late.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("it wrote %d bytes, %v", n, err)
	}

	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := c.Pull(ctx, PullRequest{Image: "lab/a", File: pipe})
		ended <- err
	}()
	reader, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := reader.Read(make([]byte, 1)); err != nil { // and no more
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; CodeOf(err) != Canceled {
		t.Errorf("with a reader that waits: %v", err)
	}
}
