package client

import "testing"

func TestParseRate(t *testing.T) {
	for text, want := range map[string]int64{
		"50M": 50 << 20, "50MiB/s": 50 << 20, "50MB/s": 50_000_000, "1.5g": 3 << 29, "800K": 800 << 10,
		"1T": 1 << 40, "1000": 1000, "1000B/s": 1000, "10k/s": 10 << 10,
		"": -1, "0": -1, "-1M": -1, "M": -1, "fast": -1, "5X": -1, "1e40": -1, "NaN": -1, "0.4": -1, "50M/h": -1, "2000000T": -1,
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

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"64M": 64 << 20, "64m": 64 << 20, "64MiB": 64 << 20, " 1.5 GiB ": 3 << 29, "500 MB": 500_000_000, "1kB": 1000, "1K": 1024,
		"5000000": 5_000_000, "7B": 7, "0": 0, "2T": 2 << 40,
		"": -1, "-1": -1, "M": -1, "64Mx": -1, "64X": -1, "1.2.3": -1, "0x10": -1, "1e40": -1, "9E": -1, "NaN": -1, "Inf": -1, "64M/s": -1,
	} {
		got, err := ParseSize(text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"", "5", "1.5 GiB", "64M", "9e99", ".", "1e5k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseSize(s); err == nil && n < 0 {
			t.Errorf("%q is %d", s, n)
		}
	})
}
