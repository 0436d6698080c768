package imagefile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sylabs/sif/v2/pkg/sif"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile/imagefiletest"
)

func inspect(t *testing.T, image []byte) Info {
	t.Helper()
	info, err := Inspect(bytes.NewReader(image), int64(len(image)))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func squashImage(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".squashfs")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestInspectSIF(t *testing.T) {
	made, err := time.Parse(time.RFC3339, imagefiletest.Created)
	if err != nil {
		t.Fatal(err)
	}
	image := imagefiletest.SIF(t, imagefiletest.Options{})
	info := inspect(t, image)
	want := Info{
		Format: SIF, Size: int64(len(image)), Arch: "amd64", ID: imagefiletest.ID, Created: made,
		Labels:  map[string]string{"org.label-schema.schema-version": "1.0", "maintainer": "vanessa"},
		Deffile: imagefiletest.Deffile, Runscript: imagefiletest.Runscript, Help: "Runs a shell.\n",
		Environment: map[string]string{"/.singularity.d/env/90-environment.sh": imagefiletest.Environment},
		Signers:     []string{},
		Partitions:  []Partition{{Type: "primary system", FS: "squashfs", Arch: "amd64", Offset: info.Partitions[0].Offset, Size: 30}},
	}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Error(diff)
	}
	if info.Partitions[0].Offset < 32768 {
		t.Errorf("the partition is at %d", info.Partitions[0].Offset)
	}
	if arch, id := Identify(bytes.NewReader(image), int64(len(image))); arch != "amd64" || id != imagefiletest.ID {
		t.Errorf("identified as %q %q", arch, id)
	}
}

func TestInspectSigners(t *testing.T) {
	key := imagefiletest.Key()
	raw := inspect(t, imagefiletest.SIF(t, imagefiletest.Options{Sign: key}))
	if diff := cmp.Diff([]string{imagefiletest.KeyID(key)}, raw.Signers); diff != "" {
		t.Error(diff)
	}
	pgp := inspect(t, imagefiletest.SIF(t, imagefiletest.Options{Sign: key, PGP: true}))
	if diff := cmp.Diff([]string{fmt.Sprintf("%X", imagefiletest.Fingerprint(key))}, pgp.Signers); diff != "" {
		t.Error(diff)
	}
}

func TestInspectTwoArchitectures(t *testing.T) {
	info := inspect(t, imagefiletest.SIF(t, imagefiletest.Options{Arch: []string{"arm64", "amd64"}}))
	var got []string
	for _, p := range info.Partitions {
		got = append(got, p.Type+" "+p.Arch)
	}
	if diff := cmp.Diff([]string{"primary system arm64", "system amd64"}, got); diff != "" || info.Arch != "arm64" {
		t.Errorf("%s, the image is for %q", diff, info.Arch)
	}
}

// A SIF without metadata is described by its file system, as Singularity before 3.6 left it.
func TestInspectSIFWithoutMetadata(t *testing.T) {
	info := inspect(t, imagefiletest.SIF(t, imagefiletest.Options{Bare: true, System: squashImage(t, "gzip")}))
	if info.Labels["MAINTAINER"] != "vanessa" || !strings.HasPrefix(info.Deffile, "Bootstrap: docker") || len(info.Problems) > 0 {
		t.Errorf("%+v", info)
	}
	info = inspect(t, imagefiletest.SIF(t, imagefiletest.Options{Bare: true}))
	if len(info.Labels) > 0 || info.Arch != "amd64" || len(info.Problems) != 1 {
		t.Errorf("%+v", info)
	}
}

