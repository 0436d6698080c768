package modules

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// fsSHA256 reads the whole file, and stops when the call is cancelled.
func fsSHA256(c *call) (any, error) {
	p := c.str(1, "path")
	f, err := os.Open(p)
	if err != nil {
		return nil, c.about(p, err)
	}
	defer f.Close()
	size := int64(1 << 20)
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = min(size, info.Size()+1) // ten thousand small files make no garbage of ten gigabytes
	}
	h := sha256.New()
	if _, err := io.CopyBuffer(h, &stoppable{c.ctx(), f}, make([]byte, size)); err != nil {
		return nil, c.about(p, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// stoppable is a reader that fails when its context ends.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return s.r.Read(p)
}
