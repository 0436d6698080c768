package transfer

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRoom(t *testing.T) {
	dir := t.TempDir()
	for _, part := range []func(string, Origin) (*Part, error){OpenPart, NewRangedPart} {
		var room *RoomError
		_, err := part(filepath.Join(dir, "a.sif"), Origin{"k", "e", Layout{1 << 60, 1 << 20}}) // whatever a server claims
		if !errors.As(err, &room) || !errors.Is(err, syscall.ENOSPC) || room.Need != 1<<60 || !strings.Contains(err.Error(), "are missing") {
			t.Errorf("%v", err)
		}
	}
	if got := names(t, dir); got != "" {
		t.Errorf("left behind: %s", got)
	}
	p := write(t, filepath.Join(dir, "b.sif"), "x")
	defer p.Discard()
	if err := p.Room(1 << 10); err != nil {
		t.Error(err)
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 999499: "999 kB",
		999500: "1.0 MB", 300e6: "300 MB", 1.2e9: "1.2 GB", 1 << 60: "1.2 EB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
