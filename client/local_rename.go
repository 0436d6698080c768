package client

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/sregistry-shell/sregistry-shell/client/library"
)

// RenameRequest asks to give an image another name.
type RenameRequest struct {
	Image string `arg:"image" complete:"local" help:"the image: collection/image[:tag][@version]"`
	To    string `arg:"to" complete:"local" help:"its new name: collection/image[:tag]"`
}

// LibraryRename gives an image of the local library another name. Its file, if it lies in the
// image folder, goes where that name belongs. Exists when there is such an image already.
func (c *Client) LibraryRename(ctx context.Context, r RenameRequest) (LocalImage, error) {
	row, err := c.rename(ctx, r)
	return localImage(row), fail("rename", r.Image, err)
}

func (c *Client) rename(ctx context.Context, r RenameRequest) (library.Row, error) {
	to, err := localName(r.To)
	if err == nil && to.Version != "" {
		err = refuse(Invalid, errors.New("the new name takes no @version: the bytes stay what they are"), "")
	}
	if err != nil {
		return library.Row{}, err
	}
	row, err := c.oneRow(ctx, r.Image)
	if err != nil {
		return row, err
	}
	if c.cfg.DryRun {
		c.report.Plan(fmt.Sprintf("would rename %s to %s", row, to))
		return row, nil
	}
	to.Collection, to.Image = to.Lower().Collection, to.Lower().Image
	now, err := c.local.Rename(ctx, row, to)
	if err == nil {
		before, after := filepath.Base(row.Image), now.Image
		if row.Image == now.Image {
			before, after = row.String(), now.String()
		}
		c.report.Note(fmt.Sprintf("[rename] %s => %s", before, after))
	}
	return now, err
}
