package vm

import (
	"fmt"
	"io"
	"os"
)

// MaxSource is how long a program may be, in bytes. Its tree takes some 25 times as much memory, and
// nothing interrupts the parser: at this length it takes some seconds.
const MaxSource = 16 << 20

var errLongSource = fmt.Errorf("a program may be %d MiB long; data can be read by fs.read, json.decode or io.lines", MaxSource>>20)

// ReadSource reads a program to its end, and no further than one may be long: a device has none.
func ReadSource(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxSource+1))
	if err == nil && len(text) > MaxSource {
		err = errLongSource
	}
	return string(text), err
}

// ReadSourceFile is ReadSource of a file.
func ReadSourceFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return ReadSource(f)
}

// checkSource refuses what is too long or nests too deep to be parsed.
func checkSource(chunk, source string) error {
	if len(source) > MaxSource {
		return errLongSource
	}
	return checkNesting(chunk, source)
}
