package client

import "time"

// Image describes one image in storage, as far as a listing or a HEAD tells. The json names are
// the fields of the Lua table and of --json.
type Image struct {
	URI        string    `json:"uri"`              // collection/image:tag, which every verb takes
	Collection string    `json:"collection"`       // the Swift container
	Name       string    `json:"name"`             // the image's name without tag; may hold slashes
	Tag        string    `json:"tag"`              // empty when the object's name tells none
	Object     string    `json:"object"`           // the object's name in the container
	Size       int64     `json:"size"`             // bytes; -1 when neither listing nor record tells
	SHA256     string    `json:"sha256"`           // lower-case hex, empty when nobody recorded it
	ETag       string    `json:"etag"`             // unquoted; the MD5 of the bytes for an object that is no large object
	Modified   time.Time `json:"modified"`         // UTC
	Arch       string    `json:"arch"`             // as Go calls it: amd64; empty when nobody recorded it
	ID         string    `json:"id"`               // UUID of a SIF; empty when nobody recorded it
	Source     string    `json:"source,omitempty"` // of a copy, the ETag of the original whose SHA-256 nobody had recorded
	Expires    time.Time `json:"expires,omitzero"` // when the server deletes it; zero when it does not, or nobody recorded it
}

// String is the URI, so that an image can be written wherever a name can.
func (i Image) String() string { return i.URI }

// Path is the image as search prints it: collection/object; of one that was done in a batch, and of
// which no more than its name is known, the URI.
func (i Image) Path() string {
	if i.Object == "" {
		return i.URI
	}
	return i.Collection + "/" + i.Object
}

// Collection describes one collection, that is, one Swift container that holds images.
type Collection struct {
	Name   string `json:"name"`
	Images int64  `json:"images"` // objects in it, as the account listing counts them
	Bytes  int64  `json:"bytes"`  // bytes in it, as the account listing counts them
}

// String is the collection's name.
func (c Collection) String() string { return c.Name }
