package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// licensesText is every licence under which something that is linked into the program comes. It is
// made by the test that compares it with the modules.
//
//go:embed licenses.txt
var licensesText string

// licensesCommand prints what the authors of the parts ask every copy of the binary to say.
func (a *app) licensesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "licenses",
		Short: "Print the licences of everything that is linked into this program",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Errorf("licenses takes no argument, and there is %q", args[0]))
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			out := licensesText
			if a.out().JSON() {
				var err error
				if out, err = licensesJSON(); err != nil {
					return err
				}
			}
			_, err := io.WriteString(a.out().Stdout(), out)
			return err
		},
	}
}

// licensesRule is the line before each part of the text.
const licensesRule = "=================================================================="

// licensesJSON is the text as one value a line: module, version, license (its SPDX names) and text.
func licensesJSON() (string, error) {
	var b strings.Builder
	for _, part := range strings.Split(licensesText, licensesRule+"\n")[1:] {
		head, text, _ := strings.Cut(part, "\n")
		module, rest, _ := strings.Cut(head, " ")
		version, license, _ := strings.Cut(rest, " ")
		line, err := json.Marshal(map[string]string{
			"module": module, "version": version, "license": strings.Trim(license, "()"), "text": strings.TrimSpace(text),
		})
		if err != nil {
			return "", err
		}
		b.Write(append(line, '\n'))
	}
	return b.String(), nil
}
