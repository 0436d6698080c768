// Package imagefiletest makes small image files for tests, with the library that Singularity and
// Apptainer make theirs with.
//
// It is apart from imagefile so that no program links package testing.
package imagefiletest

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sylabs/sif/v2/pkg/sif"
)

// ID is the UUID of all SIFs that SIF makes, and Created when they were made.
const (
	ID      = "1b9c2d34-5e6f-4708-9a0b-1c2d3e4f5061"
	Created = "2024-03-01T12:00:00Z"
)

// Deffile, Runscript and Environment are what these images hold.
const (
	Deffile     = "Bootstrap: docker\nFrom: ubuntu:22.04\n\n%runscript\n    exec /bin/sh \"$@\"\n"
	Runscript   = "#!/bin/sh\n\nexec /bin/sh \"$@\"\n"
	Environment = "#!/bin/sh\nexport LC_ALL=C\n"
)

// Options say what a SIF holds.
type Options struct {
	Arch     []string          // of its system partitions, the first is primary; none: amd64
	Labels   map[string]string // none: a few
	Bare     bool              // no definition file and no metadata
	Metadata string            // in place of the metadata that Apptainer would write
	System   []byte            // the primary partition; nil: a few bytes that are no file system
	Sign     ed25519.PrivateKey
	PGP      bool // the signature tells of a PGP key, else of a raw one
}

// Key is the key that test images are signed with.
func Key() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
}

// KeyID is how a signature names a raw key.
func KeyID(key ed25519.PrivateKey) string {
	sum := sha256.Sum256(key.Public().(ed25519.PublicKey))
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// Fingerprint is that of the PGP key (version 4, RFC 9580 section 5.5.4.2) made of a raw one.
func Fingerprint(key ed25519.PrivateKey) [20]byte {
	oid := []byte{0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01} // Ed25519 as OpenPGP had it first
	point := append([]byte{0x40}, key.Public().(ed25519.PublicKey)...)
	body := []byte{4, 0, 0, 0, 0, 22, byte(len(oid))}
	body = append(append(body, oid...), 0x01, 0x07) // an MPI of 263 bits
	body = append(body, point...)
	return sha1.Sum(append([]byte{0x99, byte(len(body) >> 8), byte(len(body))}, body...))
}

// Metadata is what Apptainer writes beside the file system of an image.
func Metadata(labels map[string]string) string {
	b, err := json.Marshal(map[string]any{"type": "container", "data": map[string]any{"attributes": map[string]any{
		"labels": labels, "deffile": Deffile, "runscript": Runscript, "helpfile": "Runs a shell.\n",
		"environment": map[string]string{"/.singularity.d/env/90-environment.sh": Environment},
	}}})
	if err != nil {
		panic(err) // it is made of strings
	}
	return string(b)
}

// SIF makes a SIF image of some 37 KiB.
func SIF(t testing.TB, o Options) []byte {
	t.Helper()
	at, err := time.Parse(time.RFC3339, Created)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Arch) == 0 {
		o.Arch = []string{"amd64"}
	}
	if o.Labels == nil {
		o.Labels = map[string]string{"org.label-schema.schema-version": "1.0", "maintainer": "vanessa"}
	}
	if o.System == nil {
		o.System = []byte("no file system, but it will do")
	}
	var all []sif.DescriptorInput
	add := func(kind sif.DataType, content []byte, opts ...sif.DescriptorInputOpt) {
		d, err := sif.NewDescriptorInput(kind, bytes.NewReader(content), opts...)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	if !o.Bare {
		add(sif.DataDeffile, []byte(Deffile), sif.OptObjectName("ubuntu.def"))
		if o.Metadata == "" {
			o.Metadata = Metadata(o.Labels)
		}
		add(sif.DataGenericJSON, []byte(o.Metadata), sif.OptObjectName("inspect-metadata.json"))
	}
	for i, arch := range o.Arch {
		kind, content := sif.PartPrimSys, o.System
		if i > 0 {
			kind, content = sif.PartSystem, []byte("the same for "+arch)
		}
		add(sif.DataPartition, content, sif.OptPartitionMetadata(sif.FsSquash, kind, arch))
	}
	if o.Sign != nil {
		content, fingerprint := envelope(o.Sign, o.System), []byte(nil)
		if o.PGP {
			print := Fingerprint(o.Sign)
			fingerprint = print[:]
		}
		add(sif.DataSignature, content, sif.OptNoGroup(), sif.OptLinkedGroupID(1), sif.OptSignatureMetadata(crypto.SHA256, fingerprint))
	}
	buf := sif.NewBuffer(nil)
	f, err := sif.CreateContainer(buf, sif.OptCreateWithDescriptors(all...), sif.OptCreateWithID(ID), sif.OptCreateWithTime(at),
		sif.OptCreateWithLaunchScript("#!/usr/bin/env run-singularity\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.UnloadContainer(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// envelope is a signature as the DSSE standard has it, over the digest of what is signed.
func envelope(key ed25519.PrivateKey, signed []byte) []byte {
	const kind = "application/vnd.sylabs.sif-metadata+json"
	payload := fmt.Sprintf(`{"version":1,"objects":[{"objectDigest":"sha256:%x"}]}`, sha256.Sum256(signed))
	pae := strings.Join([]string{"DSSEv1", fmt.Sprint(len(kind)), kind, fmt.Sprint(len(payload)), payload}, " ")
	b, err := json.Marshal(map[string]any{
		"payloadType": kind, "payload": []byte(payload),
		"signatures": []map[string]any{{"keyid": KeyID(key), "sig": ed25519.Sign(key, []byte(pae))}},
	})
	if err != nil {
		panic(err) // it is made of strings
	}
	return b
}

// SetCount writes one of the numbers of a SIF's header: 0 the free descriptors, 1 all of them, 2 where
// they are, 3 their bytes.
func SetCount(image []byte, i int, n int64) []byte {
	image = bytes.Clone(image)
	binary.LittleEndian.PutUint64(image[80+8*i:], uint64(n))
	return image
}

// Stretch makes the primary partition of a SIF n bytes longer, without making them: the image is head,
// n bytes of anything, and tail.
func Stretch(image []byte, n int64) (head, tail []byte) {
	const descriptors, length, count = 4096, 585, 48
	image = bytes.Clone(image)
	le := binary.LittleEndian
	add := func(at int) { le.PutUint64(image[at:], le.Uint64(image[at:])+uint64(n)) }
	var begin, end uint64
	for i := range count {
		d := descriptors + i*length
		if end == 0 && sif.DataType(le.Uint32(image[d:])) == sif.DataPartition {
			begin = le.Uint64(image[d+17:])
			end = begin + le.Uint64(image[d+25:])
			add(d + 25) // its size,
			add(d + 33) // and that with padding
		}
	}
	for i := range count {
		if d := descriptors + i*length; le.Uint64(image[d+17:]) > begin {
			add(d + 17) // the offset
		}
	}
	add(120) // the size of all data
	return image[:end], image[end:]
}
