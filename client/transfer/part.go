package transfer

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// mode is that of a finished image, before the umask: a SIF is run like a program.
const mode = 0o755

// Part is a file on its way: it lies beside its target under another name until Commit.
type Part struct {
	*os.File
	target string
	done   bool
}

// NewPart makes the part file for a target. Its name ends in .part and is taken by nobody else.
func NewPart(target string) (*Part, error) {
	for {
		path := target + "." + rand.Text()[:8] + ".part"
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &Part{File: f, target: target}, nil
	}
}

// Restart empties the part, for bytes that come anew from the first.
func (p *Part) Restart() error {
	if err := p.Truncate(0); err != nil {
		return err
	}
	_, err := p.Seek(0, 0)
	return err
}

// Commit puts the part in its target's place, on disk and at once. Unless replace is set, a target
// that appeared meanwhile is kept, and the error is fs.ErrExist.
func (p *Part) Commit(replace bool) error {
	if err := p.Sync(); err != nil {
		return err
	}
	if err := p.Close(); err != nil {
		return err
	}
	if err := p.publish(replace); err != nil {
		return err
	}
	p.done = true
	return syncDir(filepath.Dir(p.target))
}

func (p *Part) publish(replace bool) error {
	if replace {
		return os.Rename(p.Name(), p.target)
	}
	err := os.Link(p.Name(), p.target) // unlike rename, it replaces nothing
	switch {
	case err == nil:
		return os.Remove(p.Name())
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, statErr := os.Lstat(p.target); statErr == nil {
		return &fs.PathError{Op: "create", Path: p.target, Err: fs.ErrExist}
	}
	return os.Rename(p.Name(), p.target) // a file system without hard links
}

// Discard removes the part unless it was committed. For defer.
func (p *Part) Discard() {
	if !p.done {
		p.Close()
		os.Remove(p.Name())
	}
}

// syncDir makes a new name in a folder last. Some file systems cannot, and say so.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil // readable is not needed to create in it
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}
