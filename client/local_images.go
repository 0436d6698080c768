package client

import "context"

// ImagesRequest asks for images of the local library.
type ImagesRequest struct {
	Query string `arg:"query,optional" complete:"local" help:"part of a name, tag or version, in any case; all without it"`
}

// LibraryImages lists the images of the local library, the oldest first.
func (c *Client) LibraryImages(ctx context.Context, r ImagesRequest) ([]LocalImage, error) {
	rows, err := c.local.All(ctx, r.Query)
	if err != nil {
		return nil, fail("images", r.Query, err)
	}
	images := make([]LocalImage, len(rows))
	for i, row := range rows {
		images[i] = localImage(row)
	}
	return images, nil
}
