package transfer

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestHashFile(t *testing.T) {
	for _, size := range []int{0, 1, chunk, 2*chunk + 1} {
		content := bytes.Repeat([]byte{'x'}, size)
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var told int64
		sum, err := HashFile(t.Context(), f, int64(size), func(n int64) { told += n })
		m, s := md5.Sum(content), sha256.Sum256(content)
		if want := (Sum{hex.EncodeToString(m[:]), hex.EncodeToString(s[:]), int64(size)}); err != nil || sum != want || told != int64(size) {
			t.Errorf("%d bytes: %+v, told of %d, %v", size, sum, told, err)
		}
	}
}

func TestCopyStops(t *testing.T) {
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	n, err := Copy(ctx, io.Discard, endless{}, func(int64) { cancel(why) })
	if err != why || n != chunk {
		t.Errorf("%d bytes, %v", n, err)
	}
	if _, err := Copy(t.Context(), io.Discard, iotest.ErrReader(why), func(int64) {}); err != why {
		t.Errorf("%v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// However an upload jumps back, what the meter was told of in the end is where it is.
func TestMeteredIsWhereTheReaderIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var told int64
		r := Metered(strings.NewReader(strings.Repeat("x", 100)), func(n int64) { told += n })
		for _, off := range rapid.SliceOf(rapid.Int64Range(0, 99)).Draw(t, "offsets") {
			n, _ := r.ReadAt(make([]byte, rapid.IntRange(1, 20).Draw(t, "length")), off)
			if told != off+int64(n) {
				t.Fatalf("at %d, told of %d", off+int64(n), told)
			}
		}
	})
}

func write(t *testing.T, target, content string) *Part {
	t.Helper()
	p, err := NewPart(target)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.WriteString(content); err != nil {
		t.Fatal(err)
	}
	return p
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return strings.Join(out, " ")
}

func TestPart(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a.sif")
	p := write(t, target, "wrong")
	if got := names(t, dir); !strings.HasPrefix(got, "a.sif.") || !strings.HasSuffix(got, ".part") {
		t.Errorf("on the way there is %q", got)
	}
	if err := p.Restart(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.WriteString("new"); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(false); err != nil {
		t.Fatal(err)
	}
	p.Discard()
	if b, err := os.ReadFile(target); err != nil || string(b) != "new" || names(t, dir) != "a.sif" {
		t.Errorf("%q, %v; %s", b, err, names(t, dir))
	}
	if info, err := os.Stat(target); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("%v, %v: an image is run", info.Mode(), err)
	}
}

func TestPartReplacesOnlyWhenToldTo(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a.sif")
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := write(t, target, "new")
	if err := p.Commit(false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
	p.Discard()
	if b, _ := os.ReadFile(target); string(b) != "mine" || names(t, dir) != "a.sif" {
		t.Errorf("%q; %s", b, names(t, dir))
	}
	p = write(t, target, "new")
	defer p.Discard()
	if err := p.Commit(true); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(target); string(b) != "new" || names(t, dir) != "a.sif" {
		t.Errorf("%q; %s", b, names(t, dir))
	}
}

func TestPartNowhere(t *testing.T) {
	if _, err := NewPart(filepath.Join(t.TempDir(), "none", "a.sif")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
