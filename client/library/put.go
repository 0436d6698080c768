package library

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

// Entry is an image to record.
type Entry struct {
	Name    name.Name
	Written string // the name as somebody wrote it
	Version string // the SHA-256 of the file, lower-case hex
	Image   string // the file's path, absolute
	URL     string // where it came from; may be empty
	Metrics map[string]any
}

// client is who brought an image, as sregistry-cli calls this storage.
const client = "swift"

// Record adds a row, or renews the one of that name and version, which is the newest of its name
// then. A row goes on naming the library's own file when the user's file is another one. created
// tells whether the row is a new one.
func (l *Library) Record(ctx context.Context, e Entry) (row Row, created bool, err error) {
	n := meant(e.Name)
	metrics := maps.Clone(e.Metrics)
	if metrics == nil {
		metrics = map[string]any{}
	}
	maps.Copy(metrics, names(n, e.Written))
	if info, err := os.Stat(e.Image); err == nil {
		metrics[metricSize], metrics[metricTime] = info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano)
	}
	uri := n.String()
	if e.Version != "" {
		uri += "@" + e.Version
	}
	url := e.URL
	if url == "" {
		url = n.Collection + "/" + n.Image
	}
	err = l.write(ctx, func(q querier) error {
		collection, image, tag := columns(n)
		id, err := collectionID(q, collection)
		if err != nil {
			return err
		}
		old, err := query(q, "WHERE c.collection_id = ? AND c.name = ? AND c.tag = ? AND coalesce(c.version, '') = ?", id, image, tag, e.Version)
		if err != nil {
			return err
		}
		if created = len(old) == 0; created {
			err = insert(q, id, image, tag, uri, url, e, metrics)
		} else {
			err = l.renew(q, best(old, n)[0], e, metrics)
		}
		if err != nil {
			return err
		}
		now, err := query(q, "WHERE c.collection_id = ? AND c.name = ? AND c.tag = ? AND coalesce(c.version, '') = ? ORDER BY c.created_at DESC", id, image, tag, e.Version)
		if err == nil {
			row = now[0]
		}
		return err
	})
	return row, created, err
}

func insert(q querier, collection int64, image, tag, uri, url string, e Entry, metrics map[string]any) error {
	text, err := json.Marshal(metrics)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(background, `INSERT INTO container (created_at, metrics, name, tag, image, url, uri, client, version, collection_id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, now(), string(text), image, tag, null(e.Image), null(url), uri, client, e.Version, collection)
	return err
}

func (l *Library) renew(q querier, old Row, e Entry, metrics map[string]any) error {
	if e.Image == "" || e.Image != old.Image && l.Holds(old.Image) && !l.Holds(e.Image) && isFile(old.Image) {
		e.Image = old.Image
		delete(metrics, metricSize)
		delete(metrics, metricTime)
	}
	merged := maps.Clone(old.Metrics)
	maps.Copy(merged, metrics)
	text, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(background, `UPDATE container SET image = ?, metrics = ?, created_at = ? WHERE id = ?`, null(e.Image), string(text), now(), old.ID)
	return err
}

func now() string { return time.Now().UTC().Format(timeLayout) }

// collectionID is the row of a collection, made if it is not there.
func collectionID(q querier, collection string) (int64, error) {
	var id int64
	const find = "SELECT id FROM collection WHERE name = ?"
	err := q.QueryRowContext(background, find, collection).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	made, err := q.ExecContext(background, "INSERT INTO collection (name, token, created_at) VALUES (?, ?, ?)", collection, uuid.NewString(), now())
	if err != nil {
		return 0, err
	}
	return made.LastInsertId()
}

// Keys of Row.Metrics that this shell adds: what the file was when its bytes were known.
const (
	metricSize = "size"
	metricTime = "mtime"
)

// Unchanged tells whether the row's file is as it was when its version was taken. It is false for
// a file that another tool recorded, of which that is not known.
func (r Row) Unchanged() bool {
	info, err := os.Stat(r.Image)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	size, _ := r.Metrics[metricSize].(float64)
	at, _ := r.Metrics[metricTime].(string)
	return int64(size) == info.Size() && at == info.ModTime().UTC().Format(time.RFC3339Nano)
}

// File is the path of the row's image, which must be there: fs.ErrNotExist if not.
func (r Row) File() (string, error) {
	if r.Image == "" {
		return "", fs.ErrNotExist
	}
	info, err := os.Stat(r.Image)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: r.Image, Err: fs.ErrInvalid}
	}
	return r.Image, err
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
