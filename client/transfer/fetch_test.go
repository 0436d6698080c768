package transfer

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// origin is a remote file that counts what is fetched of it.
type origin struct {
	content []byte
	mu      sync.Mutex
	spans   []int64 // where they began
	told    int64   // to Add
	spoil   func(off int64, try int, r io.Reader) io.Reader
}

func newOrigin(size int) *origin {
	r := rand.NewChaCha8([32]byte{byte(size)})
	content := make([]byte, size)
	r.Read(content)
	return &origin{content: content}
}

func (o *origin) Origin(span int64) Origin {
	return Origin{Key: "con/o", ETag: hexSum(md5.Sum(o.content)), Layout: Layout{int64(len(o.content)), span}}
}

func hexSum[A [16]byte | [32]byte](sum A) string {
	var b []byte
	switch s := any(sum).(type) {
	case [16]byte:
		b = s[:]
	case [32]byte:
		b = s[:]
	}
	return hex.EncodeToString(b)
}

func (o *origin) whole() []Piece {
	return []Piece{{N: int64(len(o.content)), SHA256: hexSum(sha256.Sum256(o.content))}}
}

// source gives the content, and repeats what breaks off, as a store does.
func (o *origin) source() Source {
	return Source{Lanes: 3, Add: func(n int64) { o.mu.Lock(); o.told += n; o.mu.Unlock() },
		Get: func(_ context.Context, off, n int64, read func(io.Reader) error) error {
			for try := 0; ; try++ {
				o.mu.Lock()
				o.spans = append(o.spans, off)
				o.mu.Unlock()
				var r io.Reader = bytes.NewReader(o.content[off : off+n])
				if o.spoil != nil {
					r = o.spoil(off, try, r)
				}
				if err := read(r); !errors.Is(err, io.ErrUnexpectedEOF) || try == 5 {
					return err
				}
			}
		}}
}

func TestFill(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		o := newOrigin(rapid.IntRange(1, 5000).Draw(rt, "size"))
		from := o.Origin(rapid.Int64Range(1, 2000).Draw(rt, "span"))
		if from.Count() > 100 {
			from.Range = 100
		}
		tries := rapid.IntRange(0, 3).Draw(rt, "broken tries")
		o.spoil = shortBy(tries)
		p, err := OpenPart(filepath.Join(dir, "a.sif"), from)
		if err != nil {
			rt.Fatal(err)
		}
		v := NewVerifier(o.whole())
		if err := p.Fill(t.Context(), o.source(), v); err != nil {
			rt.Fatal(err)
		}
		if len(v.Bad()) > 0 || v.Size() != from.Size || o.told != from.Size || p.Here() != from.Size || len(o.spans) != from.Count()*(tries+1) {
			rt.Errorf("%v; %d of %d bytes, told of %d, %d requests", v.Bad(), v.Size(), from.Size, o.told, len(o.spans))
		}
		if err := p.Commit(false); err != nil {
			rt.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "a.sif")); err != nil || !bytes.Equal(b, o.content) {
			rt.Errorf("other bytes, %v", err)
		}
		if got := names(t, dir); got != "a.sif" {
			rt.Errorf("left behind: %s", got)
		}
	})
}

// shortBy leaves out the last byte of that many tries.
func shortBy(tries int) func(int64, int, io.Reader) io.Reader {
	return func(_ int64, try int, r io.Reader) io.Reader {
		if try >= tries {
			return r
		}
		b, _ := io.ReadAll(r)
		return bytes.NewReader(b[:len(b)-1])
	}
}

// interrupted is a part of which the ranges before the one at off are there.
func interrupted(t *testing.T, o *origin, target string, from Origin, off int64) {
	t.Helper()
	p, err := OpenPart(target, from)
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("why")
	s := o.source()
	s.Lanes = 1
	o.spoil = func(at int64, _ int, r io.Reader) io.Reader {
		if at == off {
			return iotest.ErrReader(why)
		}
		return r
	}
	if err := p.Fill(t.Context(), s, NewVerifier(o.whole())); !errors.Is(err, why) {
		t.Fatal(err)
	}
	if n := p.Keep(); n != off || o.told != off {
		t.Fatalf("%d bytes are kept, told of %d, want %d", n, o.told, off)
	}
	o.spoil, o.spans = nil, nil
}

func TestGoingOn(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a.sif")
	o := newOrigin(1000)
	from := o.Origin(100)
	interrupted(t, o, target, from, 400)

	p, err := OpenPart(target, from)
	if err != nil || p.Here() != 400 {
		t.Fatal(p.Here(), err)
	}
	if _, err := OpenPart(target, from); err != ErrHeld {
		t.Errorf("a part that is being written was opened again: %v", err)
	}
	v := NewVerifier(o.whole())
	if err := p.Fill(t.Context(), o.source(), v); err != nil || len(v.Bad()) > 0 || v.Size() != 1000 {
		t.Fatal(v.Bad(), v.Size(), err)
	}
	slices.Sort(o.spans)
	if want := []int64{400, 500, 600, 700, 800, 900}; !slices.Equal(o.spans, want) || o.told != 1000 {
		t.Errorf("fetched %v, told of %d", o.spans, o.told)
	}
	p.WriteAt(make([]byte, 20), 290) // what the disk may do
	check := NewVerifier([]Piece{{0, 250, "", hexSum(md5.Sum(o.content[:250]))}, {250, 750, "", hexSum(md5.Sum(o.content[250:]))}})
	if err := p.Check(t.Context(), check); err != nil || len(check.Bad()) != 1 || check.Bad()[0].Off != 250 {
		t.Errorf("%v, %v", check.Bad(), err)
	}
	if bad, err := p.Damaged(t.Context()); err != nil || !slices.Equal(bad, []int{2, 3}) || p.Drop(bad) != 200 {
		t.Errorf("%v, %v", bad, err)
	}
	v = NewVerifier(o.whole())
	if err := p.Fill(t.Context(), o.source(), v); err != nil || len(v.Bad()) > 0 || len(o.spans) != 8 {
		t.Fatal(v.Bad(), len(o.spans), err)
	}
	if err := p.Commit(false); err != nil || names(t, dir) != "a.sif" {
		t.Errorf("%v; %s", err, names(t, dir))
	}
}

