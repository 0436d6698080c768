package client

import (
	"context"
	"errors"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// VersionsRequest names the image whose tags are asked for.
type VersionsRequest struct {
	Image string `arg:"image" complete:"image" help:"the image: collection/image; a tag is left aside"`
}

// Versions lists all tags of an image: those whose names were recorded first, then those that only
// their objects' names tell, each with the youngest first. Where an object's name could be read in
// several ways (x-v2-rc1.sif is x-v2:rc1 or x:v2-rc1), it is a tag of x when x has no others.
// NotFound when there is none.
func (c *Client) Versions(ctx context.Context, r VersionsRequest) ([]Image, error) {
	images, err := c.versions(ctx, r.Image)
	return images, fail("versions", r.Image, err)
}

func (c *Client) versions(ctx context.Context, image string) ([]Image, error) {
	n, err := name.Parse(image)
	if err != nil {
		return nil, refuse(Invalid, err, "")
	}
	if _, err := name.ParseDigest(n.Version); err == nil && n.Version != "" {
		return nil, refuse(Invalid, errors.New("all tags are listed, and a @version is that of one"), "leave it out; stat takes it")
	}
	if n.Version != "" { // no version, and so the name of an object, if anything
		return c.tagsBeside(ctx, n)
	}
	spelled := []name.Name{n}
	if lower := n.Lower(); lower != n {
		half := n
		half.Image = lower.Image
		spelled = append(spelled, half, lower)
	}
	for _, loosely := range []bool{false, true} {
		for _, n := range spelled {
			found, err := c.tags(ctx, n, loosely)
			if err != nil && !errors.Is(err, store.ErrNotFound) || len(found) > 0 {
				return found, err
			}
		}
	}
	return c.tagsBeside(ctx, n)
}

// tagsBeside are the tags of the image that an object is: its name stands for that.
func (c *Client) tagsBeside(ctx context.Context, n name.Name) ([]Image, error) {
	o, err := c.locate(ctx, n, false)
	if err != nil {
		return nil, err
	}
	exact := imageOf(o)
	found, err := c.tags(ctx, name.Name{Collection: exact.Collection, Image: exact.Name}, false)
	if err == nil && len(found) == 0 {
		found = []Image{exact}
	}
	return found, err
}

// tags are the objects of a collection that are tags of an image: by their records, or by their
// names when they have none: as Guess reads those, or loosely, in every way that leads to the image.
func (c *Client) tags(ctx context.Context, n name.Name, loosely bool) ([]Image, error) {
	type tagged struct {
		o        store.Object
		tag      string
		recorded bool
	}
	var all []*tagged
	for o, err := range c.unexpired(ctx, c.store.List(ctx, n.Collection, store.Listing{Prefix: n.Image})) {
		if err != nil {
			return nil, err
		}
		if name.CheckObject(o.Container, o.Object) != nil || strings.HasPrefix(o.Object, segmentsDir) {
			continue
		}
		image, tag := imageOf(o), ""
		_, recorded := name.ParseRecord(o.ContentType, o.Object)
		switch {
		case image.Name == n.Image:
			tag = image.Tag
		case loosely && !recorded:
			tag = n.TagIn(o.Object)
		}
		if tag != "" {
			all = append(all, &tagged{o, tag, recorded})
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(listers)
	for _, t := range all {
		if t.o.ETag != "" || t.recorded {
			continue
		}
		g.Go(func() error { // a large object of another tool
			o, err := c.store.Stat(gctx, t.o.Key)
			if err == nil {
				t.o = o
			}
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	sort.SliceStable(all, func(i, j int) bool {
		if all[i].recorded != all[j].recorded {
			return all[i].recorded
		}
		return all[i].o.Modified.After(all[j].o.Modified)
	})
	images := make([]Image, len(all))
	for i, t := range all {
		images[i] = imageOf(t.o)
		images[i].Name, images[i].Tag, images[i].URI = n.Image, t.tag, name.URI(n.Collection, n.Image, t.tag)
	}
	return images, nil
}
