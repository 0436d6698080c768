package vm

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// bench is a VM whose output can be looked at.
type bench struct {
	*VM
	out, errOut  bytes.Buffer
	notes, warns []string
}

func newBench(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	b := &bench{}
	opt := Options{
		Stdout: &b.out, Stderr: &b.errOut,
		Note: func(s string) { b.notes = append(b.notes, s) },
		Warn: func(s string) { b.warns = append(b.warns, s) },
		Connect: func(context.Context) (*client.Client, error) {
			return nil, &client.Error{Op: "sign in", Code: client.Denied, Err: errors.New("wrong token")}
		},
	}
	if change != nil {
		change(&opt)
	}
	b.VM = New(opt)
	t.Cleanup(b.Close)
	return b
}

// interrupted is the error of a program that is interrupted while it is in what its error then names. On a busy
// machine a moment may pass before it is there: then it is run again, and given a longer one.
func (b *bench) interrupted(t *testing.T, source, in string) error {
	t.Helper()
	for moment := 20 * time.Millisecond; ; moment *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), moment)
		err := b.Run(ctx, "test.lua", source)
		cancel()
		if err == nil || moment > 20*time.Second {
			t.Fatalf("%s: it is not interrupted within %v: %v", source, moment, err)
		}
		if strings.Contains(err.Error(), in) {
			return err
		}
	}
}

// run runs a program that must succeed and gives what it printed.
func (b *bench) run(t *testing.T, source string) string {
	t.Helper()
	b.out.Reset()
	if err := b.Run(t.Context(), "test.lua", source); err != nil {
		t.Fatalf("%s\n%v", source, err)
	}
	return b.out.String()
}

// fails runs a program that must fail and gives the error.
func (b *bench) fails(t *testing.T, source string) *ScriptError {
	t.Helper()
	err := b.Run(t.Context(), "test.lua", source)
	var s *ScriptError
	if !errors.As(err, &s) {
		t.Fatalf("%s\ngave %v, not a script error", source, err)
	}
	return s
}

// printing runs programs each of which must print a text.
func printing(t *testing.T, change func(*Options), cases map[string]string) {
	t.Helper()
	for source, want := range cases {
		b := newBench(t, change)
		if got := strings.TrimSuffix(b.run(t, source), "\n"); got != want {
			t.Errorf("%s\nprinted %q\nnot     %q", source, got, want)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
