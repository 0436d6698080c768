package client

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client/library"
)

// ImagesRequest asks for images of the local library.
type ImagesRequest struct {
	Query string `arg:"query,optional" complete:"local" help:"part of a name, tag or version, in any case; all without it"`
	Check bool   `opt:"check" help:"look for rows without a file and files without a row, and mend both"`
}

// LibraryImages lists the images of the local library, the oldest first. With Check the library is
// mended before. What was mended is said, and stands in Mended; what was taken out comes last.
func (c *Client) LibraryImages(ctx context.Context, r ImagesRequest) ([]LocalImage, error) {
	var faults []library.Fault
	if r.Check {
		var err error
		if faults, err = c.checkLibrary(ctx); err != nil {
			return nil, fail("images", "", err)
		}
	}
	if r.Query == "*" { // as sregistry-cli writes all
		r.Query = ""
	}
	rows, err := c.local.All(ctx, r.Query)
	if err != nil {
		return nil, fail("images", r.Query, err)
	}
	images := make([]LocalImage, len(rows))
	at := map[int64]int{}
	for i, row := range rows {
		images[i] = localImage(row)
		at[row.ID] = i
	}
	for _, f := range faults {
		if i, listed := at[f.Row.ID]; listed {
			images[i].Mended = f.What
			continue
		}
		gone := localImage(f.Row)
		gone.Mended = f.What
		images = append(images, gone)
	}
	return images, nil
}

// checkLibrary mends the library and says what it did.
func (c *Client) checkLibrary(ctx context.Context) ([]library.Fault, error) {
	faults, err := c.local.Check(ctx, library.Checker{
		Digest: func(ctx context.Context, path string) (string, error) {
			sum, err := c.digest(ctx, path)
			return sum.SHA256, err
		},
		Metrics: metrics, DryRun: c.cfg.DryRun,
	})
	for _, f := range faults {
		if f.Mended && c.cfg.DryRun {
			c.report.Plan("would mend the local library: " + f.Row.String() + " " + f.What)
		} else {
			c.report.Warn(f.Row.String() + " " + f.What)
		}
	}
	return faults, err
}
