//go:build !linux

package memory

import "math"

// left is how many bytes the process can still take. What the system would leave is not known here;
// this is little enough for any machine of today.
func left() int64 { return 8 << 30 }

// space is how many bytes of address space are left; no limit of it is known here.
func space() int64 { return math.MaxInt64 }
