package imagefile

import "encoding/binary"

// inode is a file or folder of a squashfs, as far as it matters here; a link or device is neither.
type inode struct {
	file, folder bool
	size         int64
	start        uint64 // of a file's first block in the file system, of a folder's entries in their table
	offset       uint32 // of a file's end in its fragment, of a folder's entries in their block
	fragment     uint32
	blocks       *metaReader // stands before a file's list of block sizes
}

// The types of inodes that are read; the others are devices, links and the like.
const (
	inodeDir, inodeFile         = 1, 2
	inodeLongDir, inodeLongFile = 8, 9
)

// inode reads what a reference leads to: the block of the table and the place in it.
func (s *squash) inode(ref uint64) (*inode, error) {
	m := &metaReader{s: s, next: s.inodes + int64(ref>>16), skip: int(ref & 0xffff)}
	le := binary.LittleEndian
	head, err := m.take(16)
	if err != nil {
		return nil, err
	}
	i := &inode{fragment: noFragment, blocks: m}
	kind := le.Uint16(head)
	length := map[uint16]int{inodeDir: 16, inodeFile: 16, inodeLongDir: 24, inodeLongFile: 40}[kind]
	b, err := m.take(length)
	if err != nil {
		return nil, err
	}
	switch kind {
	case inodeDir:
		i.folder, i.start, i.size, i.offset = true, uint64(le.Uint32(b)), int64(le.Uint16(b[8:])), uint32(le.Uint16(b[10:]))
	case inodeLongDir:
		i.folder, i.size, i.start, i.offset = true, int64(le.Uint32(b[4:])), uint64(le.Uint32(b[8:])), uint32(le.Uint16(b[18:]))
	case inodeFile:
		i.file, i.start, i.fragment, i.offset, i.size = true, uint64(le.Uint32(b)), le.Uint32(b[4:]), le.Uint32(b[8:]), int64(le.Uint32(b[12:]))
	case inodeLongFile:
		i.file, i.start, i.size = true, le.Uint64(b), int64(le.Uint64(b[8:]))
		i.fragment, i.offset = le.Uint32(b[28:]), le.Uint32(b[32:])
	}
	if i.size < 0 {
		return nil, damaged("a file in its squashfs has %d bytes", uint64(i.size))
	}
	return i, nil
}

// metaReader reads a table of a squashfs: a row of blocks of at most 8 KiB, each behind its length.
type metaReader struct {
	s    *squash
	next int64  // where the next block begins
	skip int    // bytes of it to pass by first
	buf  []byte // what is left of the block
}

// take is the next n bytes; n is at most a block's length.
func (m *metaReader) take(n int) ([]byte, error) {
	var out []byte
	for len(out) < n {
		if len(m.buf) == 0 {
			if err := m.fill(); err != nil {
				return nil, err
			}
		}
		part := min(n-len(out), len(m.buf))
		out = append(out, m.buf[:part]...)
		m.buf = m.buf[part:]
	}
	return out, nil
}

func (m *metaReader) fill() error {
	head, err := m.s.raw(m.next, 2)
	if err != nil {
		return err
	}
	length := uint32(binary.LittleEndian.Uint16(head))
	size := length & 0x7fff
	if length != size {
		length = size | stored
	}
	if size == 0 {
		return damaged("a table of its squashfs has an empty block")
	}
	if m.buf, err = m.s.read(m.next+2, length, metaBlock); err != nil {
		return err
	}
	if m.skip >= len(m.buf) {
		return damaged("its squashfs points behind the end of a block")
	}
	m.buf, m.skip = m.buf[m.skip:], 0
	m.next += 2 + int64(size)
	return nil
}
