// Package imagefile knows what an image file is, by its content, through any io.ReaderAt. It never
// trusts a file's name and never writes. Tested by a table of headers.
package imagefile

import (
	"bytes"
	"errors"
	"io"
)

// Format is a kind of image file. Its text is the extension that sregistry-cli gave such files.
type Format string

// The formats that Singularity and Apptainer have used.
const (
	SIF     Format = "sif"  // Singularity Image Format
	Squash  Format = "simg" // squashfs, bare or behind a Singularity 2 launch line
	Ext3    Format = "img"  // ext3 file system, bare or behind a launch line
	Unknown Format = ""
)

// head is how much of a file tells its format: the ext3 magic stands at 1080.
const head = 2048

var launch = []byte(" run-singularity\n")

// Detect tells the format of a file by its first bytes. An error is one of reading.
func Detect(r io.ReaderAt) (Format, error) {
	b := make([]byte, head)
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Unknown, err
	}
	b = b[:n]
	at := func(off int, magic string) bool {
		return len(b) >= off+len(magic) && string(b[off:off+len(magic)]) == magic
	}
	if at(32, "SIF_MAGIC\x00") {
		return SIF, nil
	}
	begin := 0
	if line := bytes.IndexByte(b, '\n') + 1; bytes.HasPrefix(b, []byte("#!")) && bytes.HasSuffix(b[:line], launch) {
		begin = line
	}
	switch {
	case at(begin, "hsqs"):
		return Squash, nil
	case at(begin+1080, "\x53\xef"):
		return Ext3, nil
	}
	return Unknown, nil
}
