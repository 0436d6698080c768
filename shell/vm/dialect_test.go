package vm

import (
	"strings"
	"testing"
)

func TestEscapesOfLaterLuas(t *testing.T) {
	for source, line := range map[string]string{
		`x = "\x41"`:                          "1",
		"x = 1\ny = '\\u{48}'":                "2",
		"x = [[\n]] y = 'a\\\nb' .. '\\z'":    "3",
		"--[==[ '\\x' \n ]] ]==] x = '\\x00'": "2",
	} {
		b := newBench(t, nil)
		if got := b.fails(t, source).Message; !strings.HasPrefix(got, "test.lua:"+line+`: \`) || !strings.Contains(got, "is no escape of Lua 5.1") {
			t.Errorf("%s\n%s", source, got)
		}
		if class, _ := Classify(source); class != Invalid {
			t.Errorf("%s is %v", source, class)
		}
	}
	b := newBench(t, nil)
	for _, source := range []string{
		`x = "\65\\x41"`, `-- "\x41"`, "--[[ '\\x' ]] x = 1", `x = [[\x41]]`, `x = [==[ ]] "\x41" ]==]`, `x = '"\\u'`, `x = t and t[1]`,
	} {
		b.run(t, source)
	}
}

func TestSlipsOfOtherLanguages(t *testing.T) {
	for source, want := range map[string]string{
		"if x != 1 then end":  "not equal is ~=",
		"x += 1":              "x = x + 1",
		"x++":                 "x = x + 1",
		"x -= 1":              "x = x - 1",
		"y = a // b":          "math.floor",
		"if a && b then end":  "and is a word",
		"if a || b then end":  "or is a word",
		"if !a then end":      "not is a word",
		"local x <const> = 5": "no <const>",
		"if x = 1 then end":   "a comparison is ==",
		"y = a & b":           "no bit operators",
		"\n\nprint(a != b)":   "not equal is ~=",
	} {
		b := newBench(t, nil)
		if got := b.fails(t, source).Message; !strings.Contains(got, want) {
			t.Errorf("%s\n%s", source, got)
		}
		if _, err := Classify(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("at the prompt: %s\n%v", source, err)
		}
	}
}
