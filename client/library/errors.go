package library

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// What can be wrong with a library. Errors of this package wrap one of them, or one of the file
// system.
var (
	ErrOff       = errors.New("the local library is off")
	ErrNotFound  = errors.New("no such image in the local library")
	ErrAmbiguous = errors.New("several images are meant")
	ErrExists    = errors.New("there already")
	ErrForeign   = errors.New("not a database that this program knows")
	ErrDamaged   = errors.New("the database is damaged")
	ErrReadOnly  = errors.New("the database cannot be written")
	ErrLocked    = errors.New("the database cannot be locked")
	ErrFull      = errors.New("no room for the database")
)

// The result codes of SQLite that mean something to a user (https://www.sqlite.org/rescode.html).
const (
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteReadOnly = 8
	sqliteIO       = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteNotADB   = 26

	sqliteIOWrite    = sqliteIO | 3<<8 // any failure but ENOSPC: that of a quota, too
	sqliteIOReadLock = sqliteIO | 9<<8
	sqliteIOUnlock   = sqliteIO | 8<<8
	sqliteIOReserved = sqliteIO | 14<<8
	sqliteIOLock     = sqliteIO | 15<<8
)

// explain says what an error of SQLite means for the database of that path.
func explain(path string, err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	wrap := func(kind error, what string) error { return fmt.Errorf("%w: %s%s", kind, path, what) }
	switch e.Code() {
	case sqliteIOReadLock, sqliteIOUnlock, sqliteIOReserved, sqliteIOLock:
		return wrap(ErrLocked, ": its file system has no locks")
	case sqliteIOWrite:
		return wrap(ErrFull, ": a write to it failed; look for a quota that is used up, or a faulty disk")
	}
	switch e.Code() & 0xff {
	case sqliteBusy, sqliteLocked:
		return wrap(ErrLocked, ": somebody else holds it")
	case sqliteReadOnly:
		return wrap(ErrReadOnly, "")
	case sqliteCorrupt, sqliteNotADB:
		return wrap(ErrDamaged, "; it was left as it is")
	case sqliteFull:
		return wrap(ErrFull, "")
	}
	return fmt.Errorf("the database %s: %w", path, err)
}

// busy tells whether trying again may help.
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqliteBusy || e.Code()&0xff == sqliteLocked)
}
