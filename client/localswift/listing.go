package localswift

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// listing is what a listing request asks for.
type listing struct {
	marker, end, prefix, delimiter string
	path                           *string // the pseudo-directory asked for, the older form of prefix and delimiter
	folders                        bool    // by path, the pseudo-directories in it are listed, too
	limit                          int
	reverse                        bool
}

// listing reads the parameters. account says what is listed: containers, or
// objects.
func (q *request) listing(account bool) (*listing, error) {
	p := q.s.opt.Personality
	for _, name := range []string{"marker", "end_marker", "prefix", "delimiter", "path", "format"} {
		if !utf8.ValidString(q.query.Get(name)) {
			return nil, failPlain(http.StatusBadRequest, "InvalidArgument", `"`+name+`" parameter not valid UTF-8`)
		}
	}
	l := &listing{
		marker: q.query.Get("marker"), end: q.query.Get("end_marker"),
		prefix: q.query.Get("prefix"), delimiter: q.query.Get("delimiter"),
		reverse: isTrue(q.query.Get("reverse")),
	}
	if p == RGW { // seen: each ignores one of the two
		if account {
			l.delimiter = ""
		} else {
			l.reverse = false
		}
	}
	if q.query.Has("path") && !account {
		path := q.query.Get("path")
		if path != "" {
			path = strings.TrimRight(path, "/") + "/"
		}
		l.path, l.prefix, l.delimiter = &path, path, "/"
		l.folders = p == RGW
	}
	var err error
	l.limit, err = p.limit(q.query.Get("limit"), account)
	return l, err
}

// isTrue reads a flag as swift's config_true_value does.
func isTrue(v string) bool {
	switch strings.ToLower(v) {
	case "true", "1", "yes", "on", "t", "y":
		return true
	}
	return false
}

// entry is one line of a listing.
type entry struct {
	subdir string // alone, when not ""
	name   string

	object *objectRow // of a container's listing

	count, bytes int64 // of an account's listing
	changed      stamp
}

// table is what a listing reads: names in order, and what goes with them.
type table struct {
	query string // ends in a condition; bounds, order and limit are added
	args  []any
	scan  func(*sql.Rows) (entry, error)
}

// each gives the entries l asks for, in order. It follows list_objects_iter of
// swift/container/backend.py: below a delimiter one query finds the next name
// and skips to the end of its pseudo-directory, so that a listing of few
// directories is cheap however many names they hold.
func (t *table) each(ctx context.Context, db querier, l *listing, emit func(entry) error) error {
	b := bounds{low: l.marker, high: l.end, left: l.limit}
	if l.reverse {
		b.low, b.high = b.high, b.low
	}
	for b.left > 0 {
		again, err := t.scanRange(ctx, db, l, &b, emit)
		if err != nil || !again {
			return err
		}
	}
	return nil
}

// bounds is the part of the names still to be listed.
type bounds struct {
	low       string // exclusive unless inclusive says otherwise; "" is none
	inclusive bool
	high      string // exclusive; "" is none
	left      int    // how many entries more
}

// condition adds the bounds and the prefix to a query. Bounds can end within a
// UTF-8 sequence, so they go in as bytes.
func (b *bounds) condition(l *listing, query string, args []any) (string, []any) {
	add := func(condition, bound string) {
		query += " AND name " + condition + " CAST(? AS TEXT)"
		args = append(args, []byte(bound))
	}
	switch {
	case b.low != "" && b.low >= l.prefix && b.inclusive:
		add(">=", b.low)
	case b.low != "" && b.low >= l.prefix:
		add(">", b.low)
	case l.prefix != "":
		add(">=", l.prefix)
	}
	top, bounded := after(l.prefix)
	if b.high != "" && (!bounded || b.high < top) {
		top, bounded = b.high, true
	}
	if bounded {
		add("<", top)
	}
	if l.path != nil {
		add("<>", *l.path)
	}
	query += " ORDER BY name"
	if l.reverse {
		query += " DESC"
	}
	return query + " LIMIT ?", append(args, b.left)
}

// scanRange runs one query. It tells whether it stopped at a pseudo-directory,
// having moved the bound past it.
func (t *table) scanRange(ctx context.Context, db querier, l *listing, b *bounds, emit func(entry) error) (again bool, err error) {
	query, args := b.condition(l, t.query, slices.Clone(t.args))
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		e, err := t.scan(rows)
		if err != nil {
			return false, err
		}
		if dir, ok := l.directory(e.name); ok {
			if l.reverse {
				b.high = dir
			} else {
				b.low, b.inclusive = atLeast(dir), true
			}
			if (l.path != nil && !l.folders) || dir == l.marker {
				return true, nil
			}
			b.left--
			return true, emit(entry{subdir: dir})
		}
		b.left--
		if err := emit(e); err != nil {
			return false, err
		}
	}
	return false, rows.Err()
}

// directory is the pseudo-directory a name is listed as. By path the
// directories' own names are listed, and what is below them is not.
func (l *listing) directory(name string) (string, bool) {
	if l.delimiter == "" {
		return "", false
	}
	i := strings.Index(name[len(l.prefix):], l.delimiter)
	if i < 0 {
		return "", false
	}
	dir := name[:len(l.prefix)+i+len(l.delimiter)]
	return dir, l.path == nil || len(name) > len(dir)
}

// atLeast is the least string after all that begin with prefix. UTF-8 has no
// byte 0xff, so there always is one.
func atLeast(prefix string) string {
	s, _ := after(prefix)
	return s
}

// eachObject lists a container.
func (s *store) eachObject(ctx context.Context, container int64, l *listing, emit func(entry) error) error {
	t := table{
		query: "SELECT name, size, etag, type, changed, slo, total, whole FROM object WHERE container = ?",
		args:  []any{container},
		scan: func(rows *sql.Rows) (entry, error) {
			o := &objectRow{}
			err := rows.Scan(&o.name, &o.size, &o.etag, &o.kind, &o.changed, &o.slo, &o.total, &o.whole)
			return entry{name: o.name, object: o}, err
		},
	}
	return t.each(ctx, s.read, l, emit)
}

// eachContainer lists an account.
func (s *store) eachContainer(ctx context.Context, account int64, l *listing, emit func(entry) error) error {
	t := table{
		query: "SELECT name, objects, bytes, changed FROM container WHERE account = ?",
		args:  []any{account},
		scan: func(rows *sql.Rows) (entry, error) {
			var e entry
			err := rows.Scan(&e.name, &e.count, &e.bytes, &e.changed)
			return e, err
		},
	}
	return t.each(ctx, s.read, l, emit)
}
