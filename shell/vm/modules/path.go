package modules

import (
	"path/filepath"
	"regexp"
	"strings"
)

var pathModule = Module{
	Name:    "path",
	Summary: "take names of files apart and put them together; no file is looked at",
	Funcs: []Func{
		{Name: "join", Params: "part, ...", Help: "the parts with slashes between them", run: pathJoin,
			Examples: []string{`assert(path.join("images", "ubuntu.sif") == "images/ubuntu.sif")`}},
		{Name: "base", Params: "path", Help: "the last part", run: onPath(filepath.Base),
			Examples: []string{`assert(path.base("images/ubuntu.sif") == "ubuntu.sif")`}},
		{Name: "dir", Params: "path", Help: "all but the last part; . when there is only one", run: onPath(filepath.Dir),
			Examples: []string{`assert(path.dir("images/ubuntu.sif") == "images")`}},
		{Name: "ext", Params: "path", Help: "the extension with its dot; empty when there is none", run: onPath(extension),
			Examples: []string{`assert(path.ext("images/ubuntu.sif") == ".sif")`}},
		{Name: "stem", Params: "path", Help: "the last part without its extension", run: onPath(stem),
			Examples: []string{`assert(path.stem("images/ubuntu.sif") == "ubuntu")`}},
		{Name: "match", Params: "path, pattern", run: pathMatch,
			Help:     "whether all of it matches: * is any characters, slashes too, ? is one, [a-z] one of these; a [ without its ]\nis an error (invalid): by itself it is written [[]",
			Examples: []string{`assert(path.match("lab/tools/x:v2", "lab/*:v?"))`}},
		{Name: "abs", Params: "path", Help: "the path from the root of the file system", run: pathAbs},
	},
}

func onPath(f func(string) string) func(*call) (any, error) {
	return func(c *call) (any, error) { return f(c.str(1, "path")), nil }
}

// extension leaves a name that begins with its only dot, such as .bashrc, without one.
func extension(p string) string {
	base := filepath.Base(p)
	if i := strings.LastIndexByte(base, '.'); i > 0 {
		return base[i:]
	}
	return ""
}

func stem(p string) string {
	return strings.TrimSuffix(filepath.Base(p), extension(p))
}

func pathJoin(c *call) (any, error) {
	parts := []string{c.str(1, "part")}
	for i := 2; i <= c.L.GetTop(); i++ {
		parts = append(parts, c.str(i, "part"))
	}
	return filepath.Join(parts...), nil
}

func pathMatch(c *call) (any, error) {
	pattern := c.str(2, "pattern")
	wild, ok := wildcards(pattern)
	expression, err := regexp.Compile(wild)
	if !ok || err != nil {
		return nil, c.invalid("%q is no pattern: a set is written [a-z], and a [ by itself [[]", pattern)
	}
	return expression.MatchString(c.str(1, "path")), nil
}

// wildcards is a pattern as a regular expression, which Go matches in linear time; false when a set
// is empty or has no end.
func wildcards(pattern string) (string, bool) {
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for i := 0; i < len(pattern); i++ {
		switch end := strings.IndexByte(pattern[i:], ']'); {
		case pattern[i] == '*':
			b.WriteString(`.*`)
		case pattern[i] == '?':
			b.WriteString(`.`)
		case pattern[i] == '[' && end <= 1:
			return "", false
		case pattern[i] == '[':
			set := pattern[i+1 : i+end]
			negated := strings.TrimLeft(set, "!^")
			b.WriteString(`[`)
			if negated != set {
				b.WriteString(`^`)
			}
			b.WriteString(strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`).Replace(negated) + `]`)
			i += end
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	return b.String() + `$`, true
}

func pathAbs(c *call) (any, error) {
	p := c.str(1, "path")
	abs, err := filepath.Abs(p)
	return abs, c.about(p, err)
}
