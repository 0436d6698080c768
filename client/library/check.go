package library

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Fault is a row without a file, or a file without a row.
type Fault struct {
	Row    Row    // as it is, or as it was
	What   string // what is wrong, and what was done about it
	Mended bool   // something was changed, or would be
}

// Checker is what Check needs to know of files.
type Checker struct {
	Digest  func(ctx context.Context, path string) (sha256 string, err error)
	Metrics func(path string) map[string]any
	DryRun  bool // find only
}

// Check finds rows whose file is gone, and takes them out, and images in the image folder that no
// row knows, and records them. What may come back is kept: a user's file on a disk that is not
// mounted here. It reads every file that it records.
func (l *Library) Check(ctx context.Context, c Checker) ([]Fault, error) {
	rows, err := l.All(ctx, "")
	if err != nil {
		return nil, err
	}
	var faults []Fault
	known := map[string]bool{}
	for _, r := range rows {
		known[r.Image] = true
		if r.Image == "" || !gone(r.Image) {
			continue
		}
		if !l.Holds(r.Image) && gone(filepath.Dir(r.Image)) {
			faults = append(faults, Fault{r, "kept: the folder of its file is not there", false})
			continue
		}
		if !c.DryRun {
			if err := l.forget(ctx, r); err != nil {
				return faults, err
			}
		}
		faults = append(faults, Fault{r, "removed: its file is gone", true})
	}
	err = filepath.WalkDir(l.s.Storage, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, fs.ErrNotExist):
			return nil // somebody removed it
		case err != nil || !d.Type().IsRegular() || known[path]:
			return err
		}
		fault, err := l.adopt(ctx, c, path)
		if fault.What != "" {
			faults = append(faults, fault)
		}
		return err
	})
	return faults, err
}

func gone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// forget takes a row out whose file is gone, unless it has been changed since.
func (l *Library) forget(ctx context.Context, r Row) error {
	return l.write(ctx, func(q querier) error {
		_, err := q.ExecContext(background, "DELETE FROM container WHERE id = ? AND image = ?", r.ID, r.Image)
		return err
	})
}

// adopt records a file of the image folder. What is no image there is left alone.
func (l *Library) adopt(ctx context.Context, c Checker, path string) (Fault, error) {
	n, _, ok := l.placed(path)
	if !ok {
		return Fault{}, nil
	}
	sha, err := c.Digest(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return Fault{}, nil
	}
	if err != nil {
		return Fault{}, err
	}
	same, err := l.Exact(ctx, n)
	if err != nil {
		return Fault{}, err
	}
	for _, r := range same {
		if r.Version != sha {
			continue
		}
		if r.Image == path {
			return Fault{}, nil // recorded since the rows were read
		}
		if isFile(r.Image) {
			return Fault{r, "kept: " + path + " is a second file of it", false}, nil
		}
	}
	if c.DryRun {
		return Fault{NewRow(n, sha, path), "recorded: it lay in the image folder", true}, nil
	}
	row, _, err := l.Record(ctx, Entry{Name: n, Written: n.String(), Version: sha, Image: path, Metrics: c.Metrics(path)})
	return Fault{row, "recorded: it lay in the image folder", true}, err
}
