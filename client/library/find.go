package library

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

// selectRows reads rows with their collections. Times are read as the text they are.
const selectRows = `SELECT c.id, c.collection_id, coalesce(l.name, ''), c.name, c.tag, coalesce(c.version, ''), coalesce(c.image, ''),
	coalesce(c.url, ''), coalesce(c.uri, ''), c.client, coalesce(CAST(c.created_at AS TEXT), ''), c.metrics
	FROM container c LEFT JOIN collection l ON l.id = c.collection_id `

func query(q querier, where string, args ...any) ([]Row, error) {
	found, err := q.QueryContext(background, selectRows+where, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var rows []Row
	for found.Next() {
		var r Row
		var created, metrics string
		if err := found.Scan(&r.ID, &r.CollectionID, &r.Collection, &r.Name, &r.Tag, &r.Version, &r.Image, &r.URL, &r.URI, &r.Client, &created, &metrics); err != nil {
			return nil, err
		}
		r.Created, r.Metrics = parseTime(created), parseMetrics(metrics)
		rows = append(rows, r)
	}
	return rows, found.Err()
}

// named are the rows that sregistry-cli finds under a name, of the version it asks for.
func named(q querier, n name.Name) ([]Row, error) {
	collection, image, tag := columns(n)
	where, args := "WHERE l.name = ? AND c.name = ? AND c.tag = ?", []any{collection, image, tag}
	if v := version(n); v != "" {
		where += " AND lower(c.version) = ?"
		args = append(args, v)
	}
	return query(q, where, args...)
}

// All are the images of the library, or those whose name, version or address holds text, in any
// case: the oldest first, as sregistry-cli lists them.
func (l *Library) All(ctx context.Context, text string) ([]Row, error) {
	var rows []Row
	err := l.read(ctx, func(q querier) (err error) {
		rows, err = query(q, "ORDER BY c.id")
		return err
	})
	if err != nil || text == "" || text == "*" {
		return rows, err
	}
	text = strings.ToLower(text)
	var out []Row
	for _, r := range rows {
		if strings.Contains(strings.ToLower(r.String()+"\n"+r.URI+"\n"+r.URL), text) {
			out = append(out, r)
		}
	}
	return out, nil
}

// Versions are the images of a name, the newest first: those of exactly that name if there are
// any, else those that differ in capitals, else those that sregistry-cli takes for it.
func (l *Library) Versions(ctx context.Context, n name.Name) ([]Row, error) {
	n = meant(n)
	var rows []Row
	err := l.read(ctx, func(q querier) (err error) {
		rows, err = named(q, n)
		return err
	})
	return best(rows, n), err
}

// some is Versions of what has to be there. ErrNotFound when there is none.
func (l *Library) some(ctx context.Context, n name.Name) ([]Row, error) {
	rows, err := l.Versions(ctx, n)
	if err == nil && len(rows) == 0 {
		err = ErrNotFound
	}
	return rows, err
}

// Find is the newest image of a name. ErrNotFound when there is none.
func (l *Library) Find(ctx context.Context, n name.Name) (Row, error) {
	rows, err := l.some(ctx, n)
	if err != nil {
		return Row{}, err
	}
	return rows[0], nil
}

// One is the one image of a name, for what changes it. ErrAmbiguous when there are several
// versions and the name tells none.
func (l *Library) One(ctx context.Context, n name.Name) (Row, error) {
	rows, err := l.some(ctx, n)
	switch {
	case err != nil:
		return Row{}, err
	case len(rows) > 1:
		all := make([]string, len(rows))
		for i, r := range rows {
			all[i] = r.String()
		}
		return Row{}, fmt.Errorf("%w: %s", ErrAmbiguous, strings.Join(all, " or "))
	}
	return rows[0], nil
}

// Exact are the images of exactly that name, capitals aside: what may stand in for the remote one.
func (l *Library) Exact(ctx context.Context, n name.Name) ([]Row, error) {
	rows, err := l.Versions(ctx, n)
	if err != nil || len(rows) == 0 || rows[0].likeness(meant(n)) == namesake {
		return nil, err
	}
	return rows, nil
}

// Bytes are the images of any name with this version, the SHA-256 of their bytes.
func (l *Library) Bytes(ctx context.Context, sha256 string) ([]Row, error) {
	var rows []Row
	err := l.read(ctx, func(q querier) (err error) {
		rows, err = query(q, "WHERE c.version = ? ORDER BY c.id", sha256)
		return err
	})
	return rows, err
}

// others counts the other rows that name a file: it goes with the last of them.
func others(q querier, r Row) (n int, err error) {
	err = q.QueryRowContext(background, "SELECT count(*) FROM container WHERE image = ? AND id <> ?", r.Image, r.ID).Scan(&n)
	return n, err
}

// null is an empty string as sregistry-cli keeps it.
func null(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }
