package name

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Name
	}{
		{"busybox", Name{"library", "busybox", "", "", "busybox"}},
		{"swift://blueberry/pancake", Name{"blueberry", "pancake", "", "", "pancake"}},
		{"blueberry/pancake:latest", Name{"blueberry", "pancake", "latest", "", "pancake:latest"}},
		{"blueberry/pancake-latest.simg", Name{"blueberry", "pancake-latest.simg", "", "", "pancake-latest.simg"}},
		{"a/b/c:v1", Name{"a", "b/c", "v1", "", "b/c:v1"}},
		{"a/b:1/c", Name{"a", "b:1/c", "", "", "b:1/c"}},
		{"lab/x:V1@sha256:ab", Name{"lab", "x", "V1", "sha256:ab", "x:V1@sha256:ab"}},
		{"Lab/Übung", Name{"Lab", "Übung", "", "", "Übung"}},
		{"lab/x y", Name{"lab", "x y", "", "", "x y"}},
	} {
		got, err := Parse(c.in)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.in, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("Parse(%q): %s", c.in, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, why := range map[string]string{
		"":                               "empty",
		"docker://ubuntu":                "Swift only",
		"/x":                             "empty",
		"a/":                             "empty part",
		"a//b":                           "empty part",
		"a/../b":                         `".."`,
		"../b":                           "collection",
		"a/b:":                           "empty tag",
		"a/b@":                           "behind the @",
		"a/:v1":                          "no image",
		"a/b\x1b[31m":                    "control character",
		"a/b\u202ecod":                   "control character",
		"a/\xff":                         "UTF-8",
		strings.Repeat("c", 256) + "/":   "bytes long",
		"a/" + strings.Repeat("b", 1025): "bytes long",
	} {
		if _, err := Parse(in); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("Parse(%q) = %v, want an error with %q", in, err, why)
		} else if strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("Parse(%q): the message holds an escape", in)
		}
	}
}

func TestForms(t *testing.T) {
	n, _ := Parse("library/ubuntu:18.04")
	want := []string{
		"ubuntu-18.04.simg", "ubuntu-18.04.sif", "ubuntu-18.04.img",
		"ubuntu:18.04.simg", "ubuntu:18.04.sif", "ubuntu:18.04.img",
	}
	if diff := cmp.Diff(want, n.Forms()); diff != "" {
		t.Error(diff)
	}
	for _, object := range append(want, "ubuntu:18.04@abc123.sif") {
		if !n.Matches(object) {
			t.Errorf("%s is not matched", object)
		}
	}
	for _, object := range []string{"ubuntu-18.04", "ubuntu-18.04-cuda.sif", "ubuntu-18.04@a/b.sif", "xubuntu-18.04.sif"} {
		if n.Matches(object) {
			t.Errorf("%s is matched", object)
		}
	}
}

func TestGuess(t *testing.T) {
	for object, want := range map[string][2]string{
		"pancake-latest.simg":   {"pancake", "latest"},
		"ubuntu:18.04.sif":      {"ubuntu", "18.04"},
		"hello-world:l@abc.sif": {"hello-world", "l"},
		"b/c-v1.sif":            {"b/c", "v1"},
		"aws-cli-2.0.img":       {"aws-cli", "2.0"},
		"foo.sif":               {"foo.sif", ""},
		"README":                {"README", ""},
		"-v1.sif":               {"-v1.sif", ""},
		"a-.sif":                {"a-.sif", ""},
		"../x-y.sif":            {"../x-y.sif", ""},
	} {
		if image, tag := Guess(object); image != want[0] || tag != want[1] {
			t.Errorf("Guess(%q) = %q, %q", object, image, tag)
		}
	}
}

func TestTagIn(t *testing.T) {
	for _, c := range []struct{ image, object, want string }{
		{"x", "x-v2-rc1.sif", "v2-rc1"},
		{"x-v2", "x-v2-rc1.sif", "rc1"},
		{"x", "x:v2-rc1.simg", "v2-rc1"},
		{"x", "x-v2-rc1@abc.img", "v2-rc1"},
		{"a/x", "a/x-1.sif", "1"},
		{"x", "x-1/y.sif", ""},
		{"x", "x-1:2.sif", ""},
		{"x", "xy-1.sif", ""},
		{"x", "x-.sif", ""},
		{"x", "x.sif", ""},
		{"x", "x-1", ""},
	} {
		if got := (Name{Collection: "lab", Image: c.image}).TagIn(c.object); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.image, c.object, got, c.want)
		}
	}
}

func TestRecord(t *testing.T) {
	r := Record{Image: "ubuntu", Tag: "18.04-cuda", SHA256: strings.Repeat("ab", 32), Size: 42}
	const want = `application/octet-stream; image=ubuntu; sha256=abababababababababababababababababababababababababababababababab; size=42; tag=18.04-cuda`
	if got := r.ContentType(); got != want {
		t.Error(got)
	}
	if got, ok := ParseRecord(want, "ubuntu-18.04-cuda.sif"); !ok || got != r {
		t.Errorf("%v %v", got, ok)
	}
	if got, ok := ParseRecord(strings.ReplaceAll(want, "; ", ";"), "ubuntu-18.04-cuda.sif"); !ok || got != r {
		t.Errorf("without spaces, as Swift stores it: %v %v", got, ok)
	}
	own := Record{Image: "README", SHA256: r.SHA256, Size: 1}
	if got, ok := ParseRecord(own.ContentType(), "README"); !ok || got != own {
		t.Errorf("without a tag: %v %v from %q", got, ok, own.ContentType())
	}
	for _, bad := range []string{
		"", "application/octet-stream", strings.Replace(want, "size=42", "size=-1", 1),
		strings.Replace(want, "abab", "zz", 1), strings.Replace(want, "image=ubuntu", "image=../x", 1),
	} {
		if got, ok := ParseRecord(bad, "ubuntu-18.04-cuda.sif"); ok {
			t.Errorf("%q is believed: %v", bad, got)
		}
	}
	if _, ok := ParseRecord(want, "debian-latest.sif"); ok {
		t.Error("a record is believed for another object")
	}
}

func TestDigest(t *testing.T) {
	sha, md := strings.Repeat("0a", 32), strings.Repeat("0b", 16)
	for in, want := range map[string]Digest{
		"sha256:" + sha: {SHA256: sha}, strings.ToUpper(sha): {SHA256: sha}, md: {MD5: md},
	} {
		if got, err := ParseDigest(in); err != nil || got != want {
			t.Errorf("ParseDigest(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"v1", "sha256:" + md, "", "md5:" + md} {
		if _, err := ParseDigest(in); err == nil {
			t.Errorf("ParseDigest(%q) is taken", in)
		}
	}
}

func TestLocalFile(t *testing.T) {
	for object, want := range map[string]string{
		"b/c-v1.sif": "c-v1.sif", "../../etc/passwd": "passwd", "..": "image", "": "image", "a/..": "image",
		"-rf.sif": "rf.sif", ".bashrc": "bashrc", "a\x1b[2Jb.sif": "a_[2Jb.sif", "x/": "x", `a\b`: "a_b",
	} {
		if got := LocalFile(object); got != want {
			t.Errorf("LocalFile(%q) = %q, want %q", object, got, want)
		}
	}
}

// Whatever can be written is found again under its forms, is guessed as something that leads back
// to it, and its record is believed.
func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := `[a-zA-Z0-9_.+ äß-]{1,8}`
		in := rapid.StringMatching(part+"/"+part+"(/"+part+")?:"+part).
			Filter(func(s string) bool { _, err := Parse(s); return err == nil }).Draw(t, "name")
		n, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, naming := range []Naming{Dash, Colon} {
			object, err := n.Object(naming, rapid.SampledFrom(Extensions).Draw(t, "ext"))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(n.Forms(), object) || !n.Matches(object) {
				t.Fatalf("%q is no form of %v", object, n)
			}
			image, tag := Guess(object)
			back, err := Parse("x/" + image)
			if tag != "" {
				back, err = Parse("x/" + image + ":" + tag)
			}
			if err != nil || tag != "" && !back.Matches(object) || tag == "" && back.Raw != object {
				t.Fatalf("Guess(%q) = %q, %q does not lead back (%v)", object, image, tag, err)
			}
			r := Record{Image: n.Image, Tag: n.Tag, SHA256: strings.Repeat("0", 64), Size: 1, Arch: "amd64", ID: "1b9c2d34-5e6f-4708-9a0b-1c2d3e4f5061", Source: strings.Repeat("a", 32) + "-7"}
			if got, ok := ParseRecord(r.ContentType(), object); !ok || got != r {
				t.Fatalf("record %v of %q came back as %v", r, object, got)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a/b:c@d", "swift://x/y", "docker://", "a/\x00", "..", "a/b/c/d:e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		n, err := Parse(in)
		if err != nil {
			return
		}
		if n.Collection == "" || n.Image == "" || checkText(n.Image+n.Tag+n.Version+n.Collection) != nil {
			t.Fatalf("%q became %+v", in, n)
		}
		for _, file := range append(n.Forms(), n.Raw) {
			local := LocalFile(file)
			if local == "" || local[0] == '.' || strings.ContainsAny(local, "/\\\x00\x1b") {
				t.Fatalf("%q gives the file %q", file, local)
			}
		}
	})
}
