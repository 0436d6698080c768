package verbs

import (
	"fmt"
	"strings"
)

// HelpText is all there is to say about the verb, for people: in the shell, and behind
// `sregistry-shell help`.
func (v *Verb) HelpText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n", v.Usage(), v.Summary, v.Help)
	section := func(title string, params []Param) {
		if len(params) == 0 {
			return
		}
		b.WriteString("\n" + title + ":\n")
		wide := 0
		for _, p := range params {
			wide = max(wide, len(p.Name))
		}
		for _, p := range params {
			about := p.Help
			if p.Inverted {
				about += " (default true)"
			}
			fmt.Fprintf(&b, "  %-*s  %s\n", wide, p.Name, about)
		}
	}
	section("Arguments", v.Arguments())
	section("Options", v.Options())
	if v.Item != "" {
		fmt.Fprintf(&b, "\nA list does many at once: %s({ item, ... } [, options]); an item is %s.\n", v.Written(), v.Item)
	}
	fmt.Fprintf(&b, "\nReturns %s.\n\nExamples:\n", v.Returns)
	for _, example := range v.Examples {
		b.WriteString("  " + example + "\n")
	}
	return b.String()
}
