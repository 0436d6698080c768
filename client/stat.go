package client

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

// StatRequest names one image.
type StatRequest struct {
	Image string `arg:"image" complete:"image" help:"the image: collection/image[:tag][@version]"`
}

// Stat describes one image. NotFound when there is none; Corrupt when it is not of the version.
func (c *Client) Stat(ctx context.Context, r StatRequest) (Image, error) {
	const op = "stat"
	n, err := name.Parse(r.Image)
	if err != nil {
		return Image{}, fail(op, "", refuse(Invalid, err, ""))
	}
	o, err := c.locate(ctx, n, false)
	if err != nil {
		return Image{}, fail(op, r.Image, err)
	}
	return imageOf(o), nil
}

// Exists tells whether an image is there.
func (c *Client) Exists(ctx context.Context, r StatRequest) (bool, error) {
	_, err := c.Stat(ctx, r)
	if err == nil {
		return true, nil
	}
	if CodeOf(err) == NotFound {
		return false, nil
	}
	return false, fail("exists", r.Image, renamed(err, "exists"))
}

// renamed is err as a failure of another operation.
func renamed(err error, op string) error {
	if e, ok := err.(*Error); ok {
		e.Op = op
	}
	return err
}
