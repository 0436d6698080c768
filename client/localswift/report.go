package localswift

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// report is the body of an answer that says what became of several objects, or
// of one after the status was sent.
type report struct {
	names  []string
	values map[string]any
	errors [][2]string // path and what is wrong
}

func (r *report) add(name string, value any) {
	if r.values == nil {
		r.values = map[string]any{}
	}
	r.names = append(r.names, name)
	r.values[name] = value
}

// result adds the status there would have been, and its text.
func (r *report) result(status int, text string) {
	if text == "" {
		text = statusText(status) + "\n" + reasons[status][1]
	}
	r.add("Response Status", fmt.Sprintf("%d %s", status, statusText(status)))
	r.add("Response Body", text)
}

func statusText(status int) string {
	if r, ok := reasons[status]; ok {
		return r[0]
	}
	return http.StatusText(status)
}

// reportType is the type of a report: text unless JSON was asked for.
func (q *request) reportType() string {
	kind := "text/plain"
	if q.format() == formatJSON {
		kind = "application/json"
	}
	if q.s.opt.Personality == RGW {
		kind += "; charset=utf-8"
	}
	return kind
}

// body writes the report in the way of get_heartbeat_response_body.
func (r *report) body(kind string) string {
	var b strings.Builder
	if strings.HasPrefix(kind, "application/json") {
		b.WriteString("{")
		for _, name := range r.names {
			v, _ := json.Marshal(r.values[name]) // strings and numbers encode
			fmt.Fprintf(&b, "%s: %s, ", jsonString(name), v)
		}
		list := make([]string, len(r.errors))
		for i, e := range r.errors {
			list[i] = "[" + jsonString(e[0]) + ", " + jsonString(e[1]) + "]"
		}
		b.WriteString(`"Errors": [` + strings.Join(list, ", ") + "]}")
		return b.String()
	}
	names := slices.Sorted(slices.Values(r.names))
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %v\n", name, r.values[name])
	}
	b.WriteString("Errors:\n")
	for _, e := range r.errors {
		b.WriteString(e[0] + ", " + e[1] + "\n")
	}
	return b.String()
}

// send answers with the report.
func (r *report) send(q *request, status int) {
	kind := q.reportType()
	q.answer(status, kind, r.body(kind))
}

// deletion counts what became of objects that are deleted together.
type deletion struct {
	q                 *request
	deleted, notFound int
	status            int
	text              string
	errors            [][2]string
}

func (d *deletion) problem(path, what string) {
	d.errors = append(d.errors, [2]string{percentEncode(path), what})
}

func (d *deletion) failed(path string, err error) {
	f := failureOf(err)
	if f.status == http.StatusNotFound {
		d.notFound++
		return
	}
	d.problem(path, fmt.Sprintf("%d %s", f.status, statusText(f.status)))
}

// one deletes "container/object", or an empty container.
func (d *deletion) one(path string) {
	container, name, _ := strings.Cut(strings.Trim(path, "/"), "/")
	if name != "" { // an object's name may end in slashes
		container, name, _ = strings.Cut(strings.TrimLeft(path, "/"), "/")
	}
	var err error
	if name == "" {
		if _, err = d.q.enter(d.q.account, container, changeContainer); err == nil {
			err = d.q.removeContainer(d.q.account, container)
		}
	} else {
		var c *containerRow
		if c, err = d.q.enter(d.q.account, container, writeObject); err == nil {
			err = d.q.removeObject(c, name)
		}
	}
	if err != nil {
		d.failed(path, err)
		return
	}
	d.deleted++
}

// send answers 200 with what happened; the true status is in the body.
func (d *deletion) send() {
	r := report{errors: d.errors}
	status := http.StatusOK
	switch {
	case d.status != 0:
		status = d.status
	case len(d.errors) > 0 && d.q.s.opt.Personality == RGW:
		status, _ = strconv.Atoi(d.errors[0][1][:3]) // seen: that of what went wrong
	case len(d.errors) > 0:
		status = http.StatusBadRequest
	case d.deleted+d.notFound == 0:
		status, d.text = http.StatusBadRequest, "Invalid bulk delete."
	}
	r.add("Response Status", fmt.Sprintf("%d %s", status, statusText(status)))
	r.add("Response Body", d.text)
	r.add("Number Deleted", d.deleted)
	r.add("Number Not Found", d.notFound)
	r.send(d.q, http.StatusOK)
}

// errTooManyDeletes stops the reading of a list that is too long.
var errTooManyDeletes = errors.New("too many deletes")
