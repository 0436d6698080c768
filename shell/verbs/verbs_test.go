package verbs

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// Every declaration says all that help, flags and completion need.
func TestTableIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range All() {
		if seen[v.Written()] || Find(v.Written()) != v {
			t.Errorf("%s is there twice", v.Written())
		}
		seen[v.Written()] = true
		if v.Summary == "" || v.Help == "" || v.Returns == "" || len(v.Examples) == 0 {
			t.Errorf("%s lacks a summary, help, what it returns, or an example", v.Name)
		}
		if strings.HasSuffix(v.Summary, ".") || strings.ToLower(v.Summary[:1]) != v.Summary[:1] {
			t.Errorf("%s: the summary is %q", v.Name, v.Summary)
		}
		names, flags := map[string]bool{}, map[string]bool{}
		for _, p := range v.Params {
			if p.Help == "" || names[p.Name] || p.Flag != "" && flags[p.Flag] {
				t.Errorf("%s: the parameter %+v", v.Name, p)
			}
			names[p.Name], flags[p.Flag] = true, true
			if !slices.Contains([]string{"", "file", "image", "image or file", "collection", "local"}, p.Complete) {
				t.Errorf("%s: nobody completes %q", v.Name, p.Complete)
			}
			if !strings.Contains(v.HelpText(), "  "+p.Name+" ") {
				t.Errorf("%s: help does not tell of %s", v.Name, p.Name)
			}
		}
	}
	if Find("nothing") != nil {
		t.Error("found nothing")
	}
}

func TestSignature(t *testing.T) {
	for name, want := range map[string][2]string{
		"push":        {"push(path, name [, options])", "push path [name]"},
		"pull":        {"pull(image [, file [, options]])", "pull image..."},
		"search":      {"search([query])", "search [query]..."},
		"collections": {"collections()", "collections"},
	} {
		if v := Find(name); v.Signature() != want[0] || v.CommandUse() != want[1] {
			t.Errorf("%s: %q, %q", name, v.Signature(), v.CommandUse())
		}
	}
}

type items = []any
type options = map[string]any

func TestBind(t *testing.T) {
	image := client.Image{URI: "lab/a:v1", Collection: "lab", Object: "a-v1.sif"}
	for _, c := range []struct {
		verb string
		args items
		want items
	}{
		{"push", items{"a.sif", "lab/a"}, items{client.PushRequest{Path: "a.sif", Name: "lab/a"}}},
		{"push", items{"a.sif", options{"name": "lab/a", "force": true, "jobs": 3.0}}, items{client.PushRequest{Path: "a.sif", Name: "lab/a", Force: true, Jobs: 3}}},
		{"push", items{items{items{"a", "lab/a"}, options{"path": "b", "name": "lab/b"}}, options{"jobs": 2.0}}, items{
			client.PushRequest{Path: "a", Name: "lab/a", Jobs: 2}, client.PushRequest{Path: "b", Name: "lab/b", Jobs: 2}}},
		{"push", items{"a.sif", image}, items{client.PushRequest{Path: "a.sif", Name: "lab/a:v1"}}},
		{"pull", items{image, "f"}, items{client.PullRequest{Image: "lab/a-v1.sif", File: "f"}}},
		{"pull", items{"lab/a", nil, options{"save": false}}, items{client.PullRequest{Image: "lab/a", NoSave: true}}},
		{"pull", items{"lab/a", options{"save": true}}, items{client.PullRequest{Image: "lab/a"}}},
		{"pull", items{items{"lab/a", image, items{"lab/b", "b"}}}, items{
			client.PullRequest{Image: "lab/a"}, client.PullRequest{Image: "lab/a-v1.sif"}, client.PullRequest{Image: "lab/b", File: "b"}}},
		{"clean", items{options{"older": 0.0}}, items{client.CleanRequest{Older: new(time.Duration)}}},
		{"push", items{"a", "b", options{"segment_size": "64M"}}, items{client.PushRequest{Path: "a", Name: "b", Segment: 64 << 20}}},
		{"push", items{"a", "b", options{"segment_size": 1048576.0}}, items{client.PushRequest{Path: "a", Name: "b", Segment: 1 << 20}}},
		{"clean", items{options{"older": "2d"}}, items{client.CleanRequest{Older: age(48 * time.Hour)}}},
		{"access", items{"lab", options{"read": items{"a", "b:c"}, "write": "d, e", "public": false}}, items{
			client.AccessRequest{Collection: "lab", Read: &[]string{"a", "b:c"}, Write: &[]string{"d", "e"}, Public: new(bool)}}},
		{"access", items{"lab", options{"read": options{}, "write": ""}}, items{client.AccessRequest{Collection: "lab", Read: &[]string{}, Write: &[]string{}}}},
		{"access", items{"lab"}, items{client.AccessRequest{Collection: "lab"}}},
		{"search", nil, items{client.ListRequest{}}},
		{"search", items{nil}, items{client.ListRequest{}}},
	} {
		call, err := Find(c.verb).Bind(c.args)
		if err != nil {
			t.Errorf("%s%v: %v", c.verb, c.args, err)
			continue
		}
		if diff := cmp.Diff(c.want, values(call)); diff != "" {
			t.Errorf("%s%v: %s", c.verb, c.args, diff)
		}
	}
}

