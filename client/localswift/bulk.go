package localswift

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxBulkRGW lines of a bulk delete RGW looks at; it drops the rest without a
// word.
const maxBulkRGW = 1024

func (q *request) isBulkDelete() bool {
	return q.query.Has("bulk-delete") && (q.r.Method == http.MethodPost || q.r.Method == http.MethodDelete)
}

// bulkDelete deletes what the lines of the body name: objects first, then
// containers. The answer is 200; what happened is in the body.
func (q *request) bulkDelete() error {
	d := deletion{q: q}
	lines, err := q.bulkLines()
	switch {
	case errors.Is(err, errTooManyDeletes):
		d.status, d.text = http.StatusRequestEntityTooLarge, fmt.Sprintf("Maximum Bulk Deletes: %d per request", maxBulkOpenStack)
		d.send()
		return nil
	case err != nil:
		return err
	}
	var containers []string
	for _, path := range lines {
		switch {
		case !utf8.ValidString(path) || strings.ContainsRune(path, 0):
			d.problem(path, "412 Precondition Failed")
		case !strings.Contains(strings.Trim(path, "/"), "/"):
			containers = append(containers, path)
		default:
			d.one(path)
		}
	}
	for _, path := range containers {
		d.one(path)
	}
	d.send()
	return nil
}

// bulkLines reads the list of paths.
func (q *request) bulkLines() ([]string, error) {
	if kind := q.r.Header.Get("Content-Type"); kind != "" && !strings.HasPrefix(kind, "text/plain") && q.s.opt.Personality != RGW {
		return nil, fail(http.StatusNotAcceptable, "")
	}
	if err := q.checkBody(); err != nil {
		return nil, err
	}
	var out []string
	sc := bufio.NewScanner(q.r.Body)
	sc.Buffer(nil, 8*(maxObjectName+maxContainerName))
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if line == "" {
			continue
		}
		if path, err := url.PathUnescape(line); err == nil {
			line = path
		}
		if q.s.opt.Personality == RGW {
			if len(out) == maxBulkRGW {
				break
			}
		} else if len(out) == maxBulkOpenStack {
			return nil, errTooManyDeletes
		}
		out = append(out, line)
	}
	if err := sc.Err(); err != nil {
		return nil, failText(http.StatusBadRequest, "InvalidArgument", "Invalid File Name")
	}
	return out, nil
}

// percentEncode encodes a path for a report; it may hold any bytes.
func percentEncode(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c == '/' || c == '-' || c == '_' || c == '.' || c == '~' || (c >= '0' && c <= '9') || (c|0x20 >= 'a' && c|0x20 <= 'z') {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
