// Package imagefile knows what an image file is, by its content, through any io.ReaderAt: a file,
// or an object in storage of which only the parts that are asked for move. It never trusts a file's
// name, never writes, and never believes a number in a file before it has been checked: an image may
// come from anybody, and looking at one must neither end the program nor fill the memory.
//
// It is tested with images that sylabs/sif and mksquashfs made, with damaged ones, and by fuzzing.
package imagefile

import (
	"bytes"
	"errors"
	"io"
)

// Format is a kind of image file.
type Format string

// The formats that Singularity and Apptainer have used.
const (
	SIF      Format = "sif"      // Singularity Image Format
	Squashfs Format = "squashfs" // a bare squashfs
	Simg     Format = "simg"     // a squashfs behind the launch line of Singularity 2
	Ext3     Format = "ext3"     // an ext3 file system, bare or behind a launch line
	Unknown  Format = ""
)

// Extension is what sregistry-cli called files of the format, without the dot: of Unknown sif.
func (f Format) Extension() string {
	switch f {
	case Squashfs, Simg:
		return "simg"
	case Ext3:
		return "img"
	}
	return "sif"
}

// head is how much of a file tells its format: the ext3 magic stands at 1080.
const head = 2048

var launch = []byte(" run-singularity\n")

// Detect tells the format of a file by its first bytes. An error is one of reading.
func Detect(r io.ReaderAt) (Format, error) {
	format, _, err := detect(r)
	return format, err
}

// detect also tells where the file system begins: behind the launch line, if there is one.
func detect(r io.ReaderAt) (format Format, begin int64, err error) {
	b := make([]byte, head)
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Unknown, 0, err
	}
	b = b[:n]
	at := func(off int, magic string) bool {
		return len(b) >= off+len(magic) && string(b[off:off+len(magic)]) == magic
	}
	if at(32, "SIF_MAGIC\x00") {
		return SIF, 0, nil
	}
	line := bytes.IndexByte(b, '\n') + 1
	if !bytes.HasPrefix(b, []byte("#!")) || !bytes.HasSuffix(b[:line], launch) {
		line = 0
	}
	switch {
	case at(line, "hsqs") && line == 0:
		return Squashfs, 0, nil
	case at(line, "hsqs"):
		return Simg, int64(line), nil
	case at(line+1080, "\x53\xef"):
		return Ext3, int64(line), nil
	}
	return Unknown, 0, nil
}
