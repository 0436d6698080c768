package transfer

// Layout cuts a file of Size bytes into ranges of Range bytes each, the last one shorter where it
// must be. Both are positive. Ranges are numbered from 0.
type Layout struct{ Size, Range int64 }

// Count is how many ranges there are.
func (l Layout) Count() int { return int((l.Size + l.Range - 1) / l.Range) }

// Span is where a range begins and how long it is, in bytes.
func (l Layout) Span(i int) (off, n int64) {
	off = int64(i) * l.Range
	return off, min(l.Range, l.Size-off)
}

// Over are the numbers of the ranges that hold any of n bytes from off.
func (l Layout) Over(off, n int64) []int {
	var out []int
	for i := int(off / l.Range); n > 0 && i < l.Count() && int64(i)*l.Range < off+n; i++ {
		out = append(out, i)
	}
	return out
}

// Origin is what the bytes of a part are taken from. Parts of different origins never mix.
type Origin struct {
	Key  string // of the object, in whatever way the caller writes it
	ETag string // of the object
	Layout
}

// state is what is known of a range of a part.
type state uint8

const (
	missing  state = iota
	underway       // somebody is fetching it
	old            // here since an earlier run; to be compared with its checksum
	here           // written, or compared, by this run
)

// mark is the state of a range, with the CRC-32C of the bytes that were written.
type mark struct {
	state state
	crc   uint32
}
