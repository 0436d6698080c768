package shell

import (
	"slices"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
)

// place is where in a call something stands.
type place struct {
	verb      *verbs.Verb    // nil: in no call of a verb
	client    *client.Client // that the verb works on; nil for the session's own
	signature string         // of another function that is called: "size(path)"
	index     int            // of the argument, or of the element of a list of them
	given     int            // arguments before the option table
	key       string         // of the option that is being given
	used      []string       // options that were given before
	braces    int            // how many are open since the parenthesis
	begins    bool           // nothing of the element has been written yet
	starts    bool           // a task: the first argument is the verb that the others are for
}

// called is the place of the first argument of a call.
func called(known names, path string) place {
	p := place{begins: true, starts: path == "async"}
	p.verb, p.signature = known.Callee(path)
	p.client = known.Client(path)
	return p
}

// callAround finds the call that is open after the tokens.
func callAround(known names, before string, tokens []token) place {
	var open []place
	path := ""      // the dotted path that ends here
	callee := false // what follows may be its arguments
	for i, t := range tokens {
		s := before[t.start:t.end]
		top := place{}
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		argument := path // that may end here
		top.begins = false
		switch {
		case t.kind == mark && (s == "(" || s == "{" || s == "["):
			next := place{begins: true}
			switch {
			case s == "[":
			case callee:
				next = called(known, path)
				if s == "{" {
					next.braces = 1
				}
			case s == "{":
				next = top
				next.braces, next.given = top.braces+1, top.index
				next.index, next.key, next.used, next.begins = 0, "", nil, true
			}
			if len(open) > 0 {
				open[len(open)-1].begins = false
			}
			open = append(open, next)
			path, callee = "", false
			continue
		case t.kind == mark && (s == ")" || s == "}" || s == "]"):
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
			path, callee = "", false
			continue
		case t.kind == mark && (s == "," || s == ";"):
			if top.starts && top.index == 0 && top.braces == 0 {
				if i > 0 && tokens[i-1].kind == text { // async("push", ...)
					argument = "client." + strings.Trim(before[tokens[i-1].start:tokens[i-1].end], `"'`)
				}
				top = called(known, argument)
				top.index = -1
			}
			top.index++
			top.key, top.begins = "", true
		case t.kind == mark && s == "=" && i > 0 && tokens[i-1].kind == word:
			top.key = before[tokens[i-1].start:tokens[i-1].end]
			top.used = append(slices.Clip(top.used), top.key)
		}
		callee = false
		switch {
		case t.kind == word && i > 0 && path != "" && strings.HasSuffix(path, "."):
			path += s
			callee = true
		case t.kind == word:
			path, callee = s, true
		case t.kind == mark && (s == "." || s == ":") && path != "":
			path += "."
		default:
			path = ""
		}
		if len(open) > 0 {
			open[len(open)-1] = top
		}
	}
	if callee { // client.pull "..."
		return called(known, path)
	}
	if len(open) == 0 {
		return place{}
	}
	return open[len(open)-1]
}

// param is the parameter of a verb that stands here, or nil.
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

// argument is what another function calls what stands here; empty when that is not known.
func (p place) argument() string {
	_, list, found := strings.Cut(p.signature, "(")
	if !found || p.verb != nil || !p.begins || p.braces > 0 {
		return ""
	}
	params := strings.Split(strings.TrimSuffix(list, ")"), ",")
	if p.index >= len(params) {
		return ""
	}
	return strings.Trim(params[p.index], " []")
}

// words are what may be written here and is known: the options that can be given, with the = behind
// them, or the values of a switch; nil where there is nothing to say.
func (p place) words() []string {
	if p.verb == nil || p.braces == 0 {
		return nil
	}
	if p.key != "" {
		if param := p.param(); param != nil && param.Kind == verbs.Bool {
			return []string{"false", "true"}
		}
		return nil
	}
	if !p.begins {
		return nil
	}
	params := p.verb.Params
	if p.braces == 1 { // what was given as an argument is no option
		params = params[min(p.given, len(p.verb.Arguments())):]
	}
	var out []string
	for _, each := range params {
		if !slices.Contains(p.used, each.Name) {
			out = append(out, each.Name+"=")
		}
	}
	return out
}
