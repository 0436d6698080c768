// Package name knows how images are called: how people write them, under which object names they
// lie in a Swift container today and in every release of sregistry-cli, and what is recorded
// beside them. It never asks a server and never touches a file.
//
// It is tested by tables of the forms that were seen in the wild, by properties (what is written
// is read back as the same name) and by fuzzing.
package name

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Defaults of what a name may leave out, as sregistry-cli had them.
const (
	DefaultCollection = "library"
	DefaultTag        = "latest"
)

// Limits of Swift, in bytes (constraints of OpenStack Swift; RGW allows as much for objects and a
// byte less for containers).
const (
	maxContainer = 255
	maxObject    = 1024
)

// Name is an image's name as somebody wrote it: [swift://]collection/image[:tag][@version].
type Name struct {
	Collection string
	Image      string // without tag and version; may hold slashes
	Tag        string // empty when none was written
	Version    string // what stands behind the @; empty when nothing does
	Raw        string // all behind the collection as written: it may be an object's name itself
}

// Parse reads a name. It refuses what could not be an image's name on any server, before any
// request is made; the error says what is wrong with it.
func Parse(s string) (Name, error) {
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		if scheme != "swift" {
			return Name{}, fmt.Errorf("%s:// is not Swift storage, and this shell speaks Swift only; apptainer pull %s://... may do it", printable(scheme), printable(scheme))
		}
		s = rest
	}
	if err := checkText(s); err != nil {
		return Name{}, err
	}
	if s == "" {
		return Name{}, errors.New("the name is empty; it is written collection/image[:tag]")
	}
	n := Name{Collection: DefaultCollection, Raw: s}
	if collection, rest, ok := strings.Cut(s, "/"); ok {
		n.Collection, n.Raw = collection, rest
	}
	if err := CheckCollection(n.Collection); err != nil {
		return Name{}, err
	}
	for part := range strings.SplitSeq(n.Raw, "/") {
		switch part {
		case "":
			return Name{}, fmt.Errorf("%q has an empty part; it is written collection/image[:tag]", s)
		case ".", "..":
			return Name{}, fmt.Errorf("%q has the part %q, which would mean another place", s, part)
		}
	}
	if len(n.Raw) > maxObject {
		return Name{}, fmt.Errorf("the name is %d bytes long, and Swift takes %d", len(n.Raw), maxObject)
	}
	n.Image = n.Raw
	last := strings.LastIndex(n.Raw, "/") + 1
	if at := strings.LastIndex(n.Raw[last:], "@"); at >= 0 {
		n.Image, n.Version = n.Raw[:last+at], n.Raw[last+at+1:]
		if n.Version == "" {
			return Name{}, fmt.Errorf("%q has nothing behind the @", s)
		}
	}
	if colon := strings.LastIndex(n.Image[last:], ":"); colon >= 0 {
		n.Image, n.Tag = n.Image[:last+colon], n.Image[last+colon+1:]
		if n.Tag == "" {
			return Name{}, fmt.Errorf("%q has an empty tag", s)
		}
	}
	if n.Image[last:] == "" {
		return Name{}, fmt.Errorf("%q names no image", s)
	}
	return n, nil
}

// CheckCollection says what is wrong with a collection's name, if anything.
func CheckCollection(collection string) error {
	if err := checkText(collection); err != nil {
		return err
	}
	switch {
	case collection == "":
		return errors.New("the collection's name is empty; it is written collection/image[:tag]")
	case collection == "." || collection == "..":
		return fmt.Errorf("%q is no name for a collection", collection)
	case strings.Contains(collection, "/"):
		return fmt.Errorf("%q: a collection's name has no slash", collection)
	case len(collection) > maxContainer:
		return fmt.Errorf("the collection's name is %d bytes long, and Swift takes %d", len(collection), maxContainer)
	}
	return nil
}

// CheckObject says why no verb takes an object of a collection by its name, if so: names come from
// whoever may write to the collection.
func CheckObject(collection, object string) error {
	_, err := Parse(collection + "/" + object)
	return err
}

// CheckText says what a text from outside holds that no terminal, file system or header should ever
// see, if so.
func CheckText(s string) error { return checkText(s) }

// checkText refuses bytes that no terminal, file system or header should ever see.
func checkText(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not UTF-8", printable(s))
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Cf, r) && !joiner(r) {
			return fmt.Errorf("%s has the control character %U", printable(s), r)
		}
	}
	return nil
}

// joiner tells of the two invisible characters that words and emoji are written with.
func joiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

func printable(s string) string { return strings.Trim(fmt.Sprintf("%+q", s), `"`) }

// TagOrDefault is the tag, or latest when none was written.
func (n Name) TagOrDefault() string {
	if n.Tag == "" {
		return DefaultTag
	}
	return n.Tag
}

// String is collection/image:tag.
func (n Name) String() string { return URI(n.Collection, n.Image, n.TagOrDefault()) }

// Lower is the name with collection and image in lower case; tags keep their case.
func (n Name) Lower() Name {
	n.Collection, n.Image = strings.ToLower(n.Collection), strings.ToLower(n.Image)
	return n
}

// URI writes a name out; without a tag it names the object itself.
func URI(collection, image, tag string) string {
	if tag == "" {
		return collection + "/" + image
	}
	return collection + "/" + image + ":" + tag
}

// LocalFile is the file name for an object that somebody else may have named: its last part, made
// safe to create in a folder. It is never empty, never hidden, never outside the folder.
func LocalFile(object string) string {
	base := path.Base(strings.TrimRight(object, "/"))
	base = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, base)
	base = strings.TrimLeft(base, ".-~ ")
	for len(base) > 200 { // room for the suffix of a temporary file within NAME_MAX
		_, size := utf8.DecodeRuneInString(base)
		base = base[size:]
	}
	if base == "" {
		return "image"
	}
	return base
}
