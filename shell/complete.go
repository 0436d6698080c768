package shell

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

// names knows what a program has given names to, without running any of its code.
type names interface {
	// Globals are global variables.
	Globals() []vm.Member
	// Members are what may follow a dotted path such as "client".
	Members(path string) []vm.Member
	// Callee is what is known of the function that a path leads to: the verb that it is, and how a
	// call of it is written.
	Callee(path string) (verb *verbs.Verb, signature string)
	// Client is the client of the verb that a path leads to, when it is not the session's own.
	Client(path string) *client.Client
}

// suggestion completes what was typed: the rest of each candidate, and how many characters of it
// are there already.
type suggestion struct {
	endings []string
	typed   int
}

// complete is the completeFunc of the prompt: what was typed on the lines before counts too.
func (s *Session) complete(before string) (endings []string, length int) {
	if strings.TrimSpace(before) == "" {
		return []string{"    "}, 0 // a tab at the beginning of a line indents
	}
	from := sources{known: s.vm, remote: s.suggestNames, local: s.suggestLocal, files: s.folders}
	found := from.suggest(s.sofar + before)
	return found.endings, found.typed
}

// lookup completes a name in the storage of a client, nil for that of the session.
type lookup func(c *client.Client, typed, quote string) suggestion

// sources are what completion takes candidates from.
type sources struct {
	known  names
	remote lookup
	local  func(typed, quote string) suggestion // a name in the local library
	files  *folders
}

// suggestNames is the lookup of a session. Without settings there is nothing to suggest. Each client
// that connect made has names of its own, kept apart from the others'.
func (s *Session) suggestNames(c *client.Client, typed, quote string) suggestion {
	if c != nil {
		if s.others[c] == nil {
			s.others[c] = &remoteNames{now: time.Now, patience: s.remote.patience, list: func(ctx context.Context, collection string) ([]string, error) {
				return listNames(ctx, c, collection)
			}}
		}
		return s.others[c].suggest(s.ctx, typed, quote)
	}
	if s.c.Connect == nil {
		return suggestion{}
	}
	return s.remote.suggest(s.ctx, typed, quote)
}

// suggestLocal completes a name in the local library.
func (s *Session) suggestLocal(typed, quote string) suggestion {
	if s.c.Connect == nil {
		return suggestion{}
	}
	return s.local.suggest(s.ctx, typed, quote)
}

