package client

import (
	"testing"
	"time"
)

func TestParseAge(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "15m": 15 * time.Minute, "12h": 12 * time.Hour, "30d": 30 * day, "2w": 14 * day,
		"0": 0, "90": 90 * time.Second, "1.5h": 90 * time.Minute, "36500d": 36500 * day,
	} {
		if got, err := ParseAge(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "-1", "-1h", "nan", "NaN", "nanh", "inf", "1e300", "106751d", "1y", "1 h", "h1", "1hm"} {
		if got, err := ParseAge(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
