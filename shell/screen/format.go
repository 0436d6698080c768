package screen

import (
	"fmt"
	"time"
)

// Size is a number of bytes for a person, in powers of 1000 as sregistry and storage vendors
// count: "512 B", "1.2 MB", "53.4 GB". A negative number is one that nobody knows: "?".
func Size(n int64) string {
	if n < 0 {
		return "?"
	}
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n), 0
	for value >= 999.95 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}

var units = []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}

// clockTime is a duration as minutes and seconds: 0:07, 12:30, 1:02:03.
func clockTime(d time.Duration) string {
	seconds := int64(d.Round(time.Second) / time.Second)
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// date is a time for a person, in the zone of the screen; empty for one that is unknown.
func (s *Screen) date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.opts.Zone).Format("2006-01-02 15:04")
}
