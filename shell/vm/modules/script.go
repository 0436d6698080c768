package modules

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// Mode is how the running program speaks and acts, which a script's own --json and --dry-run change.
type Mode interface {
	// JSON tells whether results are JSON, one value a line; SetJSON makes them so.
	JSON() bool
	SetJSON()
	// DryRun tells whether what would be written is only said. SetDryRun makes it so; it is an error
	// once a verb has been called, for that one has acted.
	DryRun() bool
	SetDryRun() error
}

var scriptModule = Module{
	Name:    "script",
	Summary: "what a script is told on its command line, and what it tells",
	Funcs: []Func{
		{Name: "options", Params: "[usage, arguments]", run: scriptOptions,
			Help: `the arguments of the script as a table, by the usage text in the comment it begins with. The words
in capitals behind "usage:" are arguments: FILE, [FILE], FILE... for a list. Each line that begins
with an option declares it: "--delete  what it does", "--keep N", "--older AGE", "--above SIZE",
"--match PATTERN"; N, AGE and SIZE give a number (an age in seconds). An option
that stands in the usage line without brackets must be given. "--dry-run" is dry_run in the
table. --help prints the text; --dry-run and --json need no line. A wrong use ends the script with
the status 2. usage and arguments (a list) may be given instead, and then a wrong use is an error`,
			Examples: []string{
				`local o = script.options("usage: x.lua DIR [COLLECTION]\n\n  --keep N  how many\n", { "images", "--keep", "3" })
assert(o.dir == "images" and o.keep == 3 and o.collection == nil)`,
			}},
		{Name: "fail", Params: "code, ...", run: scriptFail,
			Help: `an error as a verb raises one; not caught, it ends the script with the status of its code: invalid (2),
not_found (3), denied (4), unavailable (5), corrupt (6), exists (8), full (9)`,
			Examples: []string{`local ok, err = pcall(script.fail, "not_found", "no image of", "today")
assert(not ok and err.code == "not_found")`}},
		{Name: "result", Params: "value [, text]", run: scriptResult,
			Help:     "a result, on standard output: the text; with --json the value, as one line",
			Examples: []string{`script.result({ name = "lab/a", size = 3 }, "lab/a  3 B")`}},
		{Name: "summary", Params: "value [, text]", run: scriptSummary,
			Help:     "what was done in all: the text as log.info shows it; with --json the value, on standard output",
			Examples: []string{`script.summary({ pushed = 2 }, "2 pushed")`}},
	},
}

func scriptOptions(c *call) (any, error) {
	text, arguments, explicit := "", []string{}, c.has(1)
	if explicit {
		text = c.str(1, "usage")
		c.list(2, "arguments").ForEach(func(_, v lua.LValue) { arguments = append(arguments, value.ToString(c.L, v)) })
	} else {
		text = header(c.host.Source())
		arguments = c.host.Args()
	}
	u, err := parseUsage(text)
	if err != nil {
		return nil, c.invalid("%w", err)
	}
	given, err := u.read(arguments)
	switch {
	case err != nil && explicit:
		return nil, c.invalid("%w", err)
	case err != nil:
		if c.host.Mode.JSON() || asksJSON(arguments) {
			c.host.Mode.SetJSON()
			c.host.Fail(&client.Error{Op: c.script(), Code: client.Invalid, Err: err, Hint: "--help tells more"})
		} else {
			fmt.Fprintf(c.host.Stderr, "%s: %v; --help tells more\n", c.script(), err)
		}
		c.host.Exit(c.L, client.Invalid.ExitStatus())
	case given.help && explicit:
		return nil, c.invalid("--help is for a script")
	case given.help:
		if _, err := io.WriteString(c.host.Stdout, u.text()); err != nil {
			return nil, err
		}
		c.host.Exit(c.L, 0)
	}
	if explicit {
		return given.values, nil
	}
	if given.dryRun {
		if err := c.host.Mode.SetDryRun(); err != nil {
			return nil, c.invalid("--dry-run: %w", err)
		}
	}
	if given.json {
		c.host.Mode.SetJSON()
	}
	given.values["dry_run"], given.values["json"] = c.host.Mode.DryRun(), c.host.Mode.JSON()
	return given.values, nil
}

// script is what errors call the script that runs.
func (c *call) script() string {
	if c.host.Script == "" {
		return c.name
	}
	return filepath.Base(c.host.Script)
}

// failCodes are those that a script may fail with: partial and canceled are what a batch and a signal come to.
var failCodes = []client.Code{client.Invalid, client.NotFound, client.Denied, client.Unavailable, client.Corrupt, client.Exists, client.Full}

func scriptFail(c *call) (any, error) {
	code := client.Code(c.str(1, "code"))
	if !slices.Contains(failCodes, code) {
		return nil, c.invalid("%q is no code; they are %v", code, failCodes)
	}
	return nil, &client.Error{Op: c.script(), Code: code, Err: errors.New(c.text(2))}
}

func scriptResult(c *call) (any, error) {
	line, err := c.said()
	if err == nil {
		_, err = io.WriteString(c.host.Stdout, line+"\n")
	}
	return nil, err
}

func scriptSummary(c *call) (any, error) {
	if c.host.Mode.JSON() {
		return scriptResult(c)
	}
	line, err := c.said()
	if err == nil {
		c.host.Note(line)
	}
	return nil, err
}

// said is the first argument as JSON, or the second one, by what the script is to speak.
func (c *call) said() (string, error) {
	if !c.host.Mode.JSON() {
		return c.optStr(2, "text", value.ToString(c.L, c.L.Get(1))), nil
	}
	return encodeJSON(c, c.L.Get(1), 0)
}
