package imagefile

import (
	"bytes"
	"errors"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile/imagefiletest"
)

// FuzzSIF writes over a SIF from a place on. Whatever that does to it, Inspect says what it is or why
// not.
func FuzzSIF(f *testing.F) {
	sound := imagefiletest.SIF(f, imagefiletest.Options{Bare: true, Sign: imagefiletest.Key(), System: squashImage(f, "gzip")})
	f.Add(uint16(0), []byte("#!/usr/bin/env run-singularity\n\x00SIF_MAGIC\x0001\x0002\x00"))
	for _, at := range []uint16{80, 88, 96, 104} { // the counts
		f.Add(at, bytes.Repeat([]byte{0xff}, 8))
		f.Add(at, []byte{0, 0, 0, 0, 0, 1, 0, 0})
	}
	for _, at := range []uint16{4096, 4100, 4117, 4125, 4133, 4681} { // of the descriptors
		f.Add(at, bytes.Repeat([]byte{0x7f}, 16))
	}
	f.Fuzz(func(t *testing.T, at uint16, b []byte) {
		image := bytes.Clone(sound)
		if int(at) < len(image) {
			copy(image[at:], b)
		}
		survives(t, image)
	})
}

// FuzzSquashfs does the same to the file systems.
func FuzzSquashfs(f *testing.F) {
	var sound [][]byte
	for _, name := range []string{"gzip", "xz", "zstd", "stored"} {
		sound = append(sound, squashImage(f, name))
	}
	for at := range uint16(96) { // the superblock
		f.Add(uint8(at), at, []byte{0xff, 0xff, 0xff})
	}
	// The inode table of the one that is not compressed: sizes of everything.
	for at := len(sound[3]) - 700; at < len(sound[3]); at += 3 {
		f.Add(uint8(3), uint16(at), []byte{0xff, 0xff, 0xff, 0x7f})
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint16, b []byte) {
		image := bytes.Clone(sound[int(which)%len(sound)])
		if int(at) < len(image) {
			copy(image[at:], b)
		}
		survives(t, image)
	})
}

func survives(t *testing.T, image []byte) {
	info, err := Inspect(bytes.NewReader(image), int64(len(image)))
	var bad *DamagedError
	if err != nil && !errors.As(err, &bad) && !errors.Is(err, ErrNoImage) {
		t.Fatalf("%v", err)
	}
	if len(info.Deffile) > maxText || len(info.Runscript) > maxText {
		t.Fatal("it holds more than it may")
	}
	Identify(bytes.NewReader(image), int64(len(image)))
}
