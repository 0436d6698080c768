package client

import "testing"

func TestParseRate(t *testing.T) {
	for text, want := range map[string]int64{
		"50M": 50 << 20, "50MiB/s": 50 << 20, "50MB/s": 50 << 20, "1.5g": 3 << 29, "800K": 800 << 10,
		"1T": 1 << 40, "1000": 1000, "1000B/s": 1000, "10k/s": 10 << 10,
		"": -1, "0": -1, "-1M": -1, "M": -1, "fast": -1, "5X": -1, "1e40": -1, "NaN": -1, "0.5": -1, "2000000T": -1,
	} {
		got, err := ParseRate(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
}
