package localswift

import (
	"database/sql"
	"time"
)

// Expired objects are gone at once for readers; that they vanish from listings
// too, and give their room back, happens from time to time.
const (
	expireEvery = 5 * time.Minute
	expireBatch = 1000
)

// expire removes objects whose X-Delete-At has long come, now and then. A
// failure is no harm: the next pass tries again.
func (s *Server) expire(st *store, now time.Time) {
	last := s.expired.Load()
	if now.Unix()-last < int64(expireEvery.Seconds()) || !s.expired.CompareAndSwap(last, now.Unix()) || last == 0 {
		return
	}
	var unused []string
	err := st.update(func(tx *sql.Tx) error {
		rows, err := tx.Query("SELECT "+objectColumns+" FROM object WHERE delete_at > 0 AND delete_at <= ? LIMIT ?", now.Unix(), expireBatch)
		if err != nil {
			return err
		}
		defer rows.Close()
		var due []*objectRow
		for rows.Next() {
			o := &objectRow{}
			if err := o.scan(rows); err != nil {
				return err
			}
			due = append(due, o)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, o := range due {
			id, err := deleteObject(tx, o)
			if err != nil {
				return err
			}
			unused = append(unused, id)
		}
		return nil
	})
	if err == nil {
		st.blobs.drop(unused...)
	}
}
