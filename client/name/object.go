package name

import (
	"fmt"
	"strings"
)

// Naming is how a new object is called.
type Naming string

// The two ways: Dash is the seed's own, Colon the one that sregistry-cli 0.2.39 can read.
const (
	Dash  Naming = "dash"  // <image>-<tag>.<ext>
	Colon Naming = "colon" // <image>:<tag>.sif
)

// Extensions of image files, as sregistry-cli used them over time.
var Extensions = []string{"simg", "sif", "img"}

// Extension is the extension of a file name if it is an image's, without the dot; else empty.
func Extension(file string) string {
	for _, ext := range Extensions {
		if strings.HasSuffix(strings.ToLower(file), "."+ext) {
			return ext
		}
	}
	return ""
}

// Object is the object's name under which a new image is written.
func (n Name) Object(naming Naming, ext string) (string, error) {
	object := n.Image + "-" + n.TagOrDefault() + "." + ext
	if naming == Colon {
		object = n.Image + ":" + n.TagOrDefault() + ".sif"
	}
	if len(object) > maxObject {
		return "", fmt.Errorf("the object's name would be %d bytes long, and Swift takes %d", len(object), maxObject)
	}
	return object, nil
}

// Forms are the object names under which releases of sregistry-cli and this shell have written an
// image of this name and tag, the most likely first.
func (n Name) Forms() []string {
	forms := make([]string, 0, 2*len(Extensions))
	for _, stem := range n.Stems() {
		for _, ext := range Extensions {
			forms = append(forms, stem+"."+ext)
		}
	}
	return forms
}

// Stems are the forms without their extensions. Each form, also one with a version
// (image:tag@version.sif), begins with one of them.
func (n Name) Stems() []string {
	return []string{n.Image + "-" + n.TagOrDefault(), n.Image + ":" + n.TagOrDefault()}
}

// Matches tells whether an object name is a form of this image and tag, with or without a version.
func (n Name) Matches(object string) bool {
	ext := Extension(object)
	if ext == "" {
		return false
	}
	bare := object[:len(object)-len(ext)-1]
	for _, stem := range n.Stems() {
		if rest, ok := strings.CutPrefix(bare, stem); ok && (rest == "" || rest[0] == '@' && !strings.Contains(rest, "/")) {
			return true
		}
	}
	return false
}

// TagIn is the tag with which an object's name is a form of this image, whatever else it could mean;
// empty when there is none.
func (n Name) TagIn(object string) string {
	ext := Extension(object)
	if ext == "" {
		return ""
	}
	rest, ok := strings.CutPrefix(object[:len(object)-len(ext)-1], n.Image)
	if !ok || len(rest) < 2 || rest[0] != '-' && rest[0] != ':' {
		return ""
	}
	tag, _, _ := strings.Cut(rest[1:], "@")
	tagged, err := Parse("x/" + n.Image + ":" + tag)
	if err != nil || tagged.Image != n.Image || tagged.Tag != tag || !tagged.Matches(object) {
		return ""
	}
	return tag
}

// FormStems are the stems that an object's name is a form of: see Stems.
func FormStems(object string) []string {
	ext := Extension(object)
	if ext == "" {
		return nil
	}
	bare := object[:len(object)-len(ext)-1]
	stems := []string{bare}
	for i := strings.LastIndex(bare, "/") + 1; i < len(bare); i++ {
		if bare[i] == '@' {
			stems = append(stems, bare[:i])
		}
	}
	return stems
}

// Guess reads image and tag out of an object's name of unknown origin. What it gives leads back to
// the same object: the tag is empty when only the object's whole name does.
func Guess(object string) (image, tag string) {
	ext := Extension(object)
	if ext == "" {
		return object, ""
	}
	bare := object[:len(object)-len(ext)-1]
	last := strings.LastIndex(bare, "/") + 1
	if at := strings.Index(bare[last:], "@"); at >= 0 {
		bare = bare[:last+at]
	}
	cut := strings.LastIndex(bare[last:], ":")
	if cut < 0 {
		cut = strings.LastIndex(bare[last:], "-")
	}
	if cut <= 0 || last+cut+1 == len(bare) {
		return object, ""
	}
	image, tag = bare[:last+cut], bare[last+cut+1:]
	if n, err := Parse("x/" + image + ":" + tag); err != nil || n.Image != image || n.Tag != tag || !n.Matches(object) {
		return object, ""
	}
	return image, tag
}
