package client

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// DeleteRequest names the image to delete.
type DeleteRequest struct {
	Image string `arg:"image" complete:"image" pattern:"true" help:"the image: collection/image[:tag][@version], or a pattern of several: lab/old-*"`
	Yes   bool   `opt:"yes" cli:"yes,f,force" help:"do not ask before more than one image, or what a pattern means, is deleted"`
	Jobs  int    `opt:"jobs" help:"how many images of a list are deleted at once (default 4)"`
}

// Pattern tells whether the image is written as a pattern of several, and not the name of one.
func (r DeleteRequest) Pattern() bool { return strings.ContainsAny(r.Image, "*?[") }

// Literal is the image of a DeleteRequest that means one object and no pattern, whatever its name holds.
func Literal(path string) string {
	if (DeleteRequest{Image: path}).Pattern() {
		path = meaning.ReplaceAllString(path, `\$0`)
	}
	return path
}

// meaning is what means something in a pattern.
var meaning = regexp.MustCompile(`[\\*?\[]`)

// Matches are the requests with every pattern replaced by one request for each image that it means:
// those whose collection/object or collection/image[:tag] matches it, as a shell matches file
// names; a * means no slash. An image that is there under the name as it is written is meant alone.
// NotFound for one that means nothing.
func (c *Client) Matches(ctx context.Context, rs []DeleteRequest) ([]DeleteRequest, []Image, error) {
	var out []DeleteRequest
	var images []Image
	seen := map[string]bool{}
	for _, r := range rs {
		if !r.Pattern() {
			out = append(out, r)
			continue
		}
		found, err := c.matching(ctx, strings.TrimPrefix(r.Image, "swift://"))
		if err != nil {
			return nil, nil, fail("delete", r.Image, err)
		}
		for _, image := range found {
			if !seen[image.Path()] {
				seen[image.Path()] = true
				one := r
				one.Image = image.Path()
				out, images = append(out, one), append(images, image)
			}
		}
	}
	return out, images, nil
}

// matching are the images that a pattern means.
func (c *Client) matching(ctx context.Context, pattern string) ([]Image, error) {
	if n, err := name.Parse(pattern); err == nil {
		o, err := c.locate(ctx, n, true)
		switch {
		case err == nil || errors.Is(err, store.ErrLost):
			return []Image{imageOf(o)}, nil
		case !errors.Is(err, store.ErrInvalid) && CodeOf(fail("delete", pattern, err)) != NotFound:
			return nil, err
		}
	}
	collection, _, ok := strings.Cut(pattern, "/")
	if !ok || strings.ContainsAny(collection, "*?[") {
		return nil, refuse(Invalid, errors.New("a pattern names its collection: lab/old-*"), "")
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, refuse(Invalid, fmt.Errorf("the pattern is not complete: %w", err), "")
	}
	all, err := c.List(ctx, ListRequest{Query: collection + "/"})
	if err != nil {
		return nil, renamed(err, "delete")
	}
	var found []Image
	for _, image := range all {
		for _, spelled := range []string{image.Path(), image.URI, name.URI(image.Collection, image.Name, "")} {
			if matches, _ := path.Match(pattern, spelled); matches {
				found = append(found, image)
				break
			}
		}
	}
	if len(found) == 0 {
		return nil, refuse(NotFound, errors.New("no image matches"), fmt.Sprintf(`search "%s/" lists what is there`, collection))
	}
	return found, nil
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
	if err == nil || errors.Is(err, store.ErrLost) {
		if err = c.store.Delete(ctx, o.Key); errors.Is(err, store.ErrNotFound) {
			err = refuse(NotFound, errors.New("somebody else deleted it meanwhile"), "")
		}
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
