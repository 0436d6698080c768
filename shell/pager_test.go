//go:build linux

package shell

import (
	"slices"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

func TestPager(t *testing.T) {
	// It shows that it was used, and reads the keyboard like a real one.
	s := sit(t, func(_ *Config, env map[string]string) {
		env["PAGER"] = "head -n 2; echo waits; read key </dev/stderr; echo left by $key"
	})
	s.want(`"short"`, `"short"`)
	for _, long := range []string{
		`t = {} for i = 1, 30 do t[i] = ("x"):rep(40) end return t`, `help()`, `?`, `1, ("x"):rep(3000)`,
	} {
		s.begin(long)
		s.expect("waits") // the terminal is the pager's by now
		s.types("q\r")
		if got := s.answer(); !strings.HasSuffix(got, "left by q") {
			t.Errorf("%s: %q", long, got)
		}
	}
	// What fits is written at once, and so is what a program prints.
	if got := s.enter(`for i = 1, 30 do print(i) end`); !strings.HasSuffix(got, "30") {
		t.Errorf("%q", got)
	}
	if got := s.enter(`help(tasks)`); !strings.HasPrefix(got, "tasks()") {
		t.Errorf("%q", got)
	}
	s.types("\x04")
	s.leaves(0)
}

// TestHelpFitsTheTerminal asks for help on a terminal of 80 columns: lines end between words.
func TestHelpFitsTheTerminal(t *testing.T) {
	s := sit(t, nil)
	whole, _ := vm.Help("push")
	shown := s.enter(`help(client.push)`)
	for line := range strings.Lines(shown) {
		if code := strings.HasPrefix(line, "  client."); len(strings.TrimRight(line, "\r\n")) > 80 && !code {
			t.Errorf("too long: %q", line)
		}
	}
	if got, want := strings.Fields(shown), strings.Fields(whole); !slices.Equal(got, want) {
		t.Errorf("%q", shown)
	}
	s.types("\x04")
	s.leaves(0)
}

func TestWithoutPager(t *testing.T) {
	for _, pager := range []string{"", "no-such-program-anywhere"} {
		s := sit(t, func(_ *Config, env map[string]string) { env["PAGER"] = pager })
		got := s.enter(`t = {} for i = 1, 30 do t[i] = ("x"):rep(40) end return t`)
		if !strings.HasSuffix(got, "}") || (pager != "") != strings.Contains(got, "not found") {
			t.Errorf("%q: %q", pager, got)
		}
		s.want("1", "1")
		s.types("\x04")
		s.leaves(0)
	}
}
