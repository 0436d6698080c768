package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// NewRangedPart is a part that is filled by ranges and that nobody will go on with.
func NewRangedPart(target string, o Origin) (*Part, error) {
	p, err := NewPart(target)
	if err != nil {
		return nil, err
	}
	return p, p.begin(o.Layout)
}

// OpenPart is the part of a target for bytes of one origin: that of an earlier run with the ranges
// that are there, or a new one. The room for it is taken; *RoomError when there is none. It fails
// with ErrHeld while somebody else has it.
func OpenPart(target string, o Origin) (*Part, error) {
	path := Beside(target, "."+tag(o.ETag)+".part")
	p, err := goOn(path, target, o)
	if p != nil || err != nil {
		return p, err
	}
	if err := remove(path, path+".journal"); err != nil {
		return nil, err
	}
	if p, err = createHeld(path, target); err != nil {
		return nil, err
	}
	if err := p.begin(o.Layout); err != nil {
		return nil, err
	}
	p.journal, err = os.OpenFile(path+".journal", os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o666)
	if err == nil {
		_, err = p.journal.Write(sealed(o.header()))
	}
	if err != nil {
		p.Discard()
		return nil, err
	}
	return p, nil
}

// ErrHeld says that somebody else is writing the same part.
var ErrHeld = errors.New("somebody else is writing the same file")

// tag is sixteen characters of an ETag for a file name, or of its hash when it is no hex.
func tag(etag string) string {
	if hexed.MatchString(etag) {
		return etag[:16]
	}
	sum := sha256.Sum256([]byte(etag))
	return hex.EncodeToString(sum[:8])
}

var hexed = regexp.MustCompile(`^[0-9a-f]{16,}$`)

// begin takes the room for a layout, and notes its ranges only then: a server may claim any size.
func (p *Part) begin(l Layout) error {
	err := p.Room(l.Size)
	if err == nil {
		err = p.Allocate(l.Size)
	}
	if err != nil {
		p.Discard()
		return err
	}
	p.layout, p.marks = l, make([]mark, l.Count())
	return nil
}

// goOn opens what an earlier run left; nil when there is nothing of use.
func goOn(path, target string, o Origin) (*Part, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		f.Close()
		return nil, ErrHeld
	}
	journal, err := os.OpenFile(path+".journal", os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		f.Close()
		return nil, nil
	}
	b, err := io.ReadAll(journal)
	marks, valid, ok := parseJournal(b, o)
	info, statErr := f.Stat()
	if err != nil || statErr != nil || !ok || info.Size() != o.Size || !named(f, path) || journal.Truncate(int64(valid)) != nil {
		f.Close()
		journal.Close()
		return nil, nil
	}
	p := &Part{File: f, target: target, layout: o.Layout, marks: marks, journal: journal}
	if err := p.Room(o.Size); err != nil {
		p.Keep()
		return nil, err
	}
	return p, nil
}

func remove(paths ...string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// SweepParts removes the parts of a target that came from another origin than o, that is, from an
// image that has been replaced, as far as nobody is writing them.
func SweepParts(target string, o Origin) {
	dir, prefix := filepath.Split(Beside(target, "."))
	d, err := os.Open(filepath.Clean(dir + "."))
	if err != nil {
		return
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, prefix)
		if m := leftover.FindStringSubmatch(rest); ok && m != nil && m[1] != tag(o.ETag) {
			sweep(dir + prefix + m[1] + ".part")
		}
	}
}

var leftover = regexp.MustCompile(`^([0-9a-f]{16})\.part(\.journal)?$`)

// sweep removes a part unless somebody is writing it, or nobody can tell: NFS locks only what is open for writing.
func sweep(path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		defer f.Close()
		err = flock(f)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	remove(path, path+".journal")
}

// Here is how many bytes of the part are there, by whole ranges.
func (p *Part) Here() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var n int64
	for i, m := range p.marks {
		if m.state == old || m.state == here {
			_, length := p.layout.Span(i)
			n += length
		}
	}
	return n
}

// Drop forgets ranges, so that they are fetched again, and tells how many bytes that are.
func (p *Part) Drop(ranges []int) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var n int64
	for _, i := range ranges {
		if p.marks[i].state != missing {
			_, length := p.layout.Span(i)
			n += length
		}
		p.marks[i] = mark{}
	}
	return n
}

// Damaged reads the part and gives the ranges that hold other bytes than were written to them.
func (p *Part) Damaged(ctx context.Context) ([]int, error) {
	var bad []int
	buf := take()
	defer give(buf)
	for i := range p.marks {
		off, n := p.layout.Span(i)
		crc := crc32.New(castagnoli)
		if err := scan(ctx, p.File, off, n, *buf, crc); err != nil {
			return nil, err
		}
		if crc.Sum32() != p.marks[i].crc {
			bad = append(bad, i)
		}
	}
	return bad, nil
}

// Check reads the part and compares all of it with what v expects; see Verifier.Bad.
func (p *Part) Check(ctx context.Context, v *Verifier) error {
	buf := take()
	defer give(buf)
	return scan(ctx, p.File, 0, p.layout.Size, *buf, v)
}

// Over are the numbers of the ranges that hold any of n bytes from off.
func (p *Part) Over(off, n int64) []int { return p.layout.Over(off, n) }

// scan copies n bytes from off of a file to w, through buf.
func scan(ctx context.Context, f io.ReaderAt, off, n int64, buf []byte, w io.Writer) error {
	for n > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		k, err := f.ReadAt(buf[:min(int64(len(buf)), n)], off)
		if k == 0 && err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		w.Write(buf[:k])
		off, n = off+int64(k), n-int64(k)
	}
	return nil
}
