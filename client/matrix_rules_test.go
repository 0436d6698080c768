package client

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// cell is one experiment.
type cell struct {
	row    matrixRow
	column matrixColumn
	rule   matrixRule
	times  int // 0: for good
}

func (c cell) String() string {
	often := "once"
	if c.times == 0 {
		often = "for good"
	}
	return fmt.Sprintf("%s, %s %s: %s", c.column.name, c.row.name, often, c.rule.name)
}

// matrixRule says which requests of an operation are struck.
type matrixRule struct {
	name  string
	match func(label string) bool
}

// asked are the requests of an operation on which nothing goes wrong.
type asked []string

// rules are a rule a kind of request that the fault can happen to, and with -long one a request.
func (a asked) rules(row matrixRow, only string) (rules []matrixRule) {
	if row.whole {
		return []matrixRule{{name: "everything", match: func(string) bool { return true }}}
	}
	for _, label := range a {
		kind := kindOf(label)
		if row.kinds != "" && !strings.Contains(row.kinds, kind) || only != "" && only != kind {
			continue
		}
		if !slices.ContainsFunc(rules, func(r matrixRule) bool { return r.name == kind }) {
			rules = append(rules, matrixRule{name: kind, match: func(label string) bool { return kindOf(label) == kind }})
		}
		if *longMatrix {
			rules = append(rules, matrixRule{name: label, match: func(other string) bool { return label == other }})
		}
	}
	return rules
}

// labelOf tells requests apart.
func labelOf(r *http.Request) string {
	label := r.Method + " " + r.URL.RequestURI()
	if span := r.Header.Get("Range"); span != "" {
		label += " " + span
	}
	if r.Header.Get("X-Copy-From") != "" {
		label = "COPY " + label
	}
	return label
}

var kinds = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"sign-in", regexp.MustCompile(`^GET /auth`)},
	{"account", regexp.MustCompile(`^GET /v1/[^/]+\?`)},
	{"listing", regexp.MustCompile(`^GET /v1/[^/]+/[^/]+\?`)},
	{"range", regexp.MustCompile(`^GET .* bytes=`)},
	{"get", regexp.MustCompile(`^GET `)},
	{"container", regexp.MustCompile(`^HEAD /v1/[^/]+/?[^/]*$`)},
	{"head", regexp.MustCompile(`^HEAD `)},
	{"manifest", regexp.MustCompile(`^PUT .*multipart-manifest=put`)},
	{"segment", regexp.MustCompile(`^PUT .*/\.segments/`)},
	{"create", regexp.MustCompile(`^PUT /v1/[^/]+/[^/]+$`)},
	{"copy", regexp.MustCompile(`^COPY `)},
	{"put", regexp.MustCompile(`^PUT `)},
	{"delete", regexp.MustCompile(`^DELETE `)},
	{"post", regexp.MustCompile(`^POST `)},
}

func kindOf(label string) string {
	for _, k := range kinds {
		if k.pattern.MatchString(label) {
			return k.name
		}
	}
	return label
}
