// Package verbs is the one table of what a user can call. Every operation is declared once, by
// define, from a tagged request struct of package client. The Lua functions, their argument
// checks, help, completion, one-shot commands with their flags, and the table in README.md all
// derive from it.
//
// It knows neither Lua nor cobra: a verb binds plain Go values, runs with a context on any
// goroutine, and returns plain Go values.
//
// It is tested by the table itself: every declaration must be complete, every example must run.
package verbs

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// The groups of verbs, each a global table in Lua.
const (
	GroupClient  = "client"
	GroupLibrary = "library"
)

// Verb is one operation of the table.
type Verb struct {
	Group    string        // the Lua table it is a function of: GroupClient, or GroupLibrary for one of the local library
	Name     string        // "push"
	Summary  string        // one line, no full stop: "upload an image"
	Help     string        // what it does beyond the summary; paragraphs
	Returns  string        // what Lua gets: "the image"
	Examples []string      // Lua lines; each is executed by a test
	Mutates  bool          // it changes something, here or there
	Command  bool          // it is a one-shot command as well
	Params   []Param       // arguments first, in their order, then options
	Item     string        // what an element of a batch is, for messages: "{path, name}"; empty: takes no list
	Status   func(any) int // exit status that a result means at the command line; nil: 0
	Empty    string        // what to say at the command line of a result that is empty
	Header   string        // line above the result at the command line; may be empty

	// Done says at the command line what was done, in place of the result; nil prints the result.
	// What changes something is silent in a pipe or a cron job.
	Done func(any) string

	// Answers tells that what it returns is what it is called for, although it may change something.
	Answers bool
	// Local tells that it may do without a server, and so without settings for one.
	Local bool
	// Bare tells that its result is for $(...): no banner at the command line.
	Bare bool

	newRequest func() any
	asks       func([]any) bool
	expand     func(context.Context, *client.Client, []any) (requests []any, plan string, err error)
	plan       func([]any) string
	call       func(context.Context, *client.Client, any) (any, error)
	batch      func(context.Context, *client.Client, []any) (any, error)
}

// spec is what a declaration says of a verb; define turns it into a Verb.
type spec[Request, Result any] struct {
	name, summary, help, returns string
	examples                     []string
	mutates, noCommand           bool
	group                        string // empty: GroupClient
	local, bare, answers         bool
	header, empty                string
	status                       func(Result) int
	done                         func(Result) string

	// plan says what would be changed when that needs a yes first; empty or nil when it does not.
	plan func([]Request) string
	// asks tells whether what a request means cannot be told from it alone. Then expand asks storage,
	// and returns the requests to run as a batch, with a plan of its own; nil when they stand as they are.
	asks   func(Request) bool
	expand func(context.Context, *client.Client, []Request) (requests []Request, plan string, err error)
	call   func(context.Context, *client.Client, Request) (Result, error)
	// batch does many; nil where the verb takes no list. item names an element for messages. Where many
	// have one result, gather does them instead.
	batch  func(context.Context, *client.Client, []Request) ([]Result, error)
	gather func(context.Context, *client.Client, []Request) (Result, error)
	item   string
}

// define makes a Verb of a spec. The parameters are read from Request's tags (see paramsOf).
func define[Request, Result any](s spec[Request, Result]) *Verb {
	v := &Verb{
		Group: cmp.Or(s.group, GroupClient), Local: s.local, Bare: s.bare, Answers: s.answers,
		Name: s.name, Summary: s.summary, Help: s.help, Returns: s.returns, Examples: s.examples,
		Mutates: s.mutates, Command: !s.noCommand, Header: s.header, Empty: s.empty, Item: s.item,
		Params:     paramsOf(*new(Request)),
		newRequest: func() any { return new(Request) },
		call: func(ctx context.Context, c *client.Client, r any) (any, error) {
			return s.call(ctx, c, *r.(*Request))
		},
	}
	if s.done != nil {
		v.Done = func(r any) string {
			if many, ok := r.([]Result); ok {
				lines := make([]string, len(many))
				for i, one := range many {
					lines[i] = s.done(one)
				}
				return strings.Join(lines, "\n")
			}
			return s.done(r.(Result))
		}
	}
	if s.status != nil {
		v.Status = func(r any) int { return s.status(r.(Result)) }
	}
	typed := func(rs []any) []Request {
		out := make([]Request, len(rs))
		for i, r := range rs {
			out[i] = *r.(*Request)
		}
		return out
	}
	if s.expand != nil {
		v.asks = func(rs []any) bool { return slices.ContainsFunc(typed(rs), s.asks) }
		v.expand = func(ctx context.Context, c *client.Client, rs []any) ([]any, string, error) {
			expanded, plan, err := s.expand(ctx, c, typed(rs))
			if err != nil || expanded == nil {
				return nil, "", err
			}
			out := make([]any, len(expanded))
			for i := range expanded {
				out[i] = &expanded[i]
			}
			return out, plan, nil
		}
	}
	if s.plan != nil {
		v.plan = func(rs []any) string { return s.plan(typed(rs)) }
	}
	if s.batch != nil {
		v.batch = func(ctx context.Context, c *client.Client, rs []any) (any, error) {
			return s.batch(ctx, c, typed(rs))
		}
	}
	if s.gather != nil {
		v.batch = func(ctx context.Context, c *client.Client, rs []any) (any, error) {
			return s.gather(ctx, c, typed(rs))
		}
	}
	return v
}

