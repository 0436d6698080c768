package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/sregistry-shell/sregistry-shell/client/library"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// AddRequest asks to take an image file into the local library.
type AddRequest struct {
	Path string `arg:"path" complete:"file" help:"the image file"`
	Name string `arg:"name" cli:"name" complete:"local" help:"what to call it: collection/image[:tag]"`
	Copy bool   `opt:"copy" help:"copy it into the image folder, on whatever file system that is"`
	Move bool   `opt:"move" help:"move it into the image folder, which must be on the same file system"`
}

// LibraryAdd takes an image file into the local library. Where the file system can share blocks
// between files, the image folder gets a file of its own; elsewhere the library records where the
// user's file is. Invalid for a file that is none.
func (c *Client) LibraryAdd(ctx context.Context, r AddRequest) (LocalImage, error) {
	row, err := c.add(ctx, r)
	return localImage(row), fail("add", r.Name, err)
}

func (c *Client) add(ctx context.Context, r AddRequest) (library.Row, error) {
	n, err := localName(r.Name)
	switch {
	case err != nil:
		return library.Row{}, err
	case n.Version != "":
		return library.Row{}, refuse(Invalid, errors.New("it takes no @version: the version follows from the bytes"), "")
	case r.Copy && r.Move:
		return library.Row{}, refuse(Invalid, errors.New("copy and move exclude each other"), "")
	}
	if !c.local.Settings().On() {
		_, err := c.local.Versions(ctx, n)
		return library.Row{}, err
	}
	path, err := filepath.Abs(r.Path)
	if err != nil {
		return library.Row{}, err
	}
	sum, err := c.digest(ctx, path)
	if err != nil {
		return library.Row{}, err
	}
	n.Collection, n.Image = n.Lower().Collection, n.Lower().Image
	if c.cfg.DryRun {
		c.report.Plan(fmt.Sprintf("would add %s to the local library as %s@%s", path, n, sum.SHA256))
		return library.NewRow(n, sum.SHA256, path), nil
	}
	own, fresh, err := c.own(ctx, r, path, n, sum)
	if err != nil {
		return library.Row{}, err
	}
	row, created, err := c.local.Record(ctx, library.Entry{Name: n, Written: r.Name, Version: sum.SHA256, Image: own, Metrics: metrics(own)})
	switch {
	case err == nil:
		c.recorded(row, created)
	case fresh:
		c.disown(ctx, own, path, n, r.Move)
	}
	return row, err
}

// disown undoes what own did for a file that could not be recorded, unless somebody else has
// recorded it meanwhile, or that cannot be told.
func (c *Client) disown(ctx context.Context, own, path string, n name.Name, move bool) {
	rows, err := c.local.Versions(ctx, n)
	if err != nil || slices.ContainsFunc(rows, func(row library.Row) bool { return row.Image == own }) {
		return
	}
	if move && os.Link(own, path) != nil { // unlike rename, it replaces nothing
		return
	}
	os.Remove(own)
	c.local.Tidy(own)
}

// own brings a file into the image folder, if that can be had without a second copy or a copy is
// asked for. Else it is the user's path. fresh tells whether there is a file that was not there.
func (c *Client) own(ctx context.Context, r AddRequest, path string, n name.Name, sum transfer.Sum) (own string, fresh bool, err error) {
	ext := name.Extension(path)
	to, err := c.local.Place(n, sum.SHA256, ext)
	if err != nil {
		return "", false, err
	}
	if _, err := os.Stat(to); err == nil && to != path {
		there, err := c.digest(ctx, to)
		switch {
		case err != nil:
			return "", false, err
		case there.SHA256 != sum.SHA256:
			return "", false, refuse(Exists, fmt.Errorf("%s is there and holds other bytes", to), "remove it, or rename it with the library's rename")
		case r.Move:
			return to, false, os.Remove(path)
		}
		return to, false, nil
	}
	own, err = c.local.Own(path, n, sum.SHA256, ext, r.Move)
	switch {
	case err == nil || !errors.Is(err, errors.ErrUnsupported):
		return own, err == nil && own != path, err
	case r.Move:
		return "", false, refuse(Invalid, err, "add it where it is, or copy it")
	case r.Copy:
		err = library.Within(to, func() error { return c.copyFile(ctx, path, to, sum.SHA256, false) })
		return to, err == nil, err
	}
	c.local.Tidy(to)
	return path, false, nil
}

// copyFile copies a file to a target, which appears when it is whole and has the SHA-256.
func (c *Client) copyFile(ctx context.Context, from, to, sha256 string, replace bool) error {
	f, info, err := openImage(from)
	if err != nil {
		return err
	}
	defer f.Close()
	part, err := transfer.NewPart(to)
	if err != nil {
		return err
	}
	defer part.Discard()
	if err := part.Room(info.Size()); err != nil {
		return err
	}
	meter := c.report.Begin(Transfer{Verb: "copy", Label: from, Size: info.Size()})
	v := transfer.NewVerifier([]transfer.Piece{{N: info.Size(), SHA256: sha256}})
	_, err = transfer.Copy(ctx, io.MultiWriter(part, v), io.NewSectionReader(f, 0, info.Size()), meter.Add)
	if err == nil && (v.Size() != info.Size() || len(v.Bad()) > 0) {
		err = refuse(Corrupt, fmt.Errorf("%s no longer holds the bytes of its version", from), "")
	}
	meter.End(err)
	if err != nil {
		return err
	}
	return part.Commit(replace)
}
