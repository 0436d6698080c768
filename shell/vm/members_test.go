package vm

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
)

func names(members []Member) []string {
	var out []string
	for _, m := range members {
		out = append(out, m.Name)
	}
	return out
}

func TestMembers(t *testing.T) {
	b := newBench(t, nil)
	raising(b, errPartial())
	b.run(t, `
		called = false
		mine = setmetatable({own = 1, ["not a name"] = 2, ["end"] = 3}, {__index = setmetatable({base = print},
			{__index = function() called = true end})})
		loop = {} setmetatable(loop, {__index = loop})
		text = "x"
		deep = {er = {est = 1}}
		_, err = pcall(fail)`)
	var verbNames []string
	for _, v := range verbs.Of(verbs.GroupClient) {
		verbNames = append(verbNames, v.Name)
	}
	slices.Sort(verbNames)
	for path, want := range map[string]string{
		"client":     strings.Join(verbNames, " "),
		"mine":       "base own",
		"loop":       "",
		"text":       "byte char dump find format gfind gmatch gsub len lower match rep reverse sub upper",
		"deep.er":    "est",
		"err":        "code done failed hint image message op",
		"path":       "abs base dir ext join match stem",
		"nowhere":    "",
		"deep.x.y":   "",
		"client.psh": "",
		"":           "",
	} {
		if got := strings.Join(names(b.Members(path)), " "); got != want && !strings.Contains(got, want+" ") {
			t.Errorf("%s: %s\nnot %s", path, got, want)
		}
	}
	globals := names(b.Globals())
	for _, name := range []string{"client", "help", "fs", "mine", "print", "exit", "string"} {
		if !slices.Contains(globals, name) {
			t.Errorf("no %s in %v", name, globals)
		}
	}
	b.run(t, `assert(not called)`)
	for _, m := range b.Members("client") {
		if m.Kind != Function || !strings.HasPrefix(m.Signature, m.Name+"(") {
			t.Errorf("%+v", m)
		}
	}
	for _, m := range b.Globals() {
		if want := map[string]Kind{"help": Function, "exit": Function, "client": Table, "text": Value, "print": Function, "fs": Table}[m.Name]; want != "" && m.Kind != want {
			t.Errorf("%+v is no %s", m, want)
		}
	}
	for path, want := range map[string]string{"client.push": "client.push", "fs": "fs", "fs.size": "fs.size", "client": "client", "print": "print", "string": "string", "x.y": "", "mine": ""} {
		if got := b.Topic(path); got != want {
			t.Errorf("the topic of %s is %q", path, got)
		}
	}
}

func TestNoMembersWhileAProgramRuns(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Stdout = canceler{func() {}} })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	started, done := make(chan bool), make(chan error)
	b.VM.opt.Stdout = canceler{func() { close(started) }}
	go func() { done <- b.Run(ctx, "test.lua", `print() while true do end`) }()
	<-started
	if b.Globals() != nil || b.Members("client") != nil || b.Topic("client") != "" {
		t.Error("looked into a state that runs")
	}
	cancel()
	<-done
	if b.Globals() == nil {
		t.Error("no globals afterwards")
	}
}

func TestClientOfAVerb(t *testing.T) {
	made := client.New(client.Config{})
	b := newBench(t, func(o *Options) {
		o.Open = func(client.ConnectRequest) (*client.Client, error) { return made, nil }
	})
	b.run(t, `b = connect{url="http://127.0.0.1:1/auth/v1.0", user="lab", token="t"} deep = {b = b}`)
	for path, want := range map[string]*client.Client{
		"b.pull": made, "deep.b.pull": made, "client.pull": nil, "library.images": nil, "print": nil, "b": nil, "none.at.all": nil,
	} {
		if got := b.Client(path); got != want {
			t.Errorf("%s: %p, not %p", path, got, want)
		}
	}
}
