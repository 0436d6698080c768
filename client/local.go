package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/library"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// LocalImage describes one image of the local library. The json names are those of
// sregistry-cli.
type LocalImage struct {
	URI        string    `json:"uri"` // collection/image:tag@version, which the verbs of the library take
	Collection string    `json:"collection"`
	Name       string    `json:"name"` // of the image, without tag; may hold slashes
	Tag        string    `json:"tag"`
	Version    string    `json:"version"` // the SHA-256 of the file, or what another tool gave; may be empty
	Image      string    `json:"image"`   // the path of the file; may be empty
	Client     string    `json:"client"`  // who brought it: swift
	URL        string    `json:"url"`
	Created    time.Time `json:"created_at"`       // when the row was made or renewed, UTC
	Mended     string    `json:"mended,omitempty"` // what a check found, and did about it
}

// String is the URI, so that an image can be written wherever a name in the library can.
func (i LocalImage) String() string { return i.URI }

func localImage(r library.Row) LocalImage {
	n := r.FullName()
	return LocalImage{
		URI: r.String(), Collection: n.Collection, Name: n.Image, Tag: n.TagOrDefault(), Version: r.Version,
		Image: r.Image, Client: r.Client, URL: r.URL, Created: r.Created,
	}
}

// localName reads a name of the library.
func localName(image string) (name.Name, error) {
	n, err := name.Parse(image)
	if err != nil {
		return n, refuse(Invalid, err, "")
	}
	return n, nil
}

// row is the newest row of a name.
func (c *Client) row(ctx context.Context, image string) (library.Row, error) {
	n, err := localName(image)
	if err != nil {
		return library.Row{}, err
	}
	return c.local.Find(ctx, n)
}

// oneRow is the row of a name, for what changes it.
func (c *Client) oneRow(ctx context.Context, image string) (library.Row, error) {
	n, err := localName(image)
	if err != nil {
		return library.Row{}, err
	}
	return c.local.One(ctx, n)
}

// whole is the file of a row, which must be there.
func whole(r library.Row) (string, error) {
	path, err := r.File()
	switch {
	case err == nil:
		return path, nil
	case r.Image == "":
		return "", refuse(NotFound, errors.New("the local library knows it, but no file of it"), "pull it")
	case errors.Is(err, fs.ErrNotExist):
		return "", refuse(NotFound, fmt.Errorf("the local library knows it, but its file %s is gone", path), "pull it again; images with check mends the library")
	}
	return "", err
}

// digest is the SHA-256 of a file that does not change while it is read, and its size.
func (c *Client) digest(ctx context.Context, path string) (transfer.Sum, error) {
	f, before, err := openImage(path)
	if err != nil {
		return transfer.Sum{}, err
	}
	defer f.Close()
	meter := c.report.Begin(Transfer{Verb: "hash", Label: path, Size: before.Size()})
	h := sha256.New()
	n, err := transfer.Copy(ctx, h, io.NewSectionReader(f, 0, before.Size()), meter.Add)
	if err == nil && (n != before.Size() || changed(f, before)) {
		err = refuse(Invalid, errors.New("the file changed while it was read"), "try again when it is finished")
	}
	meter.End(err)
	if err != nil {
		return transfer.Sum{}, err
	}
	return transfer.Sum{SHA256: hex.EncodeToString(h.Sum(nil)), Size: n}, nil
}

// recorded says what was recorded, in the words of sregistry-cli.
func (c *Client) recorded(r library.Row, created bool) {
	what := "update"
	if created {
		what = "new"
	}
	c.report.Note(fmt.Sprintf("[container][%s] %s", what, r))
}
