package transfer

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"hash"
)

// Piece is N bytes from Off, and what they must hash to in lower-case hex: one of both, or none.
type Piece struct {
	Off, N      int64
	SHA256, MD5 string
}

// Mismatch is a piece that hashes to something else.
type Mismatch struct {
	Piece
	Got string // lower-case hex, of the same kind
}

// Verifier hashes bytes that come in their order, no more of them than it needs to, and compares
// them with what is expected of each piece.
type Verifier struct {
	pieces []Piece
	at     int   // the piece that is being hashed
	left   int64 // bytes of it
	size   int64 // bytes so far
	hash   hash.Hash
	bad    []Mismatch
}

// NewVerifier expects pieces that lie one behind the other, from the first byte. None is nothing
// to compare.
func NewVerifier(pieces []Piece) *Verifier {
	v := &Verifier{pieces: pieces, at: -1}
	v.next()
	return v
}

// next begins a piece.
func (v *Verifier) next() {
	v.hash = nil
	if v.at++; v.at < len(v.pieces) {
		p := v.pieces[v.at]
		v.left = p.N
		switch {
		case p.SHA256 != "":
			v.hash = sha256.New()
		case p.MD5 != "":
			v.hash = md5.New()
		}
		if v.left == 0 {
			v.compare()
		}
	}
}

func (v *Verifier) compare() {
	if p := v.pieces[v.at]; v.hash != nil {
		if got := hex.EncodeToString(v.hash.Sum(nil)); got != p.SHA256 && got != p.MD5 {
			v.bad = append(v.bad, Mismatch{p, got})
		}
	}
	v.next()
}

// Write never fails.
func (v *Verifier) Write(b []byte) (int, error) {
	n := len(b)
	v.size += int64(n)
	for len(b) > 0 && v.at < len(v.pieces) {
		k := min(int64(len(b)), v.left)
		if v.hash != nil {
			v.hash.Write(b[:k])
		}
		b, v.left = b[k:], v.left-k
		if v.left == 0 {
			v.compare()
		}
	}
	return n, nil
}

// Blind tells whether there is nothing to compare.
func (v *Verifier) Blind() bool { return len(v.pieces) == 0 }

// Size is how many bytes came.
func (v *Verifier) Size() int64 { return v.size }

// Bad are the whole pieces that did not hash to what was expected.
func (v *Verifier) Bad() []Mismatch { return v.bad }

// save returns a function that takes back all that comes after it.
func (v *Verifier) save() (restore func()) {
	then := *v
	var state []byte
	if v.hash != nil {
		state, _ = v.hash.(encoding.BinaryMarshaler).MarshalBinary() // those of the standard library never fail
	}
	return func() {
		*v = then
		v.bad = v.bad[:len(then.bad):len(then.bad)]
		if v.hash == nil {
			return
		}
		if then.pieces[then.at].SHA256 != "" {
			v.hash = sha256.New()
		} else {
			v.hash = md5.New()
		}
		v.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(state)
	}
}
