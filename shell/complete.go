package shell

import (
	"slices"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

// names knows what a program has given names to, without running any of its code.
type names interface {
	// Globals are global variables.
	Globals() []vm.Member
	// Members are what may follow a dotted path such as "client".
	Members(path string) []vm.Member
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
	found := suggest(s.vm, s.suggestNames, s.sofar+before)
	return found.endings, found.typed
}

// suggestNames completes a name in storage. Without settings there are none to suggest.
func (s *Session) suggestNames(typed, quote string) suggestion {
	if s.c.Connect == nil {
		return suggestion{}
	}
	return s.remote.suggest(s.ctx, typed, quote)
}

// suggest finds what can follow before:
//
//   - in a string that is an argument or option of a verb, what the table says completes it;
//   - in the option table of a verb, the names of its options;
//   - after a dotted path its members, and otherwise globals and keywords.
func suggest(known names, remote func(typed, quote string) suggestion, before string) suggestion {
	tokens := lex(before)
	if len(tokens) == 0 {
		return suggestion{}
	}
	last := tokens[len(tokens)-1]
	site := callAround(before, tokens[:len(tokens)-1])
	switch {
	case last.open && last.kind == text && before[last.start] != '[':
		typed := before[last.start+1:]
		quote := before[last.start : last.start+1]
		switch p := site.param(); {
		case p == nil || strings.Contains(typed, `\`):
		case p.Complete == "file":
			return files(typed, quote)
		case p.Complete == "image" || p.Complete == "collection":
			return remote(typed, quote)
		}
		return suggestion{}
	case last.open || last.end < len(before):
		if last.end < len(before) && last.kind == mark && !last.open {
			if options := callAround(before, tokens).options(); options != nil {
				return endings("", options)
			}
		}
		return suggestion{}
	}
	path, typed := chain(before, tokens)
	switch {
	case path != "":
		return endings(typed, written(known.Members(path)))
	case last.kind == word || last.kind == keyword:
		if options := site.options(); options != nil {
			return endings(typed, options)
		}
		candidates := written(known.Globals())
		for k := range keywords {
			if len(k) > 3 {
				candidates = append(candidates, k)
			}
		}
		return endings(typed, candidates)
	case last.kind == mark:
		return endings("", callAround(before, tokens).options())
	}
	return suggestion{}
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

// place is where in a call something stands.
type place struct {
	verb   *verbs.Verb // nil: in no call of a verb
	index  int         // of the argument, or of the element of a list of them
	key    string      // of the option that is being given
	braces int         // how many are open since the parenthesis
	begins bool        // nothing of the element has been written yet
}

// callAround finds the call that is open after the tokens.
func callAround(before string, tokens []token) place {
	var open []place
	callee := "" // the last word, if what follows may be its arguments
	for i, t := range tokens {
		s := before[t.start:t.end]
		top := place{}
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		top.begins = false
		switch {
		case t.kind == mark && (s == "(" || s == "{" || s == "["):
			next := place{begins: true}
			switch {
			case s == "[":
			case callee != "":
				next.verb = verbs.Find(callee)
				if s == "{" {
					next.braces = 1
				}
			case s == "{":
				next.verb, next.braces = top.verb, top.braces+1
			}
			if len(open) > 0 {
				open[len(open)-1].begins = false
			}
			open = append(open, next)
			callee = ""
			continue
		case t.kind == mark && (s == ")" || s == "}" || s == "]"):
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
			callee = ""
			continue
		case t.kind == mark && (s == "," || s == ";"):
			top.index++
			top.key, top.begins = "", true
		case t.kind == mark && s == "=" && i > 0 && tokens[i-1].kind == word:
			top.key = before[tokens[i-1].start:tokens[i-1].end]
		}
		callee = ""
		if t.kind == word && i > 0 && (before[tokens[i-1].start] == '.' || before[tokens[i-1].start] == ':') {
			callee = s
		}
		if len(open) > 0 {
			open[len(open)-1] = top
		}
	}
	if callee != "" { // client.pull "..."
		return place{verb: verbs.Find(callee), begins: true}
	}
	if len(open) == 0 {
		return place{}
	}
	return open[len(open)-1]
}

// param is the parameter that stands here, or nil.
func (p place) param() *verbs.Param {
	if p.verb == nil {
		return nil
	}
	if p.key != "" {
		for i := range p.verb.Params {
			if p.verb.Params[i].Name == p.key {
				return &p.verb.Params[i]
			}
		}
		return nil
	}
	arguments, index := p.verb.Arguments(), p.index
	if p.braces == 1 && p.verb.Item != "" {
		index = 0 // {"lab/a", "lab/b"} are items of a list
	}
	if !p.begins || index >= len(arguments) {
		return nil
	}
	return &arguments[index]
}

// options are the names of the options that may be given here, with the = behind them; nil where
// none can begin.
func (p place) options() []string {
	if p.verb == nil || p.braces == 0 || !p.begins || p.key != "" {
		return nil
	}
	var out []string
	for _, each := range p.verb.Params {
		out = append(out, each.Name+"=")
	}
	return out
}
