package transfer

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func TestUpload(t *testing.T) {
	defer goleak.VerifyNone(t)
	rapid.Check(t, func(t *rapid.T) {
		content := random(rapid.IntRange(1, 3<<20).Draw(t, "size"))
		segment := rapid.Int64Range(int64(len(content))/50+1, int64(len(content))+1).Draw(t, "segment")
		p := NewPlan(int64(len(content)), segment)
		if p.Count == 0 {
			return
		}
		var mu sync.Mutex
		sent := map[int]string{}
		md5s, sha, err := Upload{Plan: p, Source: bytes.NewReader(content), Jobs: rapid.IntRange(0, 9).Draw(t, "jobs"),
			Send: func(_ context.Context, i int, off, n int64, sum string) error {
				mu.Lock()
				defer mu.Unlock()
				sent[i] = sum
				if got := md5.Sum(content[off : off+n]); hex.EncodeToString(got[:]) != sum {
					t.Errorf("segment %d has another MD5", i)
				}
				return nil
			}}.Run(context.Background())
		want := sha256.Sum256(content)
		if err != nil || sha != hex.EncodeToString(want[:]) || len(md5s) != p.Count || len(sent) != p.Count {
			t.Fatalf("%d segments of %d, %v", len(sent), p.Count, err)
		}
		for i, sum := range md5s {
			if sent[i] != sum {
				t.Errorf("segment %d: %s, sent as %s", i, sum, sent[i])
			}
		}
	})
}

func TestUploadStops(t *testing.T) {
	defer goleak.VerifyNone(t)
	why := errors.New("why")
	content := random(1 << 20)
	p := NewPlan(1<<20, 1<<10)
	p.Segment, p.Count = 1<<10, 1<<10
	send := func(_ context.Context, i int, _, _ int64, _ string) error {
		if i == 20 {
			return why
		}
		return nil
	}
	if _, _, err := (Upload{Plan: p, Source: bytes.NewReader(content), Send: send}).Run(t.Context()); err != why {
		t.Errorf("a send that fails: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	send = func(context.Context, int, int64, int64, string) error { cancel(why); return nil }
	if _, _, err := (Upload{Plan: p, Source: bytes.NewReader(content), Send: send}).Run(ctx); err != why {
		t.Errorf("canceled: %v", err)
	}
	send = func(context.Context, int, int64, int64, string) error { return nil }
	if _, _, err := (Upload{Plan: p, Source: strings.NewReader("short"), Send: send}).Run(t.Context()); err != ErrShort {
		t.Errorf("a file that became shorter: %v", err)
	}
}

func TestUploadKeepsTogether(t *testing.T) {
	p := Plan{Size: 100, Segment: 1, Count: 100}
	var mu sync.Mutex
	var begun []int
	block := make(chan struct{})
	var once sync.Once
	send := func(_ context.Context, i int, _, _ int64, _ string) error {
		mu.Lock()
		begun = append(begun, i)
		mu.Unlock()
		if i == 0 {
			once.Do(func() { close(block) })
		}
		return nil
	}
	slow := &waits{Reader: bytes.NewReader(random(100)), until: block}
	if _, _, err := (Upload{Plan: p, Source: slow, Send: send}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(begun)
	if len(begun) != 100 || begun[99] != 99 {
		t.Errorf("%d segments", len(begun))
	}
}

// waits reads, but segment 50 only after the first was sent.
type waits struct {
	*bytes.Reader
	until chan struct{}
}

func (w *waits) ReadAt(p []byte, off int64) (int, error) {
	if off == 50 {
		<-w.until
	}
	return w.Reader.ReadAt(p, off)
}

func BenchmarkUpload(b *testing.B) {
	content := random(512 << 20)
	p := NewPlan(int64(len(content)), 64<<20-1)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		_, _, err := Upload{Plan: p, Source: bytes.NewReader(content), Send: func(context.Context, int, int64, int64, string) error { return nil }}.Run(context.Background())
		if err != nil {
			b.Fatal(err)
		}
	}
}
