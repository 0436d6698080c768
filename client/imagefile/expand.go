package imagefile

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// expander undoes the compression of one block, which may become at most so many bytes.
type expander func(b []byte, most int) ([]byte, error)

// maxWindow is how far back a block of xz or zstd may refer: a squashfs block has at most a MiB, but
// tools round up.
const maxWindow = 8 << 20

// expanderFor knows the compressions that mksquashfs offers and images use: gzip by default, xz and
// zstd by choice. The others are a problem, and no damage.
func expanderFor(compression uint16) (expander, error) {
	switch compression {
	case 1:
		return func(b []byte, most int) ([]byte, error) {
			r, err := zlib.NewReader(bytes.NewReader(b))
			if err != nil {
				return nil, err
			}
			return bounded(r, most)
		}, nil
	case 4:
		return func(b []byte, most int) ([]byte, error) {
			r, err := xz.NewReader(bytes.NewReader(b), maxWindow)
			if err != nil {
				return nil, err
			}
			return bounded(r, most)
		}, nil
	case 6:
		return func(b []byte, most int) ([]byte, error) {
			r, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
			if err != nil {
				return nil, err
			}
			defer r.Close()
			return bounded(r, most)
		}, nil
	}
	called, ok := map[uint16]string{2: "lzma", 3: "lzo", 5: "lz4"}[compression]
	if !ok {
		return nil, damaged("its squashfs is compressed by number %d, which nothing is", compression)
	}
	return nil, &problem{fmt.Errorf("its squashfs is compressed by %s, which is not read", called)}
}

// bounded is all that r gives, unless that is more than allowed.
func bounded(r io.Reader, most int) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err == nil && len(out) > most {
		err = fmt.Errorf("it is more than %d bytes", most)
	}
	return out, err
}
