//go:build linux

package shell

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/imagefile/imagefiletest"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
)

// ownSequences are what the prompt itself tells the terminal: to move the cursor, to clear what is
// behind or below it, to take pasted text as such, to mark the chosen completion.
var ownSequences = regexp.MustCompile("\x1b\\[(?:[0-9]*[ABCDGKP]|J|[0-9]*;?[0-9]*H|\\?2004[hl]|\\?25[hl]|6n|0m|30;47m)")

// hostileListing is a listing of somebody who may write to a collection.
func hostileListing(t *testing.T) string {
	names := []string{
		"../../escaped.sif", "bell\a.sif", "c1\u009b31m.sif", "cr\rover.sif", "line\nforged.sif", "plain-v1.sif",
		"red\x1b[31m\x1b[2J.sif", "rtl\u202efis.exe", "title\x1b]0;owned\x07.sif", "zero\u200bwidth.sif",
		strings.Repeat("\U0001f9a0", 250) + ".sif", "quote\"'`$(touch owned).sif", "per%scent\\%n.sif",
	}
	slices.Sort(names)
	var entries []map[string]any
	for _, name := range names {
		entries = append(entries, map[string]any{"name": name, "bytes": 1 << 60, "hash": "\x1b[31m", "last_modified": "2026\x1b[2J",
			"content_type": "application/octet-stream; image=\"\x1b]0;owned\a\"; tag=\"\u202e\"; sha256=" + strings.Repeat("a", 64) + "; size=1"})
	}
	text, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whatever objects are called and say of themselves, nothing comes to the terminal of a prompt that
// it obeys: not by completion, not in numbered lists, printed values, errors, nor progress.
func TestHostileNamesAtThePrompt(t *testing.T) {
	plan := &localswift.Plan{}
	e := localswifttest.Start(t, localswift.Options{Faults: plan})
	in := func(r *http.Request, what string) bool { return strings.Contains(r.URL.Path, what) }
	listing := func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/lab") && r.URL.Query().Get("marker") == ""
	}
	t.Chdir(t.TempDir())
	connect := func(c *Config, _ map[string]string) {
		c.Connect = func(context.Context) (*client.Client, error) {
			cfg, err := client.FromEnvironment(func(name string) string {
				return map[string]string{"SREGISTRY_SWIFT_USER": e.User, "SREGISTRY_SWIFT_TOKEN": e.Key, "SREGISTRY_SWIFT_URL": e.URL}[name]
			})
			cfg.FirstWait = 1
			return client.New(cfg), err
		}
	}
	s := sit(t, connect)
	labels := imagefiletest.SIF(t, imagefiletest.Options{Labels: map[string]string{"maintainer": "title\x1b]0;owned\a red\x1b[31m\x1b[2J rtl\u202e zero\u200bwidth"}})
	if err := os.WriteFile("labels.sif", labels, 0o644); err != nil {
		t.Fatal(err)
	}
	s.enter(`os.execute("echo hsqs > a.sif"); client.push("a.sif", "lab/plain:v1"); client.push("labels.sif", "lab/labels:v1");`)
	plan.Add(localswift.Rule{Match: listing, Fault: localswift.Answer(200, hostileListing(t), "Content-Type: application/json")})
	plan.Add(localswift.Rule{Match: func(r *http.Request) bool { return in(r, "/lab/per") || in(r, "/lab/quote") },
		Fault: localswift.Answer(200, "hsqs", "Content-Type: text/\x1b[31mhtml; image=\"\u202e\"", "Etag: \"\x1b[2J\"")})
	plan.Add(localswift.Rule{Match: func(r *http.Request) bool { return in(r, "/refused") },
		Fault: localswift.Answer(403, "no\x1b]0;owned\a \x1b[2J\u202e\nforged\r zero\u200bwidth tag\U000e0041", "Content-Type: text/plain")})

	for _, want := range []string{"plain-v1.sif", `per%scent`, "quote"} {
		if got := s.enter(`client.search("lab/")`); !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	for line, want := range map[string]string{ // no answer to a HEAD says why
		`client.search("refused/")`:                                    `zero\u200bwidth tag\U000e0041`,
		`client.inspect("lab/labels-v1.sif").labels`:                   `title\027]0;owned`,
		`error(client.inspect("lab/labels-v1.sif").labels.maintainer)`: `title\x1b]0;owned`,
	} {
		if got := s.enter(line); !strings.Contains(got, want) {
			t.Errorf("%s: %q is not in %q", line, want, got)
		}
	}
	for _, line := range []string{
		`client.inspect("lab/labels-v1.sif")`, `client.list("lab/")`, `client.list("lab/")[1]`, `for i in client.each("lab/") do print(i, i.object, i.tag) end`, `client.search("lab/")[1] .. ""`,
		`client.stat("lab/refused:v1")`, `client.inspect("lab/refused:v1")`, `client.versions("lab/plain")`, `client.usage()`, `client.clean()`, `client.collections()`,
		`client.stat("lab/red\27[31m\27[2J.sif")`, `client.pull("lab/title\27]0;owned\7.sif")`, `client.delete("lab/rtl\226\128\174fis.exe", {yes=true})`,
		`for _, n in ipairs(client.search("lab/")) do print(pcall(client.pull, n, {file = "out", force = true})) end`,
		`t = async(client.pull, client.search("lab/"), {force = true}) print(pcall(wait, t))`,
		`error(client.list("lab/")[1].uri)`, `_error`, `json.encode(client.list("lab/"))`,
	} {
		s.enter(line)
	}
	for _, typed := range []string{"", "p", "q", "\\", "\U0001f9a0"} {
		s.types(`client.stat("lab/` + typed + "\t\t")
		s.expect(`client.stat("lab/`)
		s.cancels()
	}
	s.types("\x04")
	s.leaves(0)
	s.harmless()
}

// harmless fails when anything came to the terminal that it obeys, other than the prompt's own.
func (p *person) harmless() {
	p.t.Helper()
	all := p.all()
	rest := ownSequences.ReplaceAllString(all, "")
	for i, r := range rest {
		if strings.ContainsRune("\r\n\t\b\a", r) {
			continue
		}
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			p.t.Errorf("%U came to the terminal: %.200q", r, rest[max(0, i-100):])
			return
		}
	}
	for _, bad := range []string{"bell\a", "cr\r", "line\r\nforged", "line\nforged"} {
		if strings.Contains(rest, bad) {
			p.t.Errorf("%q came to the terminal", bad)
		}
	}
}
