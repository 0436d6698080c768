package localswift

import (
	"context"
	"database/sql"
	"errors"
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
func (s *Server) expire(ctx context.Context, st *store, now time.Time) {
	last := s.expired.Load()
	if now.Unix()-last < int64(expireEvery.Seconds()) || !s.expired.CompareAndSwap(last, now.Unix()) {
		return
	}
	before := now.Add(-expireEvery).Unix()
	if due, err := expiredObjects(ctx, st.read, before); err != nil || len(due) == 0 {
		return
	}
	var unused []string
	err := st.update(func(tx *sql.Tx) error {
		due, err := expiredObjects(background, tx, before)
		if err != nil {
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

// expiredObjects are some of the objects that were to be deleted before then.
func expiredObjects(ctx context.Context, from querier, before int64) (due []*objectRow, err error) {
	rows, err := from.QueryContext(ctx, "SELECT "+objectColumns+" FROM object WHERE delete_at > 0 AND delete_at <= ? LIMIT ?", before, expireBatch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		o := &objectRow{}
		if err := o.scan(rows); err != nil {
			return nil, err
		}
		due = append(due, o)
	}
	return due, rows.Err()
}
