package modules

import (
	"fmt"
	"time"
)

// Bytes writes a number of bytes for a person, in units of 1024: "29.3 MiB".
func Bytes(n int64) string {
	if n < 1024 && n > -1024 {
		return fmt.Sprintf("%d B", n)
	}
	x, unit := float64(n), ""
	for _, unit = range []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"} {
		x /= 1024
		if x < 999.95 && x > -999.95 {
			break
		}
	}
	return fmt.Sprintf("%.1f %s", x, unit)
}

// Age writes how long ago something was, in its largest unit: "3 days".
func Age(d time.Duration) string {
	for _, u := range []struct {
		name string
		size time.Duration
	}{
		{"year", 365 * 24 * time.Hour}, {"month", 30 * 24 * time.Hour}, {"day", 24 * time.Hour},
		{"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second},
	} {
		if n := int64(d / u.size); n == 1 {
			return "1 " + u.name
		} else if n > 1 {
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return "now"
}