func TestInspectOldImages(t *testing.T) {
	const line = "#!/usr/bin/env run-singularity\n"
	for _, compression := range []string{"gzip", "xz", "zstd"} {
		for _, launch := range []string{"", line} {
			image := append([]byte(launch), squashImage(t, compression)...)
			info := inspect(t, image)
			want := Info{
				Format: Squashfs, Size: int64(len(image)), Created: time.Unix(1500000000, 0).UTC(), Signers: []string{},
				Labels:    map[string]string{"org.label-schema.schema-version": "1.0", "MAINTAINER": "vanessa", "cores": "4"},
				Deffile:   "Bootstrap: docker\nFrom: ubuntu:16.04\n\n%runscript\n    exec echo \"hello\"\n",
				Runscript: "#!/bin/sh\nexec echo \"hello\"\n", Help: "Says hello.\n",
				Environment: map[string]string{
					"/.singularity.d/env/90-environment.sh": "#!/bin/sh\nexport LC_ALL=C\n",
					"/.singularity.d/env/10-docker.sh":      "#!/bin/sh\nPATH=/usr/bin:/bin\n",
				},
				Partitions: []Partition{{Type: "system", FS: "squashfs", Offset: int64(len(launch)), Size: int64(len(image) - len(launch))}},
			}
			if launch != "" {
				want.Format = Simg
			}
			if diff := cmp.Diff(want, info); diff != "" {
				t.Errorf("%s: %s", compression, diff)
			}
		}
	}
}

// An image whose compression is not read is sound all the same: its superblock tells what it can.
func TestInspectUnreadCompression(t *testing.T) {
	for number, name := range map[byte]string{2: "lzma", 3: "lzo", 5: "lz4"} {
		image := squashImage(t, "lz4")
		image[20] = number
		want := Info{
			Format: Squashfs, Size: int64(len(image)), Created: time.Unix(1500000000, 0).UTC(), Signers: []string{},
			Labels: map[string]string{}, Environment: map[string]string{},
			Partitions: []Partition{{Type: "system", FS: "squashfs", Size: int64(len(image))}},
			Problems:   []string{"its squashfs is compressed by " + name + ", which is not read"},
		}
		if diff := cmp.Diff(want, inspect(t, image)); diff != "" {
			t.Error(diff)
		}
	}
}

// Files of several blocks, with holes, behind hundreds of others, and what is not compressed.
func TestSquashfsFiles(t *testing.T) {
	long := func(n int) string {
		var lines []string
		for i := range n {
			lines = append(lines, fmt.Sprintf("line %d of a long file", i))
		}
		return strings.Join(lines, "\n")
	}
	for _, c := range []struct{ image, name, want string }{
		{"gzip", ".singularity.d/long", long(1200)},
		{"xz", ".singularity.d/long", long(1200)},
		{"zstd", ".singularity.d/long", long(1200)},
		{"gzip", ".singularity.d/holes", strings.Repeat("\x00", 20000) + "end"},
		{"gzip", "etc/f0599", "x4"},
		{"stored", ".singularity.d/runscript", long(400)},
	} {
		b := squashImage(t, c.image)
		s, err := openSquash(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.readFile(strings.Split(c.name, "/")...)
		if err != nil || string(got) != c.want {
			t.Errorf("%s of %s: %d bytes, want %d; %v", c.name, c.image, len(got), len(c.want), err)
		}
		for _, none := range []string{"etc", "nothing", ".singularity.d/long/x", "singularity", ".singularity.d/env/91-link.sh"} {
			if _, err := s.readFile(strings.Split(none, "/")...); err == nil {
				t.Errorf("%s of %s can be read", none, c.image)
			}
		}
	}
}

func TestInspectExt3(t *testing.T) {
	image := make([]byte, 4096)
	copy(image[1080:], "\x53\xef")
	copy(image[1024+264:], "\x00\x2f\x68\x59") // 1500000000 is 0x59682f00
	info := inspect(t, image)
	if info.Format != Ext3 || info.Created.Unix() != 1500000000 || len(info.Partitions) != 1 {
		t.Errorf("%+v", info)
	}
}

// What is damaged is told as such, whatever is wrong with it; where the rest can be read, it is.
func TestInspectDamaged(t *testing.T) {
	sound := imagefiletest.SIF(t, imagefiletest.Options{})
	count := imagefiletest.SetCount
	squash := squashImage(t, "gzip")
	with := func(at int, content string) []byte {
		b := bytes.Clone(squash)
		copy(b[at:], content)
		return b
	}
	for name, c := range map[string]struct {
		image []byte
		want  string
	}{
		"a negative count":         {count(sound, 1, -1), "it says that it has -1 descriptors"},
		"an endless count":         {count(sound, 1, 1<<40), "descriptors"},
		"descriptors elsewhere":    {count(sound, 2, 1<<62), "cannot be"},
		"descriptors of no length": {count(sound, 3, 0), "cannot be"},
		"cut in the header":        {sound[:100], "ends in its header"},
		"cut in the descriptors":   {sound[:20000], "cannot be"},
		"cut in the partition":     {sound[:len(sound)-5], "the file has"},
		"another version":          {append(append(bytes.Clone(sound[:42]), "99\x00"...), sound[45:]...), "version"},
		"a cut superblock":         {squash[:50], "superblock"},
		"a cut squashfs":           {squash[:2000], "should be"},
		"blocks of no size":        {with(12, "\x01\x00\x00\x00"), "blocks of 1 bytes"},
		"an old squashfs":          {with(28, "\x03\x00"), "version 3.0"},
		"a strange compression":    {with(20, "\x09\x00"), "number 9"},
	} {
		_, err := Inspect(bytes.NewReader(c.image), int64(len(c.image)))
		var bad *DamagedError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		image []byte
		want  string
	}{
		"metadata that is no JSON":   {imagefiletest.SIF(t, imagefiletest.Options{Metadata: "{nonsense"}), "inspect-metadata.json is not what it should be"},
		"a root that is nowhere":     {with(32, "\xff\xff\xff\xff\xff\xff"), "behind its end"},
		"a compression nobody reads": {imagefiletest.SIF(t, imagefiletest.Options{Bare: true, System: squashImage(t, "lz4")}), "lz4, which is not read"},
	} {
		info := inspect(t, c.image)
		if len(info.Problems) == 0 || !strings.Contains(info.Problems[0], c.want) {
			t.Errorf("%s: %q, want %q", name, info.Problems, c.want)
		}
	}
	if _, err := Inspect(strings.NewReader("nothing"), 7); !errors.Is(err, ErrNoImage) {
		t.Errorf("no image: %v", err)
	}
	if arch, id := Identify(bytes.NewReader(count(sound, 1, -1)), int64(len(sound))); arch+id != "" {
		t.Errorf("a damaged image is %q %q", arch, id)
	}
}

// failing reads what a reader has until it has been asked often enough.
type failing struct {
	r    *bytes.Reader
	left int
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, iotest.ErrTimeout
	}
	return f.r.ReadAt(p, off)
}

