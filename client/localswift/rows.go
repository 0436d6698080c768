package localswift

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// stamp is a time in microseconds since 1970, a multiple of ten: Swift's
// timestamps have five decimals.
type stamp int64

func stampOf(t time.Time) stamp { return stamp(t.UnixMicro() / 10 * 10) }

func (s stamp) time() time.Time { return time.UnixMicro(int64(s)).UTC() }

// fields are the headers kept with an account, a container or an object, under
// canonical names.
type fields map[string]string

// text is the form they are stored in: each name and value, sorted, ended by
// NUL. Values can be any bytes but that; JSON could not hold them.
func (f fields) text() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		b.WriteString(name + "\x00" + f[name] + "\x00")
	}
	return b.String()
}

// Scan reads the form text makes.
func (f *fields) Scan(v any) error {
	*f = fields{}
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case []byte:
		text = string(v)
	default:
		return errors.New("headers are no text")
	}
	for text != "" {
		name, rest, ok := strings.Cut(text, "\x00")
		value, rest, ok2 := strings.Cut(rest, "\x00")
		if !ok || !ok2 {
			return errors.New("headers are cut short")
		}
		(*f)[name], text = value, rest
	}
	return nil
}

type accountRow struct {
	id      int64
	name    string
	created stamp
	headers fields

	containers, objects, bytes int64
}

type containerRow struct {
	id, account      int64
	owner            string // the account's name
	name             string
	created, changed stamp
	headers          fields
	objects, bytes   int64
}

type objectRow struct {
	container int64
	name      string
	blob      string
	size      int64 // of what is stored: for a static large object the manifest's
	etag      string
	kind      string // Content-Type
	changed   stamp
	slo       bool
	total     int64  // of a static large object
	whole     string // ETag of a static large object, unquoted
	deleteAt  int64  // seconds since 1970, 0: never
	headers   fields
}

// expired tells whether X-Delete-At has come.
func (o *objectRow) expired(now time.Time) bool {
	return o.deleteAt > 0 && o.deleteAt <= now.Unix()
}

// errNoRow says that there is no such account, container or object.
var errNoRow = sql.ErrNoRows

const accountColumns = `a.id, a.name, a.created, a.headers,
	(SELECT count(*) FROM container c WHERE c.account = a.id),
	(SELECT coalesce(sum(objects), 0) FROM container c WHERE c.account = a.id),
	(SELECT coalesce(sum(bytes), 0) FROM container c WHERE c.account = a.id)`

func getAccount(ctx context.Context, q querier, name string) (*accountRow, error) {
	a := &accountRow{}
	err := q.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM account a WHERE a.name = ?", name).
		Scan(&a.id, &a.name, &a.created, &a.headers, &a.containers, &a.objects, &a.bytes)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// makeAccount returns the account, created if need be.
func makeAccount(tx *sql.Tx, name string, now stamp) (*accountRow, error) {
	if _, err := tx.Exec("INSERT INTO account (name, created) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, int64(now)); err != nil {
		return nil, err
	}
	return getAccount(background, tx, name)
}

const containerColumns = `c.id, c.account, a.name, c.name, c.created, c.changed, c.headers, c.objects, c.bytes`

func (c *containerRow) scan(row interface{ Scan(...any) error }) error {
	return row.Scan(&c.id, &c.account, &c.owner, &c.name, &c.created, &c.changed, &c.headers, &c.objects, &c.bytes)
}

// getContainer finds a container. With account "" it is looked for in every
// account, as RGW does, whose container names are common to all users.
func getContainer(ctx context.Context, q querier, account, name string) (*containerRow, error) {
	query := "SELECT " + containerColumns + " FROM container c JOIN account a ON a.id = c.account WHERE c.name = ?"
	args := []any{name}
	if account != "" {
		query += " AND a.name = ?"
		args = append(args, account)
	}
	c := &containerRow{}
	if err := c.scan(q.QueryRowContext(ctx, query+" ORDER BY c.id LIMIT 1", args...)); err != nil {
		return nil, err
	}
	return c, nil
}

const objectColumns = `container, name, blob, size, etag, type, changed, slo, total, whole, delete_at, headers`

func (o *objectRow) scan(row interface{ Scan(...any) error }) error {
	return row.Scan(&o.container, &o.name, &o.blob, &o.size, &o.etag, &o.kind, &o.changed, &o.slo, &o.total, &o.whole, &o.deleteAt, &o.headers)
}

func getObject(ctx context.Context, q querier, container int64, name string) (*objectRow, error) {
	o := &objectRow{}
	err := o.scan(q.QueryRowContext(ctx, "SELECT "+objectColumns+" FROM object WHERE container = ? AND name = ?", container, name))
	if err != nil {
		return nil, err
	}
	return o, nil
}

// putObject writes the row in place of what was there, keeps the container's
// totals, and returns the blob that nothing names any more, or "".
func putObject(tx *sql.Tx, o *objectRow) (unused string, err error) {
	old, err := getObject(background, tx, o.container, o.name)
	if err != nil && !errors.Is(err, errNoRow) {
		return "", err
	}
	if err := addRef(tx, o.blob); err != nil {
		return "", err
	}
	objects, bytes := int64(1), o.size
	if old != nil {
		objects, bytes = 0, o.size-old.size
		if last, err := dropRef(tx, old.blob); err != nil {
			return "", err
		} else if last {
			unused = old.blob
		}
	}
	if _, err := tx.Exec("INSERT OR REPLACE INTO object ("+objectColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
		o.container, o.name, o.blob, o.size, o.etag, o.kind, int64(o.changed), o.slo, o.total, o.whole, o.deleteAt, []byte(o.headers.text())); err != nil {
		return "", err
	}
	return unused, addTotals(tx, o.container, objects, bytes)
}

// deleteObject removes the row and returns the blob nothing names any more.
func deleteObject(tx *sql.Tx, o *objectRow) (unused string, err error) {
	if _, err := tx.Exec("DELETE FROM object WHERE container = ? AND name = ?", o.container, o.name); err != nil {
		return "", err
	}
	if last, err := dropRef(tx, o.blob); err != nil {
		return "", err
	} else if last {
		unused = o.blob
	}
	return unused, addTotals(tx, o.container, -1, -o.size)
}

func addTotals(tx *sql.Tx, container, objects, bytes int64) error {
	_, err := tx.Exec("UPDATE container SET objects = objects + ?, bytes = bytes + ? WHERE id = ?", objects, bytes, container)
	return err
}
