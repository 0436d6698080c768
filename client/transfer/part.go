package transfer

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// mode is that of a finished image, before the umask: a SIF is run like a program.
const mode = 0o755

// Part is a file on its way: it lies beside its target under another name until Commit.
type Part struct {
	*os.File
	target string
	done   bool

	// Of a part that is filled by ranges:
	layout  Layout
	mu      sync.Mutex
	marks   []mark   // one a range
	journal *os.File // nil: nothing is noted, nobody will go on with it
}

// NewPart makes the part file for a target. Its name ends in .part and is taken by nobody else.
func NewPart(target string) (*Part, error) {
	for {
		path := Beside(target, "."+rand.Text()[:8]+".part")
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &Part{File: f, target: target}, nil
	}
}

// pieceTag stands in the name of a part of one piece where that of a ranged part has its origin's.
const pieceTag = "0000000000000000"

// NewPiece is NewPart for somebody who alone brings bytes to the target, all in one piece. The part has a name of its own,
// so that one that a killed run left is replaced. It fails with ErrHeld while somebody else has it.
func NewPiece(target string) (*Part, error) {
	SweepPiece(target)
	return createHeld(Beside(target, "."+pieceTag+".part"), target)
}

// SweepPiece removes the part of one piece that a killed run left of a target, unless somebody is writing it.
func SweepPiece(target string) { sweep(Beside(target, "."+pieceTag+".part")) }

// createHeld makes a part that others find locked. Never of a file that is there: where locks lie, somebody
// may be writing to it.
func createHeld(path, target string) (*Part, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, ErrHeld
	case err != nil:
		return nil, err
	}
	p := &Part{File: f, target: target}
	if err := flock(f); err != nil || !named(f, path) {
		p.Discard()
		return nil, ErrHeld
	}
	return p, nil
}

// Beside is the name of a file that belongs to a target: the target's with a suffix of at most 40
// bytes. A name that would become too long is shortened.
func Beside(target, suffix string) string {
	const longest = 255 - 40
	dir, base := filepath.Split(target)
	if len(base) > longest {
		sum := sha256.Sum256([]byte(base))
		base = strings.ToValidUTF8(base[:longest-9], "") + "-" + hex.EncodeToString(sum[:4])
	}
	return dir + base + suffix
}

// Restart empties the part, for bytes that come anew from the first.
func (p *Part) Restart() error {
	if err := p.Truncate(0); err != nil {
		return err
	}
	_, err := p.Seek(0, 0)
	return err
}

// ErrLost says that a part's name leads to another file, or to none: somebody else removed it.
var ErrLost = errors.New("somebody else removed the file that was being written")

// Commit puts the part in its target's place, on disk and at once. Unless replace is set, a target
// that appeared meanwhile is kept, and the error is fs.ErrExist.
func (p *Part) Commit(replace bool) error {
	if err := p.Sync(); err != nil {
		return err
	}
	switch {
	case named(p.File, p.Name()):
		if err := p.publish(replace); err != nil {
			return err
		}
	case !named(p.File, p.target): // else, where locks lie, somebody had the same part and was faster
		return ErrLost
	}
	p.done = true
	p.finish()
	if err := p.Close(); err != nil {
		return err
	}
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
	if p.done {
		return
	}
	p.done = true
	if named(p.File, p.Name()) {
		os.Remove(p.Name())
	}
	p.Close()
	p.finish()
}

// Keep leaves the part and its journal for another run, and tells how many bytes of it are there.
// With nothing there, or without a journal, it is Discard.
func (p *Part) Keep() int64 {
	n := p.Here()
	if p.done || n == 0 || p.journal == nil {
		p.Discard()
		return 0
	}
	p.done = true
	p.journal.Close()
	p.Close()
	return n
}

// finish removes the journal.
func (p *Part) finish() {
	if p.journal != nil {
		os.Remove(p.journal.Name())
		p.journal.Close()
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