// suggest finds what can follow before:
//
//   - in a string that is an argument or option of a verb, what the table says completes it; in
//     one that is an argument of another function that has help, what its name there says: a
//     path, a topic of help, a module;
//   - in the option table of a verb, the names of its options, and true or false for one that is
//     a switch;
//   - after a dotted path its members, and otherwise globals, keywords, and the names in the lines
//     typed so far;
//   - after ! files, after ? topics of help.
func (from sources) suggest(before string) suggestion {
	known := from.known
	if line := strings.TrimLeft(before, " \t"); line != "" && (line[0] == '!' || asksForHelp.MatchString(line)) {
		return from.suggestWords(line)
	}
	tokens := lex(before)
	if len(tokens) == 0 {
		return suggestion{}
	}
	last := tokens[len(tokens)-1]
	site := callAround(known, before, tokens[:len(tokens)-1])
	switch {
	case last.open && last.kind == text && before[last.start] != '[':
		typed := before[last.start+1:]
		if strings.Contains(typed, `\`) {
			return suggestion{}
		}
		return from.suggestText(site, typed, before[last.start:last.start+1])
	case last.open || last.end < len(before):
		if last.kind == mark && !last.open {
			return endings("", callAround(known, before, tokens).words())
		}
		return suggestion{}
	}
	path, typed := chain(before, tokens)
	switch {
	case path != "":
		return endings(typed, written(known.Members(path)))
	case last.kind == word || last.kind == keyword:
		if words := site.words(); words != nil {
			return endings(typed, words)
		}
		candidates := append(written(known.Globals()), namesIn(before, tokens[:len(tokens)-1])...)
		for k := range keywords {
			if len(k) > 3 {
				candidates = append(candidates, k)
			}
		}
		return endings(typed, candidates)
	case last.kind == mark:
		return endings("", callAround(known, before, tokens).words())
	}
	return suggestion{}
}

// suggestText completes a string by what it is to the function that it is given to.
func (from sources) suggestText(site place, typed, quote string) suggestion {
	if p := site.param(); p != nil {
		switch p.Complete {
		case "file":
			return from.files.complete(typed, quote, quote)
		case "image", "collection":
			return from.remote(site.client, typed, quote)
		case "image or file":
			return from.imageOrFile(site, typed, quote)
		case "local":
			return from.local(typed, quote)
		}
		return suggestion{}
	}
	switch site.argument() {
	case "path", "folder", "from", "to":
		return from.files.complete(typed, quote, quote)
	case "topic":
		return closed(typed, quote, vm.Topics())
	case "module":
		return closed(typed, quote, vm.Modules())
	}
	return suggestion{}
}

// imageOrFile completes what is a file when it begins with /, ./ or ../, and else an image, or a file
// of the folder that one is in.
func (from sources) imageOrFile(site place, typed, quote string) suggestion {
	if first, _, inside := strings.Cut(typed, "/"); first == "." || first == ".." || inside && first == "" {
		return from.files.complete(typed, quote, quote)
	} else if inside {
		return from.remote(site.client, typed, quote)
	}
	out := from.remote(site.client, typed, quote)
	var files []string
	for _, ending := range from.files.complete(typed, quote, "").endings {
		if !strings.HasSuffix(ending, "/") {
			files = append(files, ending)
		}
	}
	if len(files) == 1 && len(out.endings) == 0 {
		files[0] += quote
	}
	return suggestion{endings: append(files, out.endings...), typed: len([]rune(typed))}
}

// closed is endings of whole strings: the only one gets its quote.
func closed(typed, quote string, candidates []string) suggestion {
	out := endings(typed, candidates)
	if len(out.endings) == 1 {
		out.endings[0] += quote
	}
	return out
}

// asksForHelp matches the beginning of a question, up to its topic.
var asksForHelp = regexp.MustCompile(`^(?:\?|help\s)\s*[\w.]*$`)

// suggestWords completes the last word of what is no Lua: the files of a shell command, or the topic
// of a question.
func (from sources) suggestWords(line string) suggestion {
	at := strings.LastIndexAny(line, " \t!?") + 1
	if line[0] == '!' {
		if strings.ContainsAny(line, `"'\`+"`") {
			return suggestion{} // in quotes, or not a plain word
		}
		return from.files.complete(line[at:], " \"'`$&|;<>()*?[]#~{}!", " ")
	}
	return endings(line[at:], vm.Topics())
}

// namesIn are the names that were typed, but for those of members.
func namesIn(source string, tokens []token) []string {
	var out []string
	for i, t := range tokens {
		if t.kind == word && (i == 0 || !strings.ContainsRune(".:", rune(source[tokens[i-1].start]))) {
			out = append(out, source[t.start:t.end])
		}
	}
	return out
}

// written is how members are typed: a function with the parenthesis that opens its call.
func written(members []vm.Member) []string {
	out := make([]string, len(members))
	for i, m := range members {
		out[i] = m.Name
		if m.Kind == vm.Function {
			out[i] += "("
		}
	}
	return out
}

// endings are what is missing of the candidates that begin with what was typed. Names that begin
// with an underscore are for those who ask for them.
func endings(typed string, candidates []string) suggestion {
	out := suggestion{typed: len([]rune(typed))}
	slices.Sort(candidates)
	for _, c := range slices.Compact(candidates) {
		if rest, ok := strings.CutPrefix(c, typed); ok && (typed != "" || !strings.HasPrefix(c, "_")) {
			out.endings = append(out.endings, rest)
		}
	}
	return out
}

// chain is the dotted path before the name that before ends with, and that name: "client" and
// "pu" of "client.pu", nothing and "cl" of "cl".
func chain(before string, tokens []token) (path, name string) {
	i := len(tokens) - 1
	joined := func(i int) bool { // to what follows
		return i+1 >= len(tokens) || tokens[i].end == tokens[i+1].start
	}
	at := func(i int, what ...string) bool {
		return i >= 0 && slices.Contains(what, before[tokens[i].start:tokens[i].end])
	}
	if k := tokens[i].kind; k == word || k == keyword {
		name = before[tokens[i].start:tokens[i].end]
		i--
	}
	start := -1
	for i >= 1 && at(i, ".", ":") && joined(i) && tokens[i-1].kind == word && joined(i-1) {
		start = tokens[i-1].start
		i -= 2
	}
	if start < 0 || at(i, ".", ":", ")", "]") && joined(i) {
		return "", name
	}
	end := len(before) - len(name) - 1
	return strings.ReplaceAll(before[start:end], ":", "."), name
}
