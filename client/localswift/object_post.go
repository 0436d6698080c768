package localswift

import (
	"database/sql"
	"errors"
	"net/http"
)

// postObject replaces an object's metadata. On OpenStack the other kept headers
// go as well unless sent again; RGW keeps them. The Content-Type stays unless
// given, the body always.
func (q *request) postObject() error {
	p, h := q.s.opt.Personality, q.r.Header
	c, err := q.own(writeObject)
	if err != nil {
		return err
	}
	if err := checkMetadata(p, h, "Object"); err != nil {
		return err
	}
	at, given, err := deleteAt(h, q.now)
	if err != nil {
		return err
	}
	err = q.store.update(func(tx *sql.Tx) error {
		o, err := q.liveObject(tx, c.id, q.object)
		if err != nil {
			return err
		}
		if err := q.mayRead(c, o); err != nil {
			return err
		}
		f := objectFields(p, h)
		if by, ok := o.headers[putBy]; ok {
			f[putBy] = by
		}
		if p == RGW {
			for _, name := range keptHeaders {
				if v, ok := o.headers[name]; ok && f[name] == "" {
					f[name] = v
				}
			}
			if !given {
				at = o.deleteAt
			}
		}
		kind := o.kind
		if v := h.Get("Content-Type"); v != "" {
			kind = v
		}
		size := o.size
		if o.slo && p == RGW {
			size = 0 // seen: what is counted and listed from then on
		}
		if _, err := tx.Exec("UPDATE object SET headers = ?, type = ?, delete_at = ?, changed = ?, size = ? WHERE container = ? AND name = ?",
			[]byte(f.text()), kind, at, int64(stampOf(q.s.opt.Now())), size, c.id, q.object); err != nil {
			return err
		}
		return addTotals(tx, c.id, 0, size-o.size)
	})
	if err != nil {
		return err
	}
	q.done(http.StatusAccepted)
	return nil
}

// liveObject is the object unless it is gone or has expired.
func (q *request) liveObject(from querier, container int64, name string) (*objectRow, error) {
	o, err := getObject(q.contextFor(from), from, container, name)
	if errors.Is(err, errNoRow) || (err == nil && o.expired(q.now) && !q.stale) {
		return nil, errNoObject
	}
	return o, err
}

func (q *request) deleteObject() error {
	if q.query.Get("multipart-manifest") == "delete" {
		return q.deleteManifest()
	}
	c, err := q.own(writeObject)
	if err != nil {
		return err
	}
	if err := q.removeObject(c, q.object); err != nil {
		return err
	}
	q.done(http.StatusNoContent)
	return nil
}

// removeObject deletes one object of a container.
func (q *request) removeObject(c *containerRow, name string) error {
	var unused string
	err := q.store.update(func(tx *sql.Tx) error {
		o, err := q.liveObject(tx, c.id, name)
		if err != nil {
			return err
		}
		unused, err = deleteObject(tx, o)
		return err
	})
	if err != nil {
		return err
	}
	q.store.blobs.drop(unused)
	return nil
}
