package modules_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	"pgregory.net/rapid"
)

func TestSort(t *testing.T) {
	prints(t, map[string]string{
		`print(sort.natural{"a10", "a2", "A1", "a2b", "a"})`:                                         "1  A1\n2  a\n3  a2\n4  a2b\n5  a10",
		`print(sort.version{"1.10", "v1.9", "2.0", "2.0-rc2", "2.0-rc10", "1.9.1"})`:                 "1  v1.9\n2  1.9.1\n3  1.10\n4  2.0-rc2\n5  2.0-rc10\n6  2.0",
		`print(sort.natural({"a", "b"}, {reverse = true}))`:                                          "1  b\n2  a",
		`local t = {"b", "a"} sort.natural(t) print(t[1])`:                                           "b",
		`print(sort.by({{n = 2, s = "a"}, {n = 1, s = "b"}, {s = "c"}}, "n")[3].s)`:                  "c",
		`print(sort.by({"bbb", "a", "cc"}, function(s) return #s end))`:                              "1  a\n2  cc\n3  bbb",
		`print(sort.version({{tag = "1.10"}, {tag = "1.9"}}, {key = "tag"})[1].tag)`:                 "1.9",
		`print(sort.compare("1.0", "1"), sort.compare("1.0-rc1", "1.0"), sort.compare("v2", "1.9"))`: "0\t-1\t1",
		`print(#sort.natural{})`: "0",
	})
	raises(t, map[string]string{
		`sort.natural("x")`:   "invalid: sort.natural: list must be a list, not a string",
		`sort.by({{}})`:       "invalid: sort.by: key is missing",
		`sort.by({"a"}, "n")`: `invalid: sort.by: an item of the list is a string and has no field "n"`,
		`sort.by({"a"}, 5)`:   "invalid: sort.by: key must be a name or a function, not a number",
		`sort.by({1}, function() error("mine", 0) end)`: "internal mine",
	})
}

func TestOrders(t *testing.T) {
	for name, test := range map[string]struct {
		compare func(a, b string) int
		sorted  string
	}{
		"natural": {modules.Natural, "|0|01|1|2|10|100000000000000000000000|a|a01|a1|a2|a10|b"},
		"version": {modules.Version, "0.9|1.0-alpha|1.0-alpha.1|1.0-beta|1.0-beta.2|1.0-beta.11|1.0-rc1|1.0|1.0.1|1.2|1.10|2|18.04|20.04|latest"},
	} {
		want := strings.Split(test.sorted, "|")
		got := slices.Clone(want)
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		slices.SortFunc(got, test.compare)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestOrdersAreOrders(t *testing.T) {
	text := rapid.StringMatching(`v?[0-9a.\-+]{0,6}`)
	for name, compare := range map[string]func(a, b string) int{"natural": modules.Natural, "version": modules.Version} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a, b, c := text.Draw(t, "a"), text.Draw(t, "b"), text.Draw(t, "c")
				if compare(a, b) != -compare(b, a) || compare(a, a) != 0 {
					t.Fatalf("%q and %q", a, b)
				}
				if compare(a, b) <= 0 && compare(b, c) <= 0 && compare(a, c) > 0 {
					t.Fatalf("%q <= %q <= %q", a, b, c)
				}
			})
		})
	}
}

func FuzzParsers(f *testing.F) {
	for _, s := range []string{"", "5", "1.5 GiB", "1h30min", "2026-11-22T21:05:33Z", "9e99", ".", "1e5k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := modules.ParseDuration(s); err == nil && !(n >= 0) {
			t.Errorf("%q is %v", s, n)
		}
		modules.ParseTime(s)
	})
}
