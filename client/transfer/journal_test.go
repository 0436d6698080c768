package transfer

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var someOrigin = Origin{Key: "con/a b\n\"", ETag: "0123456789abcdef", Layout: Layout{Size: 95, Range: 10}}

// Wherever a journal is cut short, what is read back is what its whole lines say, and a journal of
// anything else says nothing.
func TestJournal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := sealed(someOrigin.header())
		marks := make([]mark, someOrigin.Count())
		wants := [][]mark{slices.Clone(marks)}
		ends := []int{len(b)}
		for range rapid.IntRange(0, 20).Draw(t, "lines") {
			i, crc := rapid.IntRange(0, len(marks)-1).Draw(t, "range"), rapid.Uint32().Draw(t, "crc")
			b = append(b, sealed(have(i, crc))...)
			marks[i] = mark{old, crc}
			wants, ends = append(wants, slices.Clone(marks)), append(ends, len(b))
		}
		cut := rapid.IntRange(0, len(b)).Draw(t, "cut")
		lines := 0
		for lines < len(ends) && ends[lines] <= cut {
			lines++
		}
		torn := append(slices.Clone(b[:cut]), rapid.SampledFrom([]string{"", "x", "\x00\x00\n", "zz have 1 2\n"}).Draw(t, "torn")...)
		got, valid, ok := parseJournal(torn, someOrigin)
		switch {
		case lines == 0 && ok:
			t.Fatal("half a header was taken for one")
		case lines > 0 && (!ok || valid != ends[lines-1] || !slices.Equal(got, wants[lines-1])):
			t.Fatalf("%d lines: %v, %d, %v; want %v, %d", lines, got, valid, ok, wants[lines-1], ends[lines-1])
		}
		for _, other := range []Origin{
			{"con/b", someOrigin.ETag, someOrigin.Layout}, {someOrigin.Key, "f", someOrigin.Layout},
			{someOrigin.Key, someOrigin.ETag, Layout{96, 10}}, {someOrigin.Key, someOrigin.ETag, Layout{95, 11}},
		} {
			if _, _, ok := parseJournal(b, other); ok {
				t.Fatalf("taken for a journal of %v", other)
			}
		}
	})
}

func FuzzJournal(f *testing.F) {
	whole := append(sealed(someOrigin.header()), sealed(have(3, 7))...)
	for _, seed := range [][]byte{whole, whole[:20], append(whole, sealed("have 99 00000001")...), append(whole, sealed("have -1 00000001")...), nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		marks, valid, ok := parseJournal(b, someOrigin)
		if !ok {
			return
		}
		again, _, _ := parseJournal(b[:valid], someOrigin)
		if valid > len(b) || len(marks) != someOrigin.Count() || !slices.Equal(marks, again) || !bytes.HasSuffix(b[:valid], []byte("\n")) {
			t.Errorf("%d bytes: %v, and of those alone %v", valid, marks, again)
		}
	})
}
