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
	h := sha256.New()
	if _, err := io.CopyBuffer(h, &stoppable{c.ctx(), f}, make([]byte, 1<<20)); err != nil {
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
