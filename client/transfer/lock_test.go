package transfer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// Of many who want the lock one has it at a time; one that leaves a record ends the work of all
// that waited for it.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.lock")
	first, record, err := Acquire(t.Context(), path, func() { t.Error("waits for nobody") })
	if err != nil || first == nil || record != "" {
		t.Fatal(first, record, err)
	}
	var holders, told, workers atomic.Int32
	var ready, done sync.WaitGroup
	const others = 20
	ready.Add(others)
	for range others {
		done.Go(func() {
			lock, record, err := Acquire(t.Context(), path, func() { told.Add(1); ready.Done() })
			switch {
			case err != nil:
				t.Error(err)
			case lock == nil:
				if record != "brought" {
					t.Errorf("the record is %q", record)
				}
			default:
				if holders.Add(1) > 1 {
					t.Error("two have the lock")
				}
				leave := ""
				if workers.Add(1) == 3 {
					leave = "brought"
				}
				holders.Add(-1)
				lock.Release(leave)
			}
		})
	}
	ready.Wait()
	first.Release("")
	done.Wait()
	if told.Load() != others {
		t.Errorf("%d of %d were told that they wait", told.Load(), others)
	}
	if got := names(t, filepath.Dir(path)); got != "" {
		t.Errorf("left behind: %s", got)
	}
}

func TestLockOfADeadHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.lock")
	if err := os.WriteFile(path, sealed("old record"), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, record, err := Acquire(t.Context(), path, func() {})
	if err != nil || lock == nil || record != "" {
		t.Fatal(lock, record, err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Error("the record of the dead is there still", err)
	}
	lock.Release("")
}

func TestWaitingForALockEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.lock")
	lock, _, err := Acquire(t.Context(), path, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release("")
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	if _, _, err := Acquire(ctx, path, func() { cancel(why) }); err != why {
		t.Errorf("%v", err)
	}
}

func TestNoLocks(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine")
	if err := os.WriteFile(mine, []byte("my own file"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "none", "lock"), dir, mine} {
		if _, _, err := Acquire(t.Context(), path, func() {}); !errors.Is(err, ErrNoLocks) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if b, err := os.ReadFile(mine); err != nil || string(b) != "my own file" {
		t.Errorf("%q, %v", b, err)
	}
}
