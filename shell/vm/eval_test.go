package vm

import (
	"errors"
	"strings"
	"testing"
)

func TestEval(t *testing.T) {
	b := newBench(t, nil)
	for _, step := range []struct{ source, want string }{
		{"1 + 1", "2"},
		{"_", "2"},
		{"x = 5", ""},
		{"x", "5"},
		{"_ * 2", "10"},
		{"nil", "nil"},
		{"_", "10"},
		{"'a', 2", `"a" 2`},
		{"", ""},
		{"-- a comment", ""},
		{"return 7", "7"},
		{"f = function()\n  return 'y'\nend", ""},
		{"f(\n)", `"y"`},
		{"f();", `"y"`},
		{"y = ) 1", "! in:1: unexpected symbol near ')'"},
		{"client.psuh()", `! in:1: client has no function "psuh" (did you mean "push"?)`},
		{"x = 1\nerror('two')", "! in:1:2: two"},
		{"error('three')", "! in:1: three"},
		{"_error", `"in:1:1: three"`},
		{"1 +", "! in:1: unexpected end"},
		{"_ = 'mine'", ""},
		{"1", "1"},
		{"_", `"mine"`},
	} {
		values, err := b.Eval(t.Context(), "in:1", step.source)
		var got []string
		for _, v := range values {
			got = append(got, b.Render(v, 80))
		}
		if err != nil {
			got = []string{"!", err.Error()}
		}
		if text := strings.Join(got, " "); text != step.want {
			t.Errorf("%s\n%s\nnot\n%s", step.source, text, step.want)
		}
	}
	if _, err := b.Eval(t.Context(), "in:2", "exit(3)"); !errors.As(err, new(*ExitError)) {
		t.Error(err)
	}
}

func TestALocalAtThePromptIsTold(t *testing.T) {
	b := newBench(t, nil)
	for range 2 {
		if _, err := b.Eval(t.Context(), "in:1", "local x = 1"); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.notes) != 1 || !strings.Contains(b.notes[0], "x = ...") {
		t.Errorf("%q", b.notes)
	}
}

func TestClassify(t *testing.T) {
	for source, want := range map[string]Class{
		"": Expression, "-- x": Expression, "1": Expression, "f()": Expression, "f{}": Expression, "f'x'": Expression,
		"client.search();": Expression, "x, y": Expression, "function() end": Expression, "{\n1\n}": Expression,
		"x = 1": Statement, "local x": Statement, "return 1": Statement, "for i = 1, 2 do end": Statement,
		"f() g()": Statement, "x = 1 -- c": Statement, "#!/bin/sh\nx = 1": Statement, "goto x ::x::": Statement,
		"function f()": Incomplete, "--[[ x": Incomplete, "[==[a]]": Incomplete, "f{": Incomplete, "x:": Incomplete,
		"1 +": Incomplete, "'abc' ..": Incomplete, "for i = 1, 2 do": Incomplete, "if x then": Incomplete,
		"x = {": Incomplete, "x =": Incomplete, "f(1,": Incomplete, "print 'abc\\": Incomplete, "repeat": Incomplete,
		"client.push(": Incomplete, "x.": Incomplete, "not": Incomplete, "local function f(": Incomplete,
		"print 'abc": Invalid, "end": Invalid, "x y": Invalid, "x = ) 1": Invalid, "1e": Invalid, ")": Invalid,
		"f(}": Invalid, "x = 'a": Invalid,
	} {
		got, err := Classify(source)
		if got != want || (err != nil) != (want == Incomplete || want == Invalid) {
			t.Errorf("%q is %v (%v), not %v", source, got, err, want)
		}
	}
}

func TestClassifyShowsTheFurtherError(t *testing.T) {
	for source, want := range map[string]string{
		"x y":            "input:1: unexpected symbol near 'y'",
		"f(1, 2 3)":      "input:1: unexpected symbol near '3'",
		"{1, 2, )}":      "input:1: unexpected symbol near ')'",
		"x = 1\ny = ) 2": "input:2: unexpected symbol near ')'",
	} {
		if _, err := Classify(source); err == nil || err.Error() != want {
			t.Errorf("%q: %v, not %s", source, err, want)
		}
	}
}

func TestSilenced(t *testing.T) {
	for source, want := range map[string]bool{
		"f();": true, "f(); -- not shown": true, "f() ;\n": true,
		"f()": false, "';'": false, "f() -- ;": false, "": false, "'": false,
	} {
		if Silenced(source) != want {
			t.Errorf("%q", source)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, s := range []string{"", "1", "x = 1", "function f(", "'a\\", "--[[", "a.b:c'd'", "\xff", "1e", "((((", "#!x\n1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		class, err := Classify(s)
		if (err != nil) != (class == Incomplete || class == Invalid) {
			t.Errorf("%q is %v with %v", s, class, err)
		}
		Silenced(s)
	})
}

func TestTraceback(t *testing.T) {
	b := newBench(t, nil)
	eval := func(source string) {
		b.out.Reset()
		b.Eval(t.Context(), "in:1", source)
	}
	eval("traceback()")
	if got := b.out.String(); got != "nothing has failed yet\n" {
		t.Errorf("%q", got)
	}
	eval("function f()\nerror('x')\nend")
	b.Eval(t.Context(), "in:2", "f() f()")
	eval("traceback()")
	if got := b.out.String(); !strings.HasPrefix(got, "in:1:2: x\nin:1:2: in function 'f'\nin:2: in main chunk") {
		t.Errorf("%q", got)
	}
}
