package client

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseSize reads a number of bytes as people write it: "64M", "1.5 GiB", "500 MB" or "5000000". K, M,
// G, T and KiB, MiB, GiB, TiB are powers of 1024, as rclone has them; kB, MB, GB, TB powers of 1000.
func ParseSize(text string) (int64, error) {
	number := strings.TrimSpace(text)
	unit := ""
	if i := strings.IndexFunc(number, func(r rune) bool { return (r < '0' || r > '9') && r != '.' }); i >= 0 {
		number, unit = number[:i], strings.TrimSpace(number[i:])
	}
	n, err := strconv.ParseFloat(number, 64)
	factor, ok := sizeFactor(strings.ToLower(unit))
	n = math.Round(n * factor)
	switch {
	case err != nil || !ok:
		return 0, fmt.Errorf("%q is no size; it is written 64M, 1.5 GiB or 5000000", text)
	case !(n < 1<<63):
		return 0, fmt.Errorf("%q is too large for a size", text)
	}
	return int64(n), nil
}

func sizeFactor(unit string) (float64, bool) {
	if unit == "" || unit == "b" {
		return 1, true
	}
	power := strings.IndexByte("kmgtpe", unit[0]) + 1
	if power == 0 {
		return 0, false
	}
	switch unit[1:] {
	case "b":
		return math.Pow(1000, float64(power)), true
	case "", "i", "ib":
		return math.Pow(1024, float64(power)), true
	}
	return 0, false
}

// ParseRate reads a number of bytes a second, a size that may end in "/s": "50M", "1.5G/s".
func ParseRate(text string) (int64, error) {
	size := strings.TrimSuffix(strings.TrimSuffix(text, "/s"), "/S")
	n, err := ParseSize(size)
	if err != nil || n < 1 || n >= 1<<60 {
		return 0, fmt.Errorf("%q is no number of bytes a second; it is written 50M, 1.5G or 800K", text)
	}
	return n, nil
}
