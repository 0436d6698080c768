package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// bulk is what a bulk answer says.
type bulk struct {
	Status   string     `json:"Response Status"`
	Deleted  int        `json:"Number Deleted"`
	NotFound int        `json:"Number Not Found"`
	Errors   [][]string `json:"Errors"`
}

func (x *endpoint) bulk(s step) bulk {
	x.Helper()
	s.head += "\nAccept: application/json"
	a := x.ask(s)
	var b bulk
	if err := json.Unmarshal([]byte(a.body), &b); err != nil || a.status != 200 {
		x.Fatalf("%s: %d %v %q", s.does, a.status, err, a.body)
	}
	return b
}

// bulkDelete deletes what the lines name.
func (x *endpoint) bulkDelete(text string) {
	x.Helper()
	x.steps(step{does: "POST /.", query: "bulk-delete", head: "Content-Type: text/plain", send: text, status: 200})
}

func TestRawBulkDelete(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		x.put("a", "1", "b%20c", "2", "d", "3", "e", "4")
		del := func(method, text string) bulk {
			return x.bulk(step{does: method + " /.", query: "bulk-delete", head: "Content-Type: text/plain", send: text})
		}
		for _, k := range []struct {
			method, text string
			want         bulk
		}{
			{"POST", "{c}/a\n/{c}/b%20c\n{c}/none\n{c}-none/x\n", bulk{"200 OK", 2, 2, [][]string{}}},
			{"DELETE", "/{c}/d", bulk{"200 OK", 1, 0, [][]string{}}},
			{"POST", "{c}/none", bulk{"200 OK", 0, 1, [][]string{}}},
			{"POST", "{c}", bulk{c.BulkConflict, 0, 0, [][]string{{"{c}", "409 Conflict"}}}},
			{"POST", "{c}/e\n{c}", bulk{"200 OK", 2, 0, [][]string{}}},
		} {
			got := del(k.method, k.text)
			for _, e := range got.Errors {
				e[0] = strings.ReplaceAll(strings.Trim(e[0], "/"), x.container, "{c}")
			}
			if fmt.Sprint(got) != fmt.Sprint(k.want) {
				t.Errorf("%s %q: %v, want %v", k.method, k.text, got, k.want)
			}
		}
		x.steps(step{does: "GET .", status: 404})
	})
}