func age(d time.Duration) *time.Duration { return &d }

func yes() *bool { b := true; return &b }

func values(c Call) (out items) {
	for _, r := range c.requests {
		switch x := r.(type) {
		case *client.PushRequest:
			out = append(out, *x)
		case *client.PullRequest:
			out = append(out, *x)
		case *client.ListRequest:
			out = append(out, *x)
		case *client.DeleteRequest:
			out = append(out, *x)
		case *client.CleanRequest:
			out = append(out, *x)
		case *client.AccessRequest:
			out = append(out, *x)
		}
	}
	return out
}

func TestBindRefuses(t *testing.T) {
	for _, c := range []struct {
		verb string
		args items
		want string
	}{
		{"push", nil, "path is missing; it is written client.push(path, name [, options])"},
		{"push", items{"a"}, "name is missing"},
		{"push", items{"a", "b", "c"}, "3 arguments"},
		{"push", items{1.0, "b"}, "path must be a string, not the number 1"},
		{"push", items{"a", "b", options{"froce": true}}, `unknown option "froce" (did you mean "force"?)`},
		{"push", items{"a", "b", options{"zzzzzzzz": true}}, "it takes path, name, tag, force, if_absent, segment_size, jobs"},
		{"push", items{"a", "b", options{"force": "yes"}}, "force must be a boolean, not a string"},
		{"push", items{"a", "b", options{"jobs": 1.5}}, "jobs must be a whole number, 0 or more, not the number 1.5"},
		{"push", items{"a", "b", options{"jobs": -1.0}}, "jobs must be a whole number, 0 or more, not the number -1"},
		{"push", items{"a", "b", options{"name": "c"}}, "name is given twice"},
		{"push", items{items{"a.sif", "lab/a"}}, `write client.push(path, name [, options])`},
		{"push", items{items{items{"a"}}}, "item 1 of the list"},
		{"push", items{"a", "b", options{"segment_size": "large"}}, `segment_size: "large" is no size; it is written 64M`},
		{"push", items{"a", "b", options{"segment_size": 1.5}}, `segment_size must be a whole number of bytes or a size such as "64M", not the number 1.5`},
		{"clean", items{options{"older": "soon"}}, `older: "soon" is no duration`},
		{"pull", items{items{"a"}, "b"}, "one table of options"},
		{"access", items{"lab", options{"read": items{1.0}}}, "read must be a list of strings, not a table"},
		{"access", items{"lab", options{"public": "yes"}}, "public must be a boolean, not a string"},
		{"collections", items{options{"x": 1.0}}, `unknown option "x"; it takes none`},
	} {
		_, err := Find(c.verb).Bind(c.args)
		if err == nil || !strings.Contains(err.Error(), c.want) || client.CodeOf(err) != client.Invalid {
			t.Errorf("%s%v: %v, want %q", c.verb, c.args, err, c.want)
		}
	}
}

