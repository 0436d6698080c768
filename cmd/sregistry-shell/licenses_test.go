package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLicenses fails when licenses.txt is not what the modules of the program say, for all systems
// it is built for, or when one of them comes under terms that nobody has looked at.
func TestLicenses(t *testing.T) {
	want := licensesOf(t)
	if *update {
		if err := os.WriteFile("licenses.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != licensesText {
		t.Error("licenses.txt has drifted; go test ./cmd/sregistry-shell -run TestLicenses -update")
	}
}

func licensesOf(t *testing.T) string {
	t.Helper()
	modules := map[string]string{} // "path version" to folder
	for _, target := range []string{"linux/amd64", "linux/arm64", "darwin/arm64"} {
		system, arch, _ := strings.Cut(target, "/")
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if .Version}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", ".")
		list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch)
		out, err := list.Output()
		if err != nil {
			t.Fatalf("%v: %v", list, err)
		}
		for line := range strings.Lines(string(out)) {
			if module, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				modules[module] = dir
			}
		}
	}
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		t.Fatal(err)
	}
	root, _, _ := strings.Cut(string(out), "\n")
	modules["go stdlib"] = root
	if len(modules) < 10 {
		t.Fatalf("the program has %d modules", len(modules))
	}

	names := make([]string, 0, len(modules))
	for m := range modules {
		names = append(names, m)
	}
	slices.Sort(names)
	var list, all strings.Builder
	list.WriteString("sregistry-shell comes under the MIT license, and holds code of these modules:\n\n")
	for _, m := range names {
		text, kinds := licenseIn(t, m, modules[m])
		fmt.Fprintf(&list, "  %s (%s)\n", m, kinds)
		fmt.Fprintf(&all, "\n%s\n%s (%s)\n\n%s", licensesRule, m, kinds, text)
	}
	return list.String() + all.String()
}

var licenseFile = regexp.MustCompile(`(?i)^(licen[sc]e|copying|copyright|notice)`)

// licenseIn is the text of a module's licence files, and how they are called.
func licenseIn(t *testing.T, module, dir string) (text, kinds string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if e.IsDir() || !licenseFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		content := strings.ReplaceAll(read(t, filepath.Join(dir, e.Name())), "\r", "")
		if strings.HasSuffix(e.Name(), "LOGO") {
			continue // of a picture, which no binary holds
		}
		kind := kindOf(content)
		if kind == "" {
			t.Errorf("%s: nobody has looked at the terms in %s: may they be linked, and what do they ask for?", module, e.Name())
		}
		if !slices.Contains(found, kind) {
			found = append(found, kind)
		}
		text += strings.Trim(content, "\n") + "\n"
	}
	if len(found) == 0 {
		t.Errorf("%s has no licence", module)
	}
	return text, strings.Join(found, " and ")
}

// kindOf is the SPDX name of the terms that a static binary may be linked with and that ask for no
// more than to be printed; empty for others.
func kindOf(text string) string {
	words := strings.Join(strings.Fields(text), " ")
	for _, never := range []string{"GENERAL PUBLIC LICENSE", "Mozilla Public License", "Eclipse Public License", "COMMON DEVELOPMENT"} {
		if strings.Contains(words, never) {
			return ""
		}
	}
	switch {
	case strings.Contains(words, "Apache License") && strings.Contains(words, "Version 2.0"):
		return "Apache-2.0"
	case strings.Contains(words, "Permission is hereby granted, free of charge"):
		return "MIT"
	case strings.HasPrefix(words, "Creative Commons CC0 1.0 Universal"):
		return "CC0-1.0"
	case strings.Contains(words, "Redistribution and use in source and binary forms") && strings.Contains(words, "Neither the name"):
		return "BSD-3-Clause"
	case strings.Contains(words, "Redistribution and use in source and binary forms"):
		return "BSD-2-Clause"
	}
	return ""
}
