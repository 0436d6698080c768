package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sregistry-shell/sregistry-shell/shell"
)

// What reads a pipe or a terminal to which nobody writes ends with the first Ctrl-C.
func TestInterruptedWhileNobodyWrites(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "script.lua")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SREGISTRY_CLIENT_SECRETS", filepath.Join(t.TempDir(), "settings"))
	stdin, stderr := os.Stdin, os.Stderr
	defer func() { os.Stdin, os.Stderr = stdin, stderr }()
	for _, args := range []string{"", "run -", "run " + pipe, "backend add swift token"} {
		in, nobody, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		said, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
		if err != nil {
			t.Fatal(err)
		}
		os.Stdin, os.Stderr = in, said
		ctx, cancel := context.WithCancelCause(t.Context())
		status := make(chan int)
		go func() { status <- execute(ctx, nil, strings.Fields(args)) }()
		cancel(&shell.SignalError{Signal: os.Interrupt})
		select {
		case got := <-status:
			if text, _ := os.ReadFile(said.Name()); got != 130 || !strings.HasSuffix(string(text), "interrupted\n") {
				t.Errorf("%q: status %d, %s", args, got, text)
			}
		case <-time.After(time.Minute): // so that the test fails, and does not hang
			t.Fatalf("%q reads on", args)
		}
		nobody.Close()
		said.Close()
	}
	// The read of the named pipe is left to itself; let it end.
	if w, err := os.OpenFile(pipe, os.O_RDWR, 0); err == nil {
		w.Close()
	}
}
