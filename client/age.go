package client

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseAge reads a duration as people write it: "90s", "15m", "12h", "30d", "2w". A bare number
// is seconds.
func ParseAge(text string) (time.Duration, error) {
	units := map[string]time.Duration{
		"": time.Second, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}
	number := strings.TrimRight(text, "smhdw")
	n, err := strconv.ParseFloat(number, 64)
	unit, ok := units[text[len(number):]]
	if err != nil || !ok || !(n >= 0) || n*float64(unit) > float64(1<<62) {
		return 0, fmt.Errorf("%q is no duration; it is written 90s, 15m, 12h, 30d or 2w", text)
	}
	return time.Duration(n * float64(unit)), nil
}
