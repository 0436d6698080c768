package vm

import "testing"

func TestBlame(t *testing.T) {
	b := newBench(t, nil)
	if _, err := b.Eval(t.Context(), "in:1", "images = {{size = 1}} settings = {deep = {}, n = 1} function assist() end"); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		`clinet.push("a", "b")`:                 `in:2: attempt to index clinet, which is nil (did you mean "client"?)`,
		`clinet:push("a", "b")`:                 `in:2: attempt to index clinet, which is nil (did you mean "client"?)`,
		`tostrin(1)`:                            `in:2: attempt to call tostrin, which is nil (did you mean "tostring"?)`,
		`string.fromat("%d", 1)`:                `in:2: attempt to call string.fromat, which is nil (did you mean "string.format"?)`,
		`("x"):fromat()`:                        `in:2: attempt to call "x".fromat, which is no function`,
		`settings.deep.er.x = 1`:                `in:2: attempt to index settings.deep.er, which is nil`,
		`settings.depe.x = 1`:                   `in:2: attempt to index settings.depe, which is nil (did you mean "settings.deep"?)`,
		`settings.n.x = 1`:                      `in:2: attempt to index settings.n, which is a number`,
		`settings.n()`:                          `in:2: attempt to call settings.n, which is a number`,
		`images[2].size`:                        `in:2: attempt to index images[2], which is nil`,
		`images[#images + 1].size`:              `in:2: attempt to index images[...], which is nil`,
		`assist().x`:                            `in:2: attempt to index assist(...), which is nil`,
		`print(tostring(1), asist(2))`:          `in:2: attempt to call asist, which is nil (did you mean "assist"?)`,
		`local clien; clien.x = 1`:              `in:2: attempt to index clien, which is nil`,
		`nothing.like.it`:                       `in:2: attempt to index nothing, which is nil`,
		`(nil).x`:                               `in:2: attempt to index (...), which is nil`,
		"x = 1\nclinet.push()":                  `in:2:2: attempt to index clinet, which is nil (did you mean "client"?)`,
		`local a, b = {}, nil; print(a.x, b.x)`: `in:2: attempt to index a nil value with key "x"`,
		`error("x:1: attempt to call a non-function object", 0)`: `x:1: attempt to call what is no function`,
		`loadstring("clinet.push()", "mine")()`:                  `mine:1: attempt to index clinet, which is nil (did you mean "client"?)`,
	} {
		_, err := b.Eval(t.Context(), "in:2", source)
		if err == nil || err.Error() != want {
			t.Errorf("%s\n%v\nnot\n%s", source, err, want)
		}
	}
	// What was defined by an earlier entry is still known.
	if _, err := b.Eval(t.Context(), "in:3", "function f()\n  return clinet.x\nend"); err != nil {
		t.Fatal(err)
	}
	_, err := b.Eval(t.Context(), "in:4", "f()")
	if want := `in:3:2: attempt to index clinet, which is nil (did you mean "client"?)`; err == nil || err.Error() != want {
		t.Errorf("%v, not %s", err, want)
	}
}

func TestMeant(t *testing.T) {
	b := newBench(t, nil)
	if _, err := b.Eval(t.Context(), "in:1", "image = {size = 1} trap = setmetatable({}, {__index = function() error('called') end})"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"clien": "client", "client.psuh": "client.push", "image.sise": "image.size",
		"client": "", "client.push": "", "no.such": "", "image.completely": "", "trap.x": "", "1 + 1": "", "": "",
	} {
		if got := b.Meant(path); got != want {
			t.Errorf("%s: %q, not %q", path, got, want)
		}
	}
}
