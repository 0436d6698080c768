package client

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseRate reads a number of bytes a second as people write it: "50M", "1.5G/s", "800KiB/s",
// "2MB/s". K, M, G and T are powers of 1024, as rclone has them.
func ParseRate(text string) (int64, error) {
	s := strings.ToUpper(text)
	for _, tail := range []string{"/S", "B", "I"} {
		s = strings.TrimSuffix(s, tail)
	}
	unit := 1.0
	if n := len(s); n > 0 {
		if power := strings.IndexByte("KMGT", s[n-1]); power >= 0 {
			unit, s = float64(int64(1024)<<(10*power)), s[:n-1]
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if n *= unit; err != nil || !(n >= 1 && n < 1<<60) {
		return 0, fmt.Errorf("%q is no number of bytes a second; it is written 50M, 1.5G or 800K", text)
	}
	return int64(n), nil
}
