package client

import "context"

// LocalRequest names an image of the local library.
type LocalRequest struct {
	Image string `arg:"image" complete:"local" help:"the image: collection/image[:tag][@version]"`
}

// LibraryGet is the path of an image in the local library: of its newest version, unless the name
// tells one. NotFound when the library does not know it or its file is gone.
func (c *Client) LibraryGet(ctx context.Context, r LocalRequest) (string, error) {
	row, err := c.row(ctx, r.Image)
	if err != nil {
		return "", fail("get", r.Image, err)
	}
	path, err := whole(row)
	return path, fail("get", r.Image, err)
}
