package library

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

// columns are collection, name and tag as sregistry-cli 0.2.39 looks an image up by: it writes
// everything in lower case, cuts the extensions of images out wherever they stand, takes what
// stands before the last folder but one for a registry, and a first part with a dot in it too. A
// row with these columns is found by both tools; which image of this shell it is, its uri says.
func columns(n name.Name) (collection, image, tag string) {
	path := extensions.ReplaceAllString(strings.ToLower(n.Collection+"/"+n.Image), "")
	tag = strings.ToLower(n.TagOrDefault())
	parts := strings.Split(path, "/")
	last := len(parts) - 1
	switch {
	case last > 1:
		return strings.Join(parts[1:last], "/"), parts[last], tag
	case strings.Contains(parts[0], "."):
		return name.DefaultCollection, parts[1], tag
	}
	return parts[0], parts[1], tag
}

var extensions = regexp.MustCompile(`[.](img|simg|sif)`)

// meant is the image that somebody names: what search prints, an object's own name, is read as
// the image and tag that it stands for.
func meant(n name.Name) name.Name {
	if name.Extension(n.Raw) == "" {
		return n
	}
	if image, tag := name.Guess(n.Raw); tag != "" {
		n.Image, n.Tag = image, tag
	}
	return n
}

// Version is the version that a name asks for, as rows hold it: lower-case, without sha256:.
func version(n name.Name) string {
	return strings.TrimPrefix(strings.ToLower(n.Version), "sha256:")
}

// place is the file of an image in the image folder: <collection>/<image>/<tag>@<version>.<ext>.
func (l *Library) place(n name.Name, version, ext string) (string, error) {
	if ext == "" {
		ext = "sif"
	}
	file := n.TagOrDefault() + "@" + version + "." + ext
	if version == "" {
		file = n.TagOrDefault() + "." + ext
	}
	const longest = 255 // of a name on the usual file systems
	if len(file) > longest {
		return "", fmt.Errorf("the tag of %s is too long for a file name", n)
	}
	for part := range strings.SplitSeq(n.Collection+"/"+n.Image, "/") {
		if part == "" || part == "." || part == ".." || len(part) > longest {
			return "", fmt.Errorf("%q is no folder that an image can go to", part)
		}
	}
	if strings.ContainsAny(file, "/\x00") {
		return "", errors.New("a tag and a version have no slash")
	}
	return filepath.Join(l.s.Storage, n.Collection, filepath.FromSlash(n.Image), file), nil
}

// placed reads a path in the image folder back. It is false for what is no image's.
func (l *Library) placed(path string) (n name.Name, version string, ok bool) {
	rest, err := filepath.Rel(l.s.Storage, path)
	ext := name.Extension(path)
	if err != nil || ext == "" || strings.HasPrefix(rest, "..") {
		return n, "", false
	}
	parts := strings.Split(filepath.ToSlash(rest), "/")
	last := len(parts) - 1
	tag, version, _ := strings.Cut(strings.TrimSuffix(parts[last], parts[last][len(parts[last])-len(ext)-1:]), "@")
	if last < 2 || tag == "" {
		return n, "", false
	}
	n, err = name.Parse(strings.Join(parts[:last], "/") + ":" + tag)
	return n, version, err == nil && n.Tag == tag
}

// Holds tells whether a path lies in the image folder: what does is the library's own, and what
// does not is the user's.
func (l *Library) Holds(path string) bool {
	rest, err := filepath.Rel(l.s.Storage, path)
	return err == nil && filepath.IsAbs(path) && rest != ".." && !strings.HasPrefix(rest, "../")
}
