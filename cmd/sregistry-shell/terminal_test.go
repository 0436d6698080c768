package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// ttyCommand runs a command on a pseudo-terminal, types what the file holds and then Ctrl-D, and gives as stdout all
// that came to the terminal. The ttyin of testscript does not: it closes the terminal when the command ends, and what
// nobody had read by then is lost.
func ttyCommand(ts *testscript.TestScript, not bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: tty FILE CMD...")
	}
	keys := ts.ReadFile(args[0])
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[1], args[2:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), environment(ts)
	master, err := pty.Start(cmd)
	ts.Check(err)
	defer master.Close()
	go io.WriteString(master, keys+"\x04")
	// All of it: reading ends when nobody has the terminal open any more, on Linux with EIO.
	screen, _ := io.ReadAll(master)
	err = cmd.Wait()
	ts.Stdout().Write(screen)
	if ctx.Err() != nil {
		ts.Fatalf("%s does not end", strings.Join(args[1:], " "))
	}
	if failed := err != nil; failed != not {
		ts.Fatalf("%s: %v", strings.Join(args[1:], " "), err)
	}
}

// environment is that of the script, which testscript keeps to itself. By way of a file: the log must not have it.
func environment(ts *testscript.TestScript) []string {
	file := ts.MkAbs(".environment")
	ts.Check(ts.Exec("sh", "-c", `env -0 >"$1"`, "sh", file))
	defer os.Remove(file)
	return strings.Split(strings.TrimSuffix(ts.ReadFile(file), "\x00"), "\x00")
}