// union makes the list of several requests for one: what any of them finds, once, in the order of
// less. It asks one after the other, and ends with the first failure.
func union[Request, Item any](rs []Request, ask func(Request) ([]Item, error), key func(Item) string, order func(a, b Item) int) ([]Item, error) {
	all := []Item{}
	seen := map[string]bool{}
	for _, r := range rs {
		found, err := ask(r)
		if err != nil {
			return nil, err
		}
		for _, item := range found {
			if !seen[key(item)] {
				seen[key(item)] = true
				all = append(all, item)
			}
		}
	}
	slices.SortStableFunc(all, order)
	return all, nil
}

// Call is a verb with its decoded request: the step between decode and call.
type Call struct {
	Verb     *Verb
	requests []any // one, or one an item of a batch
	many     bool
}

// Plan says what the call would do when that needs a yes first, as "delete 3 images, ...", empty
// when it may just run; and returns the call to run. connect is called for a client only if what
// the call means has to be asked of storage.
func (c Call) Plan(ctx context.Context, connect func() (*client.Client, error)) (Call, string, error) {
	if c.Verb.expand != nil && c.Verb.asks(c.requests) {
		made, err := connect()
		if err != nil {
			return c, "", err
		}
		bounded, cancel := made.Bound(ctx)
		defer cancel()
		requests, plan, err := c.Verb.expand(bounded, made, c.requests)
		if err != nil {
			return c, "", err
		}
		if requests != nil {
			c.requests, c.many = requests, true
			return c, plan, nil
		}
	}
	if c.Verb.plan == nil {
		return c, "", nil
	}
	return c, c.Verb.plan(c.requests), nil
}

// Run does it. The result is nil, a string, bool, number, struct with json tags, a slice of
// those, or an iter.Seq2[client.Image, error]. The error is a *client.Error.
func (c Call) Run(ctx context.Context, cl *client.Client) (any, error) {
	if !c.Verb.Local {
		if err := cl.Ready(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := cl.Bound(ctx)
	var result any
	var err error
	if c.many {
		result, err = c.Verb.batch(ctx, cl, c.requests)
	} else {
		result, err = c.Verb.call(ctx, cl, c.requests[0])
	}
	if images, ok := result.(iter.Seq2[client.Image, error]); ok && err == nil {
		// The listing is made while the loop goes, so the loop is what takes the time.
		return iter.Seq2[client.Image, error](func(yield func(client.Image, error) bool) {
			defer cancel()
			images(yield)
		}), nil
	}
	cancel()
	return result, err
}

// All is the table, in the order help shows it.
func All() []*Verb { return table }

// Of are the functions of a group's table. The client has those of the library too, as in
// sregistry, but for names that mean something else there.
func Of(group string) []*Verb {
	var out []*Verb
	for _, v := range table {
		if v.Group == group || group == GroupClient && Find(GroupClient+"."+v.Name) == v {
			out = append(out, v)
		}
	}
	return out
}

// Find is the verb of a name such as "push", "client.push" or "library.get", or nil. Without a
// group, and for what the client shares with the library, it is the client's.
func Find(name string) *Verb {
	group, bare, dotted := strings.Cut(name, ".")
	if !dotted {
		group, bare = GroupClient, name
	}
	var shared *Verb
	for _, v := range table {
		switch {
		case v.Name != bare:
		case v.Group == group:
			return v
		case group == GroupClient:
			shared = v
		}
	}
	return shared
}

// Command is the verb that a one-shot command of that name runs, or nil.
func Command(name string) *Verb {
	if v := Find(name); v != nil && v.Command {
		return v
	}
	return nil
}

// Written is how the verb is written in Lua: library.get.
func (v *Verb) Written() string { return v.Group + "." + v.Name }

// Usage is how a call is written in Lua: `client.push(path, name [, options])`.
func (v *Verb) Usage() string { return v.Group + "." + v.Signature() }