// A failure to read is an error whenever it happens, and never a problem of the image.
func TestInspectReadErrors(t *testing.T) {
	for name, image := range map[string][]byte{
		"sif": imagefiletest.SIF(t, imagefiletest.Options{}), "squashfs": squashImage(t, "stored"),
		"sif without metadata": imagefiletest.SIF(t, imagefiletest.Options{Bare: true, System: squashImage(t, "stored")}),
	} {
		reads := 0
		for ; ; reads++ {
			_, err := Inspect(&failing{bytes.NewReader(image), reads}, int64(len(image)))
			if err == nil {
				break
			}
			if !errors.Is(err, iotest.ErrTimeout) {
				t.Fatalf("%s, read %d: %v", name, reads, err)
			}
		}
		if reads < 4 {
			t.Errorf("%s is read in %d steps", name, reads)
		}
	}
}

// An image cannot make us read for ever.
func TestReadingIsBounded(t *testing.T) {
	m := &metered{r: bytes.NewReader(make([]byte, 100)), left: 10}
	if _, err := m.ReadAt(make([]byte, 8), 0); err != nil {
		t.Error(err)
	}
	var bad *DamagedError
	if _, err := m.ReadAt(make([]byte, 8), 0); !errors.As(err, &bad) {
		t.Errorf("it reads on: %v", err)
	}
}

func TestFormatExtension(t *testing.T) {
	for format, want := range map[Format]string{SIF: "sif", Squashfs: "simg", Simg: "simg", Ext3: "img", Unknown: "sif"} {
		if got := format.Extension(); got != want {
			t.Errorf("%q: %q", format, got)
		}
	}
}

// A SIF that is made to be the same each time has no id, and its architecture and date may be missing.
func TestInspectEmptySIF(t *testing.T) {
	buf := sif.NewBuffer(nil)
	f, err := sif.CreateContainer(buf, sif.OptCreateDeterministic())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.UnloadContainer(); err != nil {
		t.Fatal(err)
	}
	if info := inspect(t, buf.Bytes()); info.ID+info.Arch != "" || !info.Created.IsZero() || len(info.Partitions) > 0 {
		t.Errorf("%+v", info)
	}
}
