package modules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const usageText = `Does a thing

usage: sregistry-shell run thing.lua DIR [COLLECTION] [--keep N] [--delete]

  --keep N          how many
  --older AGE       how old
  --above SIZE      how large
  --match PATTERN   which
  --delete          remove the rest
`

func TestUsage(t *testing.T) {
	for line, want := range map[string]map[string]any{
		"d":                        {"dir": "d", "delete": false},
		"d c --delete":             {"dir": "d", "collection": "c", "delete": true},
		"--keep 3 d":               {"dir": "d", "keep": 3.0, "delete": false},
		"--keep=3 --older=1d12h d": {"dir": "d", "keep": 3.0, "older": 129600.0, "delete": false},
		"d --above 2KiB":           {"dir": "d", "above": 2048.0, "delete": false},
		"d --match a*=b":           {"dir": "d", "match": "a*=b", "delete": false},
		"--match=a=b -- --delete":  {"dir": "--delete", "match": "a=b", "delete": false},
		"-":                        {"dir": "-", "delete": false},
	} {
		u, err := parseUsage(usageText)
		if err != nil {
			t.Fatal(err)
		}
		g, err := u.read(strings.Fields(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if diff := cmp.Diff(want, g.values); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
	for line, want := range map[string]string{
		"":              "DIR is missing",
		"d c e":         `"e" is one argument too many`,
		"d --delte":     `unknown option --delte (did you mean "--delete"?)`,
		"d -delete":     `unknown option -delete (did you mean "--delete"?)`,
		"d --delete=1":  "--delete takes no value",
		"d --keep":      "--keep needs a value: --keep N",
		"d --keep -1":   "--keep -1: it must be a whole number",
		"d --keep many": "--keep many: it must be a whole number",
		"d --older 5x":  `--older 5x: unknown unit "x"`,
		"d --above x":   `--above x: "x" is no size; it is written 64M, 1.5 GiB or 5000000`,
	} {
		u, err := parseUsage(usageText)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = u.read(strings.Fields(line)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", line, err, want)
		}
	}
}

func TestUsageSwitches(t *testing.T) {
	u, err := parseUsage("usage: x [FILE...]")
	if err != nil {
		t.Fatal(err)
	}
	g, err := u.read([]string{"a", "--json", "b", "--dry-run"})
	if err != nil || !g.json || !g.dryRun || g.help {
		t.Errorf("%+v, %v", g, err)
	}
	if diff := cmp.Diff(map[string]any{"file": []string{"a", "b"}}, g.values); diff != "" {
		t.Error(diff)
	}
	if g, err := u.read([]string{"--nonsense", "-h"}); err != nil || !g.help {
		t.Errorf("help beside nonsense: %+v, %v", g, err)
	}
}

func TestUsageOptionThatMustBe(t *testing.T) {
	u, err := parseUsage("usage: x DIR --keep N [FILE]\n  --keep N  how many\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.read([]string{"d"}); err == nil || err.Error() != "--keep N is missing" {
		t.Error(err)
	}
	g, err := u.read([]string{"d", "f", "--keep", "2"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"dir": "d", "file": "f", "keep": 2.0}, g.values); diff != "" {
		t.Error(diff)
	}
}

func TestUsageThatMakesNoSense(t *testing.T) {
	for _, text := range []string{"", "no usage here", "usage: x FILE... DIR", "usage: x [FILE] DIR"} {
		if _, err := parseUsage(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestHeader(t *testing.T) {
	if got := header("#!/usr/bin/env x\n-- Does\n--\n-- usage: x\n\n-- more\n"); got != "Does\n\nusage: x\n" {
		t.Errorf("%q", got)
	}
}

func FuzzUsage(f *testing.F) {
	f.Add(usageText, "d c --keep 3")
	f.Add("usage: [", "--=")
	f.Fuzz(func(_ *testing.T, text, line string) {
		if u, err := parseUsage(text); err == nil {
			u.read(strings.Fields(line))
		}
	})
}
