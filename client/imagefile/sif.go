package imagefile

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sylabs/sif/v2/pkg/sif"
)

// Of a SIF's header: where the descriptors are told of, how long it is, how long a descriptor is, and
// how many are believed; those that tools write have room for 48.
const (
	sifCounts      = 80
	sifHeader      = 128
	sifDescriptor  = 585
	maxDescriptors = 4096
)

// inspectMetadata is how Singularity and Apptainer call what apptainer inspect shows, as JSON.
const inspectMetadata = "inspect-metadata.json"

// loadSIF opens a SIF for reading. sylabs/sif allocates what the header says without a look, and
// panics where that makes no sense: so the header is looked at first.
func loadSIF(r io.ReaderAt, size int64) (*sif.FileImage, error) {
	b := make([]byte, sifHeader)
	if _, err := r.ReadAt(b, 0); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, damaged("it ends in its header")
		}
		return nil, err
	}
	number := func(i int) int64 { return int64(binary.LittleEndian.Uint64(b[sifCounts+8*i:])) }
	total, offset, length := number(1), number(2), number(3)
	switch {
	case total < 0 || total > maxDescriptors:
		return nil, damaged("it says that it has %d descriptors", total)
	case offset < sifHeader || length < total*sifDescriptor || length > maxDescriptors*sifDescriptor || offset > size-length:
		return nil, damaged("its %d descriptors cannot be %d bytes at %d of %d", total, length, offset, size)
	}
	// What it refuses (a magic, a version) it has no type for, but all such errors name SIF.
	f, err := sif.LoadContainer(readOnly{r}, sif.OptLoadWithCloseOnUnload(false))
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "SIF"):
		return nil, &DamagedError{err}
	}
	return nil, err
}

// readOnly gives sylabs/sif what it wants to have of a file, and refuses what writes.
type readOnly struct{ io.ReaderAt }

var errReadOnly = errors.New("the image is only read")

func (readOnly) Write([]byte) (int, error)      { return 0, errReadOnly }
func (readOnly) Seek(int64, int) (int64, error) { return 0, errReadOnly }
func (readOnly) Truncate(int64) error           { return errReadOnly }

func inspectSIF(r io.ReaderAt, size int64, info *Info) error {
	f, err := loadSIF(r, size)
	if err != nil {
		return err
	}
	info.Arch, info.ID = identity(f)
	if at := f.CreatedAt(); at.Unix() > 0 {
		info.Created = at.UTC().Truncate(time.Second)
	}
	var objects []sif.Descriptor
	f.WithDescriptors(func(d sif.Descriptor) bool {
		if d.Offset() < 0 || d.Size() < 0 || d.Offset() > size-d.Size() {
			err = damaged("its object %d is %d bytes at %d, and the file has %d", d.ID(), d.Size(), d.Offset(), size)
			return true
		}
		objects = append(objects, d)
		return false
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(objects, func(a, b sif.Descriptor) int { return int(min(1, max(-1, a.Offset()-b.Offset()))) })
	s := sifReader{info: info}
	for _, d := range objects {
		if err := s.object(d); err != nil {
			var bad *problem
			if !errors.As(err, &bad) {
				return err
			}
			info.Problems = append(info.Problems, err.Error())
		}
	}
	if s.described || s.system == nil {
		return nil
	}
	// Singularity wrote no metadata beside the file system before 3.6.
	system := *s.system
	fs, err := openSquash(io.NewSectionReader(r, system.Offset, system.Size), system.Size)
	var bad *DamagedError
	var odd *problem
	switch {
	case errors.As(err, &bad):
		err = bad.Err
	case errors.As(err, &odd):
	case err != nil:
		return err
	default:
		return readSystem(fs, info)
	}
	info.Problems = append(info.Problems, fmt.Sprintf("the primary partition: %v", err))
	return nil
}

// identity is architecture and id; an id of zeros, as builds have that give the same bytes each time, is
// none.
func identity(f *sif.FileImage) (arch, id string) {
	if id = f.ID(); strings.Trim(id, "0-") == "" {
		id = ""
	}
	return known(f.PrimaryArch()), id
}

// problem is what a part of an image is refused for while the rest can be read.
type problem struct{ error }

// sifReader collects what the objects of a SIF say.
type sifReader struct {
	info      *Info
	described bool       // the metadata is there
	system    *Partition // the primary one, if it can be read
}

func (s *sifReader) object(d sif.Descriptor) error {
	switch d.DataType() {
	case sif.DataPartition:
		return s.partition(d)
	case sif.DataSignature:
		return s.signature(d)
	case sif.DataDeffile:
		text, err := textOf(d)
		s.info.Deffile = string(text)
		return err
	case sif.DataLabels:
		text, err := textOf(d)
		if err == nil {
			err = s.info.addLabels(text)
		}
		return err
	case sif.DataEnvVar:
		text, err := textOf(d)
		if err == nil {
			s.info.Environment[d.Name()] = string(text)
		}
		return err
	case sif.DataGenericJSON:
		if d.Name() != inspectMetadata {
			return nil
		}
		text, err := textOf(d)
		if err == nil {
			err = s.info.addMetadata(text)
		}
		s.described = err == nil
		return err
	}
	return nil
}

// textOf is the content of an object that people write.
func textOf(d sif.Descriptor) ([]byte, error) {
	if d.Size() > maxText {
		return nil, &problem{fmt.Errorf("%s (%s) is %d bytes, and is not read", d.DataType(), d.Name(), d.Size())}
	}
	text := make([]byte, d.Size())
	if _, err := io.ReadFull(d.GetReader(), text); err != nil {
		return nil, err
	}
	return bytes.TrimRight(text, "\x00"), nil
}

func (s *sifReader) partition(d sif.Descriptor) error {
	fs, kind, arch, err := d.PartitionMetadata()
	if err != nil {
		return &problem{fmt.Errorf("the partition %d: %w", d.ID(), err)}
	}
	p := Partition{
		Type: strings.ToLower(kind.String()), FS: strings.ToLower(fs.String()), Arch: known(arch), Offset: d.Offset(), Size: d.Size(),
	}
	if kind == sif.PartPrimSys {
		p.Type = "primary system"
		if fs == sif.FsSquash {
			s.system = &p
		}
	}
	s.info.Partitions = append(s.info.Partitions, p)
	return nil
}

// signature notes who signed: a PGP fingerprint stands in the descriptor, the ids of other keys in the
// signature's envelope (DSSE).
func (s *sifReader) signature(d sif.Descriptor) error {
	_, fingerprint, err := d.SignatureMetadata()
	if err != nil {
		return &problem{fmt.Errorf("the signature %d: %w", d.ID(), err)}
	}
	if fingerprint != nil {
		s.signer(fmt.Sprintf("%X", fingerprint))
		return nil
	}
	text, err := textOf(d)
	if err != nil {
		return err
	}
	var envelope struct {
		Signatures []struct{ KeyID, Sig string }
	}
	if err := json.Unmarshal(text, &envelope); err != nil || len(envelope.Signatures) == 0 {
		return &problem{fmt.Errorf("the signature %d does not say whose it is", d.ID())}
	}
	for _, each := range envelope.Signatures {
		if _, err := base64.StdEncoding.DecodeString(each.Sig); err != nil || each.KeyID == "" {
			return &problem{fmt.Errorf("the signature %d does not say whose it is", d.ID())}
		}
		s.signer(each.KeyID)
	}
	return nil
}

func (s *sifReader) signer(id string) {
	if !slices.Contains(s.info.Signers, id) {
		s.info.Signers = append(s.info.Signers, id)
	}
}
