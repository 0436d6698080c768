package imagefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
	"time"
)

// Info is what an image file says of itself. Nobody has verified it: a signer named here is one that
// the file names.
type Info struct {
	Format      Format            `json:"format"`             // sif, squashfs, simg or ext3
	Size        int64             `json:"size"`               // bytes of the file
	Arch        string            `json:"arch"`               // as Go calls it: amd64, arm64; empty when the file does not say
	ID          string            `json:"id"`                 // the UUID of a SIF; empty for others
	Created     time.Time         `json:"created,omitzero"`   // UTC; zero when the file does not say
	Partitions  []Partition       `json:"partitions"`         // in the order of the file
	Labels      map[string]string `json:"labels"`             // of the image, not of its apps
	Deffile     string            `json:"deffile"`            // the definition file; empty when there is none
	Runscript   string            `json:"runscript"`          // what apptainer run runs
	Environment map[string]string `json:"environment"`        // scripts that set the environment, by their path in the image
	Help        string            `json:"help"`               // what apptainer run-help prints
	Signers     []string          `json:"signers"`            // fingerprints of PGP keys in upper-case hex, ids of other keys as they are written; sorted, each once
	Problems    []string          `json:"problems,omitempty"` // what could not be read, and why
}

// Partition is a file system in an image.
type Partition struct {
	Type   string `json:"type"`   // system, primary system, data or overlay
	FS     string `json:"fs"`     // squashfs, ext3, ...
	Arch   string `json:"arch"`   // as Info.Arch
	Offset int64  `json:"offset"` // bytes from the file's begin
	Size   int64  `json:"size"`   // bytes
}

// String is one partition for a person.
func (p Partition) String() string {
	s := p.Type + " (" + p.FS
	if p.Arch != "" {
		s += ", " + p.Arch
	}
	return fmt.Sprintf("%s) %d bytes at %d", s, p.Size, p.Offset)
}

// DamagedError says that a file has the begin of an image, and then what no image has.
type DamagedError struct{ Err error }

// Error says what is wrong.
func (e *DamagedError) Error() string { return "the image is damaged: " + e.Err.Error() }

// Unwrap gives the reason.
func (e *DamagedError) Unwrap() error { return e.Err }

func damaged(format string, args ...any) error { return &DamagedError{fmt.Errorf(format, args...)} }

// ErrNoImage says that a file has none of the formats.
var ErrNoImage = errors.New("this is no image of Singularity or Apptainer")

// Limits of what is read of one image: of all parts together, and of one text. What people write
// into definition files and labels is thousands of times smaller.
const (
	maxRead = 16 << 20
	maxText = 1 << 20
)

// Inspect reads what an image of size bytes says of itself. Of a SIF it reads the header and the
// small objects, of older images the few parts of the file system that hold them: of a large image
// some 64 KiB. It is ErrNoImage or a *DamagedError, or an error of reading.
func Inspect(r io.ReaderAt, size int64) (Info, error) {
	r = &metered{r: r, left: maxRead}
	format, begin, err := detect(r)
	if err != nil {
		return Info{}, err
	}
	info := Info{Format: format, Size: size, Labels: map[string]string{}, Environment: map[string]string{}, Partitions: []Partition{}, Signers: []string{}}
	switch format {
	case SIF:
		err = inspectSIF(r, size, &info)
	case Squashfs, Simg:
		err = inspectSquashfs(r, begin, size, &info)
	case Ext3:
		err = inspectExt3(r, begin, size, &info)
	default:
		err = ErrNoImage
	}
	sort.Strings(info.Signers)
	return info, err
}

// Identify tells architecture and id of a SIF, as Info has them. Of other files, and of a SIF whose
// header makes no sense, both are empty.
func Identify(r io.ReaderAt, size int64) (arch, id string) {
	if format, err := Detect(r); err != nil || format != SIF {
		return "", ""
	}
	f, err := loadSIF(r, size)
	if err != nil {
		return "", ""
	}
	return identity(f)
}

// known is an architecture, or empty.
func known(arch string) string {
	if arch == "unknown" {
		return ""
	}
	return arch
}

// inspectSquashfs describes an image that is one file system.
func inspectSquashfs(r io.ReaderAt, begin, size int64, info *Info) error {
	info.Partitions = append(info.Partitions, Partition{Type: "system", FS: "squashfs", Offset: begin, Size: size - begin})
	fs, err := openSquash(io.NewSectionReader(r, begin, size-begin), size-begin)
	var odd *problem
	switch {
	case errors.As(err, &odd):
		info.Problems = append(info.Problems, odd.Error())
		info.Created = fs.created()
		return nil
	case err != nil:
		return err
	}
	info.Created = fs.created()
	return readSystem(fs, info)
}

// inspectExt3 describes an image whose file system is not read: only its superblock tells
// something, the time when it was made.
func inspectExt3(r io.ReaderAt, begin, size int64, info *Info) error {
	info.Partitions = append(info.Partitions, Partition{Type: "system", FS: "ext3", Offset: begin, Size: size - begin})
	made := make([]byte, 4)
	if _, err := r.ReadAt(made, begin+1024+264); err != nil {
		return damaged("it ends in its superblock")
	}
	if at := binary.LittleEndian.Uint32(made); at != 0 {
		info.Created = time.Unix(int64(at), 0).UTC()
	}
	info.Problems = append(info.Problems, "labels and definition file of an ext3 image are not read")
	return nil
}

// metered bounds how much is read.
type metered struct {
	r    io.ReaderAt
	left int64
}

// ReadAt is a *DamagedError when there was enough.
func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	if m.left -= int64(len(p)); m.left < 0 {
		return 0, damaged("what it says of itself is more than %d MiB", maxRead>>20)
	}
	return m.r.ReadAt(p, off)
}
