package localswift

import (
	"context"
	"database/sql"
)

// reader is the pool of connections that read. A query on it cannot be interrupted, only not
// begun: when a context ends while modernc.org/sqlite 1.40.0 runs a query, the driver forgets a
// statement that is open, and its connection sees the index of that moment from then on.
type reader struct{ *sql.DB }

// QueryContext runs a query unless ctx has ended.
func (r reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return r.DB.QueryContext(context.WithoutCancel(ctx), query, args...)
}

// QueryRowContext runs a query for one row.
func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.DB.QueryRowContext(context.WithoutCancel(ctx), query, args...)
}
