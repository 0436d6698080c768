package localswift

import (
	"database/sql"
	"errors"
	"iter"
)

// fillBatch is how many objects Fill adds in one transaction.
const fillBatch = 10000

// Fill adds empty objects with these names to a container, which it creates if
// need be; objects already there stay as they are. It is for tests and
// benchmarks of large containers: no request is made for any of them.
func (s *Server) Fill(account, container string, names iter.Seq[string]) error {
	st, err := s.data()
	if err != nil {
		return err
	}
	next, stop := iter.Pull(names)
	defer stop()
	for more := true; more; {
		if err := st.update(func(tx *sql.Tx) error {
			more, err = s.fill(tx, account, container, next)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// fill adds one batch and tells whether there may be more.
func (s *Server) fill(tx *sql.Tx, account, container string, next func() (string, bool)) (more bool, err error) {
	now := int64(stampOf(s.opt.Now()))
	a, err := makeAccount(tx, account, stamp(now))
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec("INSERT INTO container (account, name, created, changed) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		a.id, container, now, now); err != nil {
		return false, err
	}
	c, err := getContainer(background, tx, account, container)
	if err != nil {
		return false, err
	}
	insert, err := tx.Prepare("INSERT OR IGNORE INTO object (container, name, blob, size, etag, type, changed) VALUES (?, ?, '', 0, ?, ?, ?)")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	added := int64(0)
	for range fillBatch {
		name, ok := next()
		if !ok {
			return false, addTotals(tx, c.id, added, 0)
		}
		r, err := insert.Exec(c.id, name, emptyMD5, s.opt.Personality.defaultType(), now)
		if err != nil {
			return false, err
		}
		n, err := r.RowsAffected()
		if err != nil {
			return false, err
		}
		added += n
	}
	return true, addTotals(tx, c.id, added, 0)
}
