package client

import (
	"context"
	"fmt"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

// DeleteRequest names the image to delete.
type DeleteRequest struct {
	Image string `arg:"image" complete:"image" help:"the image: collection/image[:tag][@version]"`
	Yes   bool   `opt:"yes" help:"do not ask before more than one image is deleted"`
	Jobs  int    `opt:"jobs" help:"how many images of a list are deleted at once (default 4)"`
}

// Delete removes one image, with segments of its own, and returns what it was. The collection stays. NotFound when there is
// none, Invalid when the name could mean several.
func (c *Client) Delete(ctx context.Context, r DeleteRequest) (Image, error) {
	const op = "delete"
	n, err := name.Parse(r.Image)
	if err != nil {
		return Image{}, fail(op, "", refuse(Invalid, err, ""))
	}
	o, err := c.locate(ctx, n, true)
	if err == nil {
		err = c.store.Delete(ctx, o.Key)
	}
	if err != nil {
		return Image{}, fail(op, r.Image, err)
	}
	if err := c.release(ctx, o, "", nil); err != nil {
		c.report.Warn(fmt.Sprintf("its segments are left in %s: %v; clean removes them", o.Container, err))
	}
	return imageOf(o), nil
}

// DeleteAll removes several; see batch for how failures are reported.
func (c *Client) DeleteAll(ctx context.Context, rs []DeleteRequest) ([]Image, error) {
	return batch(ctx, "delete", rs, jobs(rs, func(r DeleteRequest) int { return r.Jobs }), c.Delete,
		func(_ DeleteRequest, i Image) Image { return i })
}
