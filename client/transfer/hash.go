// Package transfer moves the bytes of images: what is read, hashed and written, and where files
// are kept until they are whole. It promises that a file appears under its name only when it is
// complete and checked, and that memory stays constant. It never knows an image's name and never
// asks a server by itself.
//
// It is tested with files on disk and readers that fail.
package transfer

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
	"sync"
)

// Digests hashes what is written to it, both ways at once. A Digests must be made by NewDigests.
type Digests struct {
	md5, sha256 hash.Hash
	size        int64
}

// NewDigests is a Digests of nothing yet.
func NewDigests() *Digests { return &Digests{md5: md5.New(), sha256: sha256.New()} }

// Write never fails.
func (d *Digests) Write(p []byte) (int, error) {
	d.md5.Write(p)
	d.sha256.Write(p)
	d.size += int64(len(p))
	return len(p), nil
}

// Sum is what was written, in short.
func (d *Digests) Sum() Sum {
	return Sum{hex.EncodeToString(d.md5.Sum(nil)), hex.EncodeToString(d.sha256.Sum(nil)), d.size}
}

// Sum identifies bytes: lower-case hex digests and the size in bytes.
type Sum struct {
	MD5, SHA256 string
	Size        int64
}

// chunk is how much is read at once: large enough that hashing is the bound.
const chunk = 1 << 20

// chunks are used again: for a thousand small files, making them would cost more than hashing.
var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// HashFile reads a file of the given size from its beginning and sums it; add is told of each
// piece. It stops when the context ends. Memory: one chunk.
func HashFile(ctx context.Context, f *os.File, size int64, add func(int64)) (Sum, error) {
	d := NewDigests()
	_, err := Copy(ctx, d, io.NewSectionReader(f, 0, size), add)
	return d.Sum(), err
}

// Copy copies until the end of r, tells add of each piece, and stops when the context ends. It
// returns how much was written.
func Copy(ctx context.Context, w io.Writer, r io.Reader, add func(int64)) (int64, error) {
	var done int64
	whole := chunks.Get().(*[chunk]byte)
	defer chunks.Put(whole)
	buf := whole[:]
	for {
		if ctx.Err() != nil {
			return done, context.Cause(ctx)
		}
		n, err := r.Read(buf)
		if n > 0 {
			m, werr := w.Write(buf[:n])
			done += int64(m)
			add(int64(m))
			if werr != nil {
				return done, werr
			}
		}
		if err == io.EOF {
			return done, nil
		}
		if err != nil {
			return done, err
		}
	}
}
