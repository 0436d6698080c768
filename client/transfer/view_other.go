//go:build !linux

package transfer

import (
	"context"
	"os"
)

// view does nothing: everything is read.
func view(context.Context, *os.File, int64, int64, *Verifier) int64 { return 0 }