// What a machine that went down did not keep is found by its checksum, and fetched again.
func TestGoingOnWithDamage(t *testing.T) {
	for _, pieces := range []func(*origin) []Piece{(*origin).whole, func(*origin) []Piece { return nil }} {
		target := filepath.Join(t.TempDir(), "a.sif")
		o := newOrigin(1000)
		from := o.Origin(100)
		interrupted(t, o, target, from, 500)
		part := Beside(target, "."+tag(from.ETag)+".part")
		f, err := os.OpenFile(part, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteAt(make([]byte, 20), 290)
		f.Close()

		p, err := OpenPart(target, from)
		if err != nil {
			t.Fatal(err)
		}
		v := NewVerifier(pieces(o))
		if err := p.Fill(t.Context(), o.source(), v); err != nil || len(v.Bad()) > 0 || v.Size() != 1000 || o.told != 1000 {
			t.Fatal(v.Bad(), v.Size(), o.told, err)
		}
		slices.Sort(o.spans)
		if want := []int64{200, 300, 500, 600, 700, 800, 900}; !slices.Equal(o.spans, want) {
			t.Errorf("fetched %v", o.spans)
		}
		if bad, err := p.Damaged(t.Context()); err != nil || bad != nil {
			t.Errorf("damaged still: %v, %v", bad, err)
		}
		p.Discard()
	}
}

func TestPartsOfOtherImages(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a.sif")
	o, other := newOrigin(1000), newOrigin(1001)
	interrupted(t, o, target, o.Origin(100), 500)
	held, err := OpenPart(target, newOrigin(1002).Origin(100))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Discard()
	mine := filepath.Join(dir, "a.sif.mine.part")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	SweepParts(target, other.Origin(100))
	want := "a.sif." + tag(newOrigin(1002).Origin(1).ETag) + ".part"
	if got := names(t, dir); got != want+" "+want+".journal a.sif.mine.part" {
		t.Errorf("after a sweep there are %s", got)
	}
	// A part of the same name from other bytes is nothing to go on with.
	from := o.Origin(100)
	interrupted(t, newOrigin(1000), target, from, 500)
	from.Key = "con/other"
	p, err := OpenPart(target, from)
	if err != nil || p.Here() != 0 {
		t.Errorf("%d bytes are there, %v", p.Here(), err)
	}
	p.Discard()
}

// A part of one piece that nobody is writing is replaced and swept; one that somebody has is neither, and no
// other file is.
func TestPieceThatWasLeft(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a.sif")
	held, err := NewPiece(target)
	if err != nil {
		t.Fatal(err)
	}
	name := held.Name()
	if _, err := NewPiece(target); err != ErrHeld {
		t.Errorf("a second one: %v", err)
	}
	SweepPiece(target)
	SweepParts(target, newOrigin(1).Origin(1))
	if !named(held.File, name) {
		t.Error("it was swept from under somebody")
	}
	held.Close() // as by a kill
	next, err := NewPiece(target)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := next.Stat(); err != nil || info.Size() != 0 || !named(next.File, name) {
		t.Errorf("it goes on with what was left: %v", err)
	}
	next.Close()
	mine := filepath.Join(dir, "a.sif.ABCDEFGH.part")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	SweepPiece(target)
	if got := names(t, dir); got != filepath.Base(mine) {
		t.Errorf("after a sweep there are %s", got)
	}
}

// Somebody who takes the name of a part away, where locks lie, ends in an error or with the same
// bytes, never with a target of other ones.
func TestLostPart(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "a.sif")
	o := newOrigin(100)
	p, err := OpenPart(target, o.Origin(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Fill(t.Context(), o.source(), NewVerifier(o.whole())); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(p.Name(), target); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(false); err != nil || names(t, dir) != "a.sif" {
		t.Errorf("%v; %s", err, names(t, dir))
	}
	if p, err = OpenPart(target, o.Origin(100)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.Name()+".x", []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(p.Name()+".x", p.Name()); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(true); err != ErrLost {
		t.Errorf("%v", err)
	}
	p.Discard()
	if b, err := os.ReadFile(target); err != nil || !bytes.Equal(b, o.content) {
		t.Errorf("other bytes, %v", err)
	}
}

func TestVerifier(t *testing.T) {
	content := []byte("0123456789")
	md := func(s string) string { return hexSum(md5.Sum([]byte(s))) }
	pieces := []Piece{{0, 4, "", md("0123")}, {4, 0, "", md("")}, {4, 5, "", md("wrong")}, {9, 1, "", ""}}
	for step := 1; step <= 10; step++ {
		v := NewVerifier(pieces)
		for b := range slices.Chunk(content, step) {
			restore := v.save()
			v.Write([]byte("zzzz"))
			restore()
			v.Write(b)
		}
		if bad := v.Bad(); v.Size() != 10 || len(bad) != 1 || bad[0].Piece != pieces[2] || bad[0].Got != md("45678") {
			t.Errorf("by %d: %v", step, bad)
		}
	}
}
