package transfer

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strconv"
)

// A journal lies beside a part and tells which ranges of it are there. It is text, and only ever
// appended to:
//
//	<crc> part 1 <size> <range> "<etag>" "<key>"
//	<crc> have <number> <crc of the range's bytes>
//
// Every line begins with the CRC-32C of what follows, in eight hex digits. What comes behind the
// first line that is not whole counts for nothing, so a write that was cut short costs one range.
// Nothing is synced: the checksum of a range finds what a machine that went down did not keep.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sealed is a line of a journal or a lock's record.
func sealed(text string) []byte {
	return fmt.Appendf(nil, "%08x %s\n", crc32.Checksum([]byte(text), castagnoli), text)
}

// unseal takes the first line from b. It is false when that is not a whole one.
func unseal(b []byte) (text string, rest []byte, ok bool) {
	line, rest, ok := bytes.Cut(b, []byte{'\n'})
	if !ok || len(line) < 9 || line[8] != ' ' {
		return "", b, false
	}
	text = string(line[9:])
	if string(line[:8]) != fmt.Sprintf("%08x", crc32.Checksum(line[9:], castagnoli)) {
		return "", b, false
	}
	return text, rest, true
}

// header is the first line of a journal.
func (o Origin) header() string {
	return fmt.Sprintf("part 1 %d %d %q %q", o.Size, o.Range, o.ETag, o.Key)
}

func have(i int, crc uint32) string { return fmt.Sprintf("have %d %08x", i, crc) }

// parseJournal reads a journal of a part of that origin, and tells how many bytes of it are whole
// lines. It is false when it is a journal of something else, or none.
func parseJournal(b []byte, o Origin) (marks []mark, valid int, ok bool) {
	text, rest, ok := unseal(b)
	if !ok || text != o.header() {
		return nil, 0, false
	}
	marks = make([]mark, o.Count())
	for {
		text, next, ok := unseal(rest)
		if !ok {
			break
		}
		i, crc, ok := parseHave(text)
		if !ok || i >= len(marks) {
			break
		}
		marks[i] = mark{old, crc}
		rest = next
	}
	return marks, len(b) - len(rest), true
}

func parseHave(text string) (i int, crc uint32, ok bool) {
	fields := bytes.Split([]byte(text), []byte{' '})
	if len(fields) != 3 {
		return 0, 0, false
	}
	i, err := strconv.Atoi(string(fields[1]))
	sum, crcErr := strconv.ParseUint(string(fields[2]), 16, 32)
	if err != nil || crcErr != nil || i < 0 || have(i, uint32(sum)) != text {
		return 0, 0, false
	}
	return i, uint32(sum), true
}
