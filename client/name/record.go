package name

import (
	"encoding/hex"
	"mime"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// mediaType is what sregistry-cli gave its objects, and what a record is added to.
const mediaType = "application/octet-stream"

// Record is what is kept beside an image's bytes. It travels as parameters of the Content-Type,
// which OpenStack Swift and RGW both keep through PUT, POST, COPY and large objects, and show in
// listings, where RGW shows nothing true about a large object.
type Record struct {
	Image  string
	Tag    string
	SHA256 string // lower-case hex of the whole image
	Size   int64  // bytes of the whole image
	Arch   string // architecture of a SIF, as Go calls it: amd64; empty when not known
	ID     string // UUID of a SIF; empty when not known
	Source string // of a copy, the ETag of the original whose hash nobody had recorded; else empty

	Expires time.Time // when the server deletes it, in whole seconds; zero: never
}

// What an architecture, an id and an ETag look like: others are not written, and not believed.
var (
	archForm = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
	idForm   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	etagForm = regexp.MustCompile(`^[0-9a-f]{32}(-[0-9]{1,5})?$`)
)

// ContentType writes the record as a media type with parameters.
func (r Record) ContentType() string {
	params := map[string]string{
		"image": r.Image, "tag": r.Tag, "sha256": r.SHA256, "size": strconv.FormatInt(r.Size, 10),
	}
	if archForm.MatchString(r.Arch) {
		params["arch"] = r.Arch
	}
	if idForm.MatchString(r.ID) {
		params["id"] = r.ID
	}
	if etagForm.MatchString(r.Source) {
		params["source"] = r.Source
	}
	if !r.Expires.IsZero() {
		params["expires"] = strconv.FormatInt(r.Expires.Unix(), 10)
	}
	return mime.FormatMediaType(mediaType, params)
}

// Meta writes the record as object metadata, for people who look with other tools. Values that
// Swift would refuse (over 256 bytes) are left out: a POST may drop metadata at any time, so
// nothing relies on it.
func (r Record) Meta() map[string]string {
	meta := map[string]string{"Sha256": r.SHA256, "Size": strconv.FormatInt(r.Size, 10)}
	for key, value := range map[string]string{"Image": r.Image, "Tag": r.Tag, "Arch": r.Arch, "Sif-Id": r.ID} {
		if escaped := url.PathEscape(value); len(escaped) <= 256 && (value != "" || key == "Image" || key == "Tag") {
			meta[key] = escaped
		}
	}
	return meta
}

// ParseRecord reads a record out of a Content-Type. It is false unless the record is whole and
// makes sense for the object: image and tag must be a name that leads to this object, or the image
// be its very name with no tag; the digest must look like one. All the rest may be missing.
// Anybody who may write the object may write its type, so nothing in it is believed further than that.
func ParseRecord(contentType, object string) (Record, bool) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return Record{}, false
	}
	r := Record{Image: params["image"], Tag: params["tag"], SHA256: strings.ToLower(params["sha256"])}
	if r.Size, err = strconv.ParseInt(params["size"], 10, 64); err != nil || r.Size < 0 {
		return Record{}, false
	}
	if raw, err := hex.DecodeString(r.SHA256); err != nil || len(raw) != 32 {
		return Record{}, false
	}
	if arch := params["arch"]; archForm.MatchString(arch) {
		r.Arch = arch
	}
	if id := params["id"]; idForm.MatchString(id) {
		r.ID = id
	}
	if source := params["source"]; etagForm.MatchString(source) {
		r.Source = source
	}
	if at, err := strconv.ParseInt(params["expires"], 10, 64); err == nil && at > 0 && at < 1<<40 {
		r.Expires = time.Unix(at, 0).UTC()
	}
	if r.Tag == "" { // the object's name is all there is
		return r, r.Image == object
	}
	n, err := Parse("x/" + r.Image + ":" + r.Tag)
	return r, err == nil && n.Image == r.Image && n.Tag == r.Tag && n.Matches(object)
}
