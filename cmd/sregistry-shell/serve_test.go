package main

import (
	"strings"
	"testing"
)

func TestServeWarnsWhoIsExposed(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:8080", "[::1]:8080"} {
		if got := exposed(addr); got != "" {
			t.Errorf("%s: %s", addr, got)
		}
	}
	for _, addr := range []string{"0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080"} {
		if got := exposed(addr); !strings.Contains(got, "anybody who reaches "+addr) {
			t.Errorf("%s: %q", addr, got)
		}
	}
}
