package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A file is hashed as it is mapped; one that is cut meanwhile ends in an error, not in a crash, and
// what was hashed of it counts once.
func TestView(t *testing.T) {
	content := random(5<<20 + 100)
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	const off = 777
	n := int64(len(content)) - off
	piece := func(b []byte) []Piece { return []Piece{{N: int64(len(b)), SHA256: hexSum(sha256.Sum256(b))}} }
	v := NewVerifier(piece(content[off:]))
	done := view(t.Context(), f, off, n, v)
	if want := n; runtime.GOOS == "linux" && done != want {
		t.Errorf("%d bytes of %d were seen", done, want)
	}
	buf := make([]byte, 1000)
	if err := scan(t.Context(), f, off+done, n-done, buf, v); err != nil || len(v.Bad()) != 0 || v.Size() != n {
		t.Errorf("%v, %d bytes, wrong: %v", err, v.Size(), v.Bad())
	}

	const left = 3<<20 + 5
	if err := f.Truncate(left); err != nil {
		t.Fatal(err)
	}
	v = NewVerifier(piece(content))
	done = view(t.Context(), f, 0, int64(len(content)), v)
	err = scan(t.Context(), f, done, int64(len(content))-done, buf, v)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(v.Bad()) != 0 || v.Size() != left {
		t.Errorf("%v, %d bytes, wrong: %v", err, v.Size(), v.Bad())
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if done := view(ended, f, 0, left, NewVerifier(nil)); done != 0 {
		t.Errorf("%d bytes after the end", done)
	}
}
