package client

import (
	"context"
	"fmt"

	"github.com/sregistry-shell/sregistry-shell/client/library"
)

// RemoveRequest asks to take an image out of the local library.
type RemoveRequest struct {
	Image string `arg:"image" complete:"local" help:"the image: collection/image[:tag][@version]"`
	Yes   bool   `opt:"yes" help:"remove several without asking"`
}

// LibraryRemove takes an image out of the local library, and deletes its file if that lies in the
// image folder. A file that lies elsewhere is the user's, and stays.
func (c *Client) LibraryRemove(ctx context.Context, r RemoveRequest) (LocalImage, error) {
	row, err := c.removeLocal(ctx, r)
	return localImage(row), fail("rm", r.Image, err)
}

// LibraryRemoveAll takes out several; see batch for how failures are reported.
func (c *Client) LibraryRemoveAll(ctx context.Context, rs []RemoveRequest) ([]LocalImage, error) {
	return batch(ctx, "rm", rs, 1, c.LibraryRemove, func(r RemoveRequest, i LocalImage) Image {
		return Image{URI: r.Image, Collection: i.Collection, Name: i.Name, Tag: i.Tag, SHA256: i.Version}
	})
}

func (c *Client) removeLocal(ctx context.Context, r RemoveRequest) (library.Row, error) {
	row, err := c.oneRow(ctx, r.Image)
	if err != nil {
		return row, err
	}
	if c.cfg.DryRun {
		file, err := c.local.Removes(ctx, row)
		switch {
		case err != nil:
		case file != "":
			c.report.Plan(fmt.Sprintf("would remove %s and %s", row, file))
		default:
			c.report.Plan(fmt.Sprintf("would remove %s from the local library, and no file", row))
		}
		return row, err
	}
	kept, err := c.local.Remove(ctx, row)
	if err != nil {
		return row, err
	}
	c.report.Note("[rm] " + row.String())
	if kept != "" {
		c.report.Note(kept + " lies outside the image folder, and stays")
	}
	return row, nil
}
