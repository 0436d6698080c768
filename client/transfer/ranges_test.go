package transfer

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The ranges cover every byte once, and Over names the ones that hold any of some bytes.
func TestLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Layout{Size: rapid.Int64Range(1, 1000).Draw(t, "size"), Range: rapid.Int64Range(1, 1100).Draw(t, "range")}
		off := rapid.Int64Range(0, l.Size-1).Draw(t, "off")
		n := rapid.Int64Range(0, l.Size-off).Draw(t, "n")
		var at int64
		var want []int
		for i := range l.Count() {
			o, k := l.Span(i)
			if o != at || k < 1 || k > l.Range {
				t.Fatalf("range %d is %d from %d, and should begin at %d", i, k, o, at)
			}
			at += k
			if n > 0 && o < off+n && off < o+k {
				want = append(want, i)
			}
		}
		if at != l.Size || !slices.Equal(l.Over(off, n), want) {
			t.Fatalf("%d bytes of %d; over %d from %d: %v, want %v", at, l.Size, n, off, l.Over(off, n), want)
		}
	})
}
