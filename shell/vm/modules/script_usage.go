package modules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/nearest"
)

// usage is what the usage text of a script declares.
type usage struct {
	help      string
	arguments []argument
	options   []option
}

type argument struct {
	word         string // COLLECTION
	must, repeat bool
}

type option struct {
	name string // delete, of --delete
	kind string // the word for its value: N, AGE, SIZE or any other; empty for a switch
	must bool   // it stands in the usage line without brackets
}

// given is a command line as read.
type given struct {
	values             map[string]any
	help, json, dryRun bool
}

// header is the comment that a script begins with, without the dashes.
func header(source string) string {
	var b strings.Builder
	for i, line := range strings.Split(source, "\n") {
		if i == 0 && strings.HasPrefix(line, "#!") {
			continue
		}
		text, comment := strings.CutPrefix(line, "--")
		if !comment {
			break
		}
		b.WriteString(strings.TrimPrefix(text, " ") + "\n")
	}
	return b.String()
}

var (
	argumentWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\[?)([A-Z][A-Z0-9_-]*)\]?(\.\.\.)?\]?$`) })
	optionLine   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s+--([a-z][a-z0-9-]*)(?: ([A-Z][A-Z0-9_-]*))?(?:  |$)`)
	})
)

// parseUsage reads a usage text.
func parseUsage(text string) (*usage, error) {
	u := &usage{help: text}
	found, must := false, map[string]bool{}
	for line := range strings.SplitSeq(text, "\n") {
		if rest, is := strings.CutPrefix(line, "usage:"); is && !found {
			found = true
			u.declare(rest, must)
		} else if m := optionLine().FindStringSubmatch(line); m != nil {
			u.options = append(u.options, option{m[1], m[2], must[m[1]]})
		}
	}
	if !found {
		return nil, fmt.Errorf(`the script must begin with a comment that has a line "usage: NAME ARGUMENT..."`)
	}
	for i, a := range u.arguments {
		if i+1 < len(u.arguments) && (a.repeat || !a.must && u.arguments[i+1].must) {
			return nil, fmt.Errorf("usage: nothing can follow %s", a.word)
		}
	}
	return u, nil
}

// declare reads the words behind "usage:". An option there is for the reader, but one that is not
// in brackets must be given. A word behind an option is its value.
func (u *usage) declare(words string, must map[string]bool) {
	behind := ""
	for word := range strings.FieldsSeq(words) {
		name, isOption := strings.CutPrefix(strings.TrimPrefix(word, "["), "--")
		m := argumentWord().FindStringSubmatch(word)
		switch {
		case isOption && !strings.HasPrefix(word, "["):
			must[name] = true
		case m != nil && !strings.HasPrefix(strings.TrimPrefix(behind, "["), "--"):
			u.arguments = append(u.arguments, argument{m[2], m[1] == "", m[3] != ""})
		}
		behind = word
	}
}

// text is the help, with the options that every script has.
func (u *usage) text() string {
	return strings.TrimRight(u.help, "\n") + `

  --dry-run        say what would be written, and write nothing
  --json           results and errors as JSON, one value a line
  --help           this text
`
}

// read reads a command line.
func (u *usage) read(words []string) (*given, error) {
	g := &given{values: map[string]any{}}
	var plain []string
	for _, o := range u.options {
		if o.kind == "" {
			g.values[key(o.name)] = false
		}
	}
	for _, word := range words {
		if word == "--" {
			break
		}
		if word == "--help" || word == "-h" {
			g.help = true
			return g, nil
		}
	}
	for i := 0; i < len(words); i++ {
		switch word := words[i]; {
		case word == "--":
			plain = append(plain, words[i+1:]...)
			i = len(words)
		case word == "--json":
			g.json = true
		case word == "--dry-run":
			g.dryRun = true
		case strings.HasPrefix(word, "-") && word != "-":
			taken, err := u.readOption(g, word, words[i+1:])
			if err != nil {
				return nil, err
			}
			i += taken
		default:
			plain = append(plain, word)
		}
	}
	for _, o := range u.options {
		if _, is := g.values[key(o.name)]; o.must && !is {
			return nil, fmt.Errorf("--%s %s is missing", o.name, o.kind)
		}
	}
	return g, u.place(g, plain)
}

// asksJSON tells whether a command line, which may be wrong otherwise, asks for JSON.
func asksJSON(words []string) bool {
	if end := slices.Index(words, "--"); end >= 0 {
		words = words[:end]
	}
	return slices.Contains(words, "--json")
}

// readOption reads one option and tells how many of the words behind it were its value.
func (u *usage) readOption(g *given, word string, behind []string) (int, error) {
	name, text, joined := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	known := []string{"--help", "--json", "--dry-run"}
	for _, o := range u.options {
		known = append(known, "--"+o.name)
		if o.name != name || !strings.HasPrefix(word, "--") {
			continue
		}
		switch {
		case o.kind == "" && joined:
			return 0, fmt.Errorf("--%s takes no value", name)
		case o.kind == "":
			g.values[key(name)] = true
			return 0, nil
		case !joined && len(behind) == 0:
			return 0, fmt.Errorf("--%s needs a value: --%s %s", name, name, o.kind)
		case !joined:
			text = behind[0]
		}
		v, err := o.value(text)
		if err != nil {
			return 0, fmt.Errorf("--%s %s: %w", name, text, err)
		}
		g.values[key(name)] = v
		if joined {
			return 0, nil
		}
		return 1, nil
	}
	return 0, fmt.Errorf("unknown option %s%s", word, didYouMean(nearest.Of("--"+strings.TrimLeft(name, "-"), known)))
}

func (o option) value(text string) (any, error) {
	switch o.kind {
	case "N":
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("it must be a whole number")
		}
		return float64(n), nil
	case "AGE":
		return ParseDuration(text)
	case "SIZE":
		n, err := client.ParseSize(text)
		return float64(n), err
	}
	return text, nil
}

// place gives the plain words to the arguments.
func (u *usage) place(g *given, words []string) error {
	for _, a := range u.arguments {
		if len(words) == 0 && a.must {
			return fmt.Errorf("%s is missing", a.word)
		}
		if a.repeat {
			g.values[key(a.word)] = append([]string{}, words...)
			words = nil
		} else if len(words) > 0 {
			g.values[key(a.word)] = words[0]
			words = words[1:]
		}
	}
	if len(words) > 0 {
		return fmt.Errorf("%q is one argument too many", words[0])
	}
	return nil
}

// key is the name in Lua: DRY-RUN is dry_run.
func key(word string) string { return strings.ReplaceAll(strings.ToLower(word), "-", "_") }
