package imagefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"time"
)

// squash reads single files out of a squashfs (version 4.0, as the kernel documents it). It is not
// sylabs/squashfs, because that allocates what inodes and compressed blocks say they need: a crafted
// image of some hundred bytes ends the program, and no recover helps. Here nothing is larger than a
// block, a folder is at most maxFolder bytes, all files together are maxText, and links are not followed.
type squash struct {
	r      io.ReaderAt
	size   int64
	made   uint32
	block  int64 // bytes of a data block
	frags  uint32
	root   uint64
	inodes int64 // where the tables begin
	dirs   int64
	fragAt int64
	expand expander
	text   int64 // bytes of files that may still be read
}

// Of squashfs: the superblock's length, the most that a block of metadata holds, the sizes of a data
// block, and the number that stands for no fragment.
const (
	squashHead   = 96
	metaBlock    = 8192
	minBlock     = 4 << 10
	maxBlock     = 1 << 20
	noFragment   = 0xffffffff
	fragmentSize = 16
)

// maxFolder is how many bytes of a folder's entries are looked through.
const maxFolder = 1 << 20

// stored marks the size of a block that is not compressed.
const stored = 1 << 24

// openSquash reads the superblock. It is a *problem, with what the superblock tells, where the compression is
// none that is read.
func openSquash(r io.ReaderAt, size int64) (*squash, error) {
	b := make([]byte, squashHead)
	if _, err := r.ReadAt(b, 0); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, damaged("it ends in the superblock of its squashfs")
		}
		return nil, err
	}
	le := binary.LittleEndian
	s := &squash{
		r: r, size: size, made: le.Uint32(b[8:]), block: int64(le.Uint32(b[12:])), frags: le.Uint32(b[16:]),
		root: le.Uint64(b[32:]), inodes: int64(le.Uint64(b[64:])), dirs: int64(le.Uint64(b[72:])), fragAt: int64(le.Uint64(b[80:])), text: maxText,
	}
	if used := int64(le.Uint64(b[40:])); used < squashHead || used > size {
		return nil, damaged("its squashfs should be %d bytes, and there are %d", used, size)
	}
	switch {
	case string(b[:4]) != "hsqs":
		return nil, damaged("there is no squashfs where one should be")
	case le.Uint16(b[28:]) != 4 || le.Uint16(b[30:]) != 0:
		return nil, damaged("its squashfs has the version %d.%d, and only 4.0 is known", le.Uint16(b[28:]), le.Uint16(b[30:]))
	case s.block < minBlock || s.block > maxBlock || bits.OnesCount64(uint64(s.block)) != 1:
		return nil, damaged("its squashfs has blocks of %d bytes", s.block)
	}
	var err error
	s.expand, err = expanderFor(le.Uint16(b[20:]))
	return s, err
}

// created is when the file system was made.
func (s *squash) created() time.Time {
	if s.made == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s.made), 0).UTC()
}

// find is the inode at a path below the root; fs.ErrNotExist when there is none, or a link on the way.
func (s *squash) find(names ...string) (*inode, error) {
	at, err := s.inode(s.root)
	for _, name := range names {
		if err != nil {
			return nil, err
		}
		var next uint64
		there := false
		err = s.entries(at, func(entry string, ref uint64) bool {
			next, there = ref, entry == name
			return !there
		})
		switch {
		case err != nil:
			return nil, err
		case !there:
			return nil, fs.ErrNotExist
		}
		at, err = s.inode(next)
	}
	return at, err
}

// list are the names in a folder.
func (s *squash) list(names ...string) ([]string, error) {
	at, err := s.find(names...)
	if err != nil {
		return nil, err
	}
	var found []string
	err = s.entries(at, func(entry string, _ uint64) bool {
		found = append(found, entry)
		return len(found) < 64
	})
	return found, err
}