func TestBindCommand(t *testing.T) {
	for _, c := range []struct {
		verb  string
		args  []string
		flags options
		want  items
	}{
		{"push", []string{"a.sif"}, options{"name": "lab/a", "if-absent": true, "jobs": int64(2)}, items{client.PushRequest{Path: "a.sif", Name: "lab/a", IfAbsent: true, Jobs: 2}}},
		{"push", []string{"a.sif", "lab/a"}, nil, items{client.PushRequest{Path: "a.sif", Name: "lab/a"}}},
		{"pull", []string{"lab/a"}, options{"name": "f", "no-cache": true}, items{client.PullRequest{Image: "lab/a", File: "f", NoSave: true}}},
		{"pull", []string{"lab/a", "lab/b"}, options{"name": "d/"}, items{client.PullRequest{Image: "lab/a", File: "d/"}, client.PullRequest{Image: "lab/b", File: "d/"}}},
		{"search", nil, nil, items{client.ListRequest{}}},
		{"search", []string{"a", "b"}, nil, items{client.ListRequest{Query: "a"}, client.ListRequest{Query: "b"}}},
		{"access", []string{"lab"}, options{"read": "a,b", "public": true}, items{client.AccessRequest{Collection: "lab", Read: &[]string{"a", "b"}, Public: yes()}}},
	} {
		call, err := Find(c.verb).BindCommand(c.args, c.flags)
		if err != nil {
			t.Errorf("%s %v: %v", c.verb, c.args, err)
			continue
		}
		if diff := cmp.Diff(c.want, values(call)); diff != "" {
			t.Errorf("%s %v: %s", c.verb, c.args, diff)
		}
	}
	for _, c := range []struct {
		verb string
		args []string
	}{{"push", nil}, {"push", []string{"a"}}, {"push", []string{"a", "b", "c"}}, {"usage", []string{"a", "b"}}, {"pull", nil}} {
		if _, err := Find(c.verb).BindCommand(c.args, nil); client.CodeOf(err) != client.Invalid {
			t.Errorf("%s %v: %v", c.verb, c.args, err)
		}
	}
}

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		args items
		want string
	}{
		{items{"lab/a"}, ""},
		{items{items{"lab/a", "lab/b"}}, "delete 2 images, from lab/a to lab/b"},
		{items{items{"lab/a", "lab/b"}, options{"yes": true}}, ""},
	} {
		call, err := Find("delete").Bind(c.args)
		if err != nil {
			t.Errorf("%v: %v", c.args, err)
			continue
		}
		nobody := func() (*client.Client, error) { return nil, errors.New("plain names ask nobody") }
		if _, plan, err := call.Plan(t.Context(), nobody); err != nil || plan != c.want {
			t.Errorf("%v: %q, %v", c.args, plan, err)
		}
	}
}

// An image that is given to delete is no pattern, whatever its name holds; a string may be one.
func TestAnImageIsNoPattern(t *testing.T) {
	image := client.Image{Collection: "lab", Object: "*-latest.sif", URI: "lab/*:latest"}
	for _, c := range []struct {
		given any
		want  string
	}{{image, `lab/\*-latest.sif`}, {image.Path(), "lab/*-latest.sif"}, {client.Image{Collection: "lab", Object: `a\b`}, `lab/a\b`}} {
		call, err := Find("delete").Bind([]any{c.given})
		if err != nil {
			t.Fatal(err)
		}
		if got := call.requests[0].(*client.DeleteRequest).Image; got != c.want {
			t.Errorf("%v is deleted as %s", c.given, got)
		}
	}
}
