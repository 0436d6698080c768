package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

// Place is where the file of an image goes, in a folder that is made if it is not there.
func (l *Library) Place(n name.Name, version, ext string) (string, error) {
	path, err := l.place(meant(n), version, ext)
	if err != nil {
		return "", err
	}
	return path, Within(path, func() error { return nil })
}

// Within puts something at a path below a folder, which is made first, and made again when somebody
// else tidied it up while it was still empty.
func Within(path string, put func() error) error {
	const tries = 100 // somebody has to come between each time
	var err error
	for range tries {
		err = os.MkdirAll(filepath.Dir(path), 0o777)
		if errors.Is(err, fs.ErrExist) { // it was there, and is gone before it was looked at
			continue
		}
		if err == nil {
			err = put()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return err
}

// Waiting is a path that nobody's image has, for those who bring one image to agree by: in the folder
// of all its versions, which is made if it is not there.
func (l *Library) Waiting(n name.Name) (string, error) {
	path, err := l.Place(n, "", "sif")
	return strings.TrimSuffix(path, ".sif"), err
}

// Own brings a file into the image folder, and returns its path there: by a reflink, which shares
// the blocks until one of the two is changed, or, with move, under its own bytes' new name. Where
// that cannot be done it is errors.ErrUnsupported: there is never a second copy.
func (l *Library) Own(path string, n name.Name, version, ext string, move bool) (string, error) {
	to, err := l.Place(n, version, ext)
	if err != nil || to == path {
		return to, err
	}
	if move {
		err := Within(to, func() error { return os.Rename(path, to) })
		if errors.Is(err, unix.EXDEV) {
			err = fmt.Errorf("%s is on another file system than %s: %w", path, l.s.Storage, errors.ErrUnsupported)
		}
		return to, err
	}
	return to, Within(to, func() error { return clone(path, to) })
}

// clone makes a reflink, which appears at once.
func clone(from, to string) error {
	part := to + fmt.Sprintf(".%d.part", os.Getpid())
	if err := reflink(from, part); err != nil {
		return err
	}
	if err := os.Rename(part, to); err != nil {
		os.Remove(part)
		return err
	}
	return nil
}

// unsupported is err as errors.ErrUnsupported if a file system just cannot do it.
func unsupported(err error) error {
	for _, cannot := range []error{unix.EOPNOTSUPP, unix.ENOTSUP, unix.EXDEV, unix.EINVAL, unix.ENOTTY, unix.ENOSYS, unix.EPERM, unix.ETXTBSY} {
		if errors.Is(err, cannot) {
			return fmt.Errorf("no reflink there: %w", errors.ErrUnsupported)
		}
	}
	return err
}

// Move gives a row's file another path, after the file was brought there.
func (l *Library) Move(ctx context.Context, r Row, path string) error {
	return l.write(ctx, func(q querier) error {
		_, err := q.ExecContext(background, "UPDATE container SET image = ? WHERE id = ?", path, r.ID)
		return err
	})
}

// Rename gives an image another name. Its file, if it is the library's own, goes where that name
// belongs; a user's file stays. ErrExists when there is such an image already.
func (l *Library) Rename(ctx context.Context, r Row, to name.Name) (Row, error) {
	to = meant(to)
	path, err := r.Image, error(nil)
	if l.Holds(r.Image) && isFile(r.Image) {
		if path, err = l.Place(to, r.Version, name.Extension(r.Image)); err != nil {
			return r, err
		}
	}
	var now Row
	moved := false
	err = l.write(ctx, func(q querier) error {
		collection, image, tag := columns(to)
		id, err := collectionID(q, collection)
		if err != nil {
			return err
		}
		taken, err := query(q, "WHERE c.collection_id = ? AND c.name = ? AND c.tag = ? AND c.version IS ? AND c.id <> ?", id, image, tag, null(r.Version), r.ID)
		if err != nil {
			return err
		}
		if len(taken) > 0 {
			return fmt.Errorf("%s is %w", taken[0], ErrExists)
		}
		target := path
		if shared, err := others(q, r); err != nil {
			return err
		} else if shared > 0 {
			target = r.Image // stays for the others
		}
		uri := to.String()
		if r.Version != "" {
			uri += "@" + r.Version
		}
		if _, err := q.ExecContext(background, "UPDATE container SET collection_id = ?, name = ?, tag = ?, uri = ?, image = ? WHERE id = ?",
			id, image, tag, uri, null(target), r.ID); err != nil {
			return err
		}
		rows, err := query(q, "WHERE c.id = ?", r.ID)
		if err != nil || len(rows) == 0 {
			return errors.Join(err, ErrNotFound)
		}
		now = rows[0]
		if target == r.Image {
			return nil
		}
		err = relocate(r.Image, target)
		moved = moved || err == nil
		return err
	})
	switch {
	case err != nil && moved:
		err = errors.Join(err, os.Rename(path, r.Image))
	case err == nil && moved:
		l.Tidy(r.Image)
	}
	return now, err
}

// relocate renames a file unless something is there, and again if it was done already: a
// transaction may be tried more than once.
func relocate(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("%s is %w", to, ErrExists)
	}
	return os.Rename(from, to)
}

// Remove takes a row out, and its file if that is the library's own and no other row names it.
// kept is a user's file that stays.
func (l *Library) Remove(ctx context.Context, r Row) (kept string, err error) {
	shared := 0
	err = l.write(ctx, func(q querier) (err error) {
		if shared, err = others(q, r); err != nil {
			return err
		}
		_, err = q.ExecContext(background, "DELETE FROM container WHERE id = ?", r.ID)
		return err
	})
	switch {
	case err != nil || r.Image == "" || shared > 0:
		return "", err
	case !l.Holds(r.Image):
		if isFile(r.Image) {
			kept = r.Image
		}
		return kept, nil
	}
	if err := os.Remove(r.Image); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return r.Image, err
	}
	l.Tidy(r.Image)
	return "", nil
}

// Removes is the file that Remove would delete with a row; empty for none.
func (l *Library) Removes(ctx context.Context, r Row) (file string, err error) {
	if r.Image == "" || !l.Holds(r.Image) || !isFile(r.Image) {
		return "", nil
	}
	shared := 0
	err = l.read(ctx, func(q querier) (err error) {
		shared, err = others(q, r)
		return err
	})
	if err != nil || shared > 0 {
		return "", err
	}
	return r.Image, nil
}

// Tidy removes the folders of an image that have become empty, as far as they are the library's.
func (l *Library) Tidy(path string) {
	for dir := filepath.Dir(path); l.Holds(dir) && dir != l.s.Storage && os.Remove(dir) == nil; {
		dir = filepath.Dir(dir)
	}
}