// entries goes through a folder until each says enough; of what is no folder it is fs.ErrNotExist.
func (s *squash) entries(dir *inode, each func(name string, ref uint64) bool) error {
	if !dir.folder {
		return fs.ErrNotExist
	}
	if dir.size > maxFolder {
		return damaged("a folder of its squashfs has %d bytes of entries", dir.size)
	}
	m := &metaReader{s: s, next: s.dirs + int64(dir.start), skip: int(dir.offset)}
	left := dir.size - 3 // of . and .., which are not stored
	for left > 0 {
		head, err := m.take(12)
		if err != nil {
			return err
		}
		count, start := binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:])
		if count >= 256 {
			return damaged("a folder of its squashfs has a run of %d entries", count)
		}
		left -= 12
		for range count + 1 {
			entry, err := m.take(8)
			if err != nil {
				return err
			}
			offset, length := binary.LittleEndian.Uint16(entry), int(binary.LittleEndian.Uint16(entry[6:]))+1
			if length > 256 {
				return damaged("a name in its squashfs is %d bytes long", length)
			}
			name, err := m.take(length)
			if err != nil {
				return err
			}
			left -= 8 + int64(length)
			if !each(string(name), uint64(start)<<16|uint64(offset)) {
				return nil
			}
		}
	}
	return nil
}

// readFile is the content of a file.
func (s *squash) readFile(names ...string) ([]byte, error) {
	i, err := s.find(names...)
	switch {
	case err != nil:
		return nil, err
	case !i.file:
		return nil, fs.ErrNotExist
	case i.size > s.text:
		return nil, &problem{fmt.Errorf("it is %d bytes, and is not read", i.size)}
	}
	s.text -= i.size
	out := make([]byte, 0, i.size)
	at := int64(i.start)
	for range i.size / s.block {
		if out, at, err = s.data(i, out, at, s.block); err != nil {
			return nil, err
		}
	}
	rest := i.size % s.block
	switch {
	case rest == 0:
	case i.fragment == noFragment:
		out, _, err = s.data(i, out, at, rest)
	default:
		out, err = s.tail(i, out, rest)
	}
	return out, err
}

// data appends the block at a place, n bytes when expanded, and tells where the next one begins.
func (s *squash) data(i *inode, out []byte, at, n int64) ([]byte, int64, error) {
	b, err := i.blocks.take(4)
	if err != nil {
		return nil, 0, err
	}
	length := binary.LittleEndian.Uint32(b)
	if length == 0 { // a hole
		return append(out, make([]byte, n)...), at, nil
	}
	block, err := s.read(at, length, int(s.block))
	if err != nil {
		return nil, 0, err
	}
	if int64(len(block)) < n {
		return nil, 0, damaged("a block of its squashfs is too short")
	}
	return append(out, block[:n]...), at + int64(length&^stored), nil
}

// tail appends the last n bytes of a file, which lie in a block with those of other files.
func (s *squash) tail(i *inode, out []byte, n int64) ([]byte, error) {
	if i.fragment >= s.frags {
		return nil, damaged("its squashfs has no fragment %d", i.fragment)
	}
	at := s.fragAt + int64(i.fragment/(metaBlock/fragmentSize))*8
	pointer, err := s.raw(at, 8)
	if err != nil {
		return nil, err
	}
	m := &metaReader{s: s, next: int64(binary.LittleEndian.Uint64(pointer)), skip: int(i.fragment % (metaBlock / fragmentSize) * fragmentSize)}
	entry, err := m.take(fragmentSize)
	if err != nil {
		return nil, err
	}
	block, err := s.read(int64(binary.LittleEndian.Uint64(entry)), binary.LittleEndian.Uint32(entry[8:]), int(s.block))
	if err != nil {
		return nil, err
	}
	if int64(i.offset)+n > int64(len(block)) {
		return nil, damaged("a fragment of its squashfs is too short")
	}
	return append(out, block[i.offset:int64(i.offset)+n]...), nil
}

// read is the block at a place; its length says by a bit whether it is compressed.
func (s *squash) read(at int64, length uint32, most int) ([]byte, error) {
	n := int64(length &^ stored)
	if n > int64(most) {
		return nil, damaged("a block of its squashfs is %d bytes", n)
	}
	b, err := s.raw(at, n)
	if err != nil || length&stored != 0 {
		return b, err
	}
	out, err := s.expand(b, most)
	if err != nil {
		return nil, damaged("a block of its squashfs cannot be expanded: %w", err)
	}
	return out, nil
}

func (s *squash) raw(at, n int64) ([]byte, error) {
	if at < 0 || at > s.size-n {
		return nil, damaged("its squashfs points behind its end")
	}
	b := make([]byte, n)
	if _, err := s.r.ReadAt(b, at); err != nil && !(errors.Is(err, io.EOF) && n == 0) {
		if errors.Is(err, io.EOF) {
			return nil, damaged("it ends too early")
		}
		return nil, err
	}
	return b, nil
}
