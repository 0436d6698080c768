package library

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// schema is the one that sregistry-cli 0.2.39 makes, word for word.
var schema = map[string]string{
	"collection": `CREATE TABLE collection (
	id INTEGER NOT NULL, 
	name VARCHAR(150), 
	token VARCHAR(50), 
	created_at DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name)
)`,
	"container": `CREATE TABLE container (
	id INTEGER NOT NULL, 
	created_at DATETIME, 
	metrics TEXT NOT NULL, 
	name VARCHAR(250) NOT NULL, 
	tag VARCHAR(250) NOT NULL, 
	image VARCHAR(250), 
	url VARCHAR(500), 
	uri VARCHAR(500), 
	client VARCHAR(50) NOT NULL, 
	version VARCHAR(250), 
	collection_id INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT _container_uc UNIQUE (collection_id, name, tag, client, version), 
	FOREIGN KEY(collection_id) REFERENCES collection (id)
)`,
}

// known are the columns of the schema, sorted.
var known = map[string]string{
	"collection": "created_at id name token",
	"container":  "client collection_id created_at id image metrics name tag uri url version",
}

// prepare looks at the tables of a database, and makes them in an empty one. A database with
// anything but the schema is not touched: another one's meaning is not known.
func prepare(db *sql.DB, write bool) error {
	empty, err := check(db)
	if err != nil || !empty {
		return err
	}
	if !write {
		return errNone
	}
	return transact(db, func(q querier) error {
		empty, err := check(q) // somebody else may have made them meanwhile
		if err != nil || !empty {
			return err
		}
		for _, table := range []string{"collection", "container"} {
			if _, err := q.ExecContext(background, schema[table]); err != nil {
				return err
			}
		}
		return nil
	})
}

// check tells whether a database is empty, or fails with ErrForeign when its schema is another.
func check(q querier) (empty bool, err error) {
	var version, tables, ours int
	err = q.QueryRowContext(background, `SELECT (SELECT user_version FROM pragma_user_version),
		(SELECT count(*) FROM sqlite_master WHERE type = 'table'),
		(SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('collection', 'container'))`).Scan(&version, &tables, &ours)
	switch {
	case err != nil:
		return false, err
	case version != 0:
		return false, fmt.Errorf("%w: its schema has the version %d, and sregistry-cli 0.2.39 gives none", ErrForeign, version)
	case tables == 0:
		return true, nil
	case ours == 0:
		return false, fmt.Errorf("%w: it holds the tables of something else", ErrForeign)
	}
	for _, table := range []string{"collection", "container"} {
		columns, err := columnsOf(q, table)
		if err != nil {
			return false, err
		}
		if got := strings.Join(columns, " "); got != known[table] {
			return false, fmt.Errorf("%w: its table %s has the columns %s, and that of sregistry-cli 0.2.39 has %s", ErrForeign, table, got, known[table])
		}
	}
	return false, nil
}

func columnsOf(q querier, table string) ([]string, error) {
	rows, err := q.QueryContext(background, "SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var columns []string
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			return nil, err
		}
		columns = append(columns, column)
	}
	slices.Sort(columns)
	return columns, rows.Err()
}
