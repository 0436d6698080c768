package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sort"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// ListRequest asks which images there are.
type ListRequest struct {
	Query string `arg:"query,optional" complete:"image" help:"part of collection/object, in any case; collection/... asks only that collection"`
}

// Segments of large images lie in the collection itself below segmentsDir, which sorts as one
// range, behind which afterSegments begins; segmentsSuffix marks the containers where other tools keep theirs.
const (
	segmentsDir    = transfer.SegmentsDir
	afterSegments  = ".segments0"
	segmentsSuffix = "_segments"
)

// mostListed is how many images and collections a list holds, at some hundred bytes each; a server
// that never ends one would fill the memory. Each has no such bound. A test makes it less.
var mostListed = 5_000_000

func tooMany(what string) error {
	return refuse(Invalid, fmt.Errorf("there are more than %d %s", mostListed, what),
		"ask for one collection, collection/..., or go through them by client.each")
}

// listers is how many collections are listed at once.
const listers = 8

// Search finds images by a part of collection/object, in any case, and returns those strings
// sorted. A query collection/... asks that collection only, and is NotFound when it is not there.
func (c *Client) Search(ctx context.Context, r ListRequest) ([]string, error) {
	images, err := c.list(ctx, "search", r)
	if err != nil {
		return nil, err
	}
	found := make([]string, len(images))
	for i, image := range images {
		found[i] = image.Path()
	}
	return found, nil
}

// List is Search with all that a listing tells of each image.
func (c *Client) List(ctx context.Context, r ListRequest) ([]Image, error) {
	return c.list(ctx, "list", r)
}

func (c *Client) list(ctx context.Context, op string, r ListRequest) ([]Image, error) {
	collections, match, err := c.scope(ctx, r)
	if err != nil {
		return nil, fail(op, r.Query, err)
	}
	found := make([][]Image, len(collections))
	var n atomic.Int64
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(listers)
	for i, collection := range collections {
		g.Go(func() error {
			for image, err := range c.images(gctx, collection, match) {
				if err != nil {
					return c.tolerate(r, collection, err)
				}
				if n.Add(1) > int64(mostListed) {
					return tooMany("images")
				}
				found[i] = append(found[i], image)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fail(op, r.Query, err)
	}
	all := []Image{}
	for _, images := range found {
		all = append(all, images...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Path() < all[j].Path() })
	return all, nil
}

// Each goes through the images that List would give, collection by collection, holding one page.
func (c *Client) Each(ctx context.Context, r ListRequest) iter.Seq2[Image, error] {
	return func(yield func(Image, error) bool) {
		collections, match, err := c.scope(ctx, r)
		if err != nil {
			yield(Image{}, fail("each", r.Query, err))
			return
		}
		for _, collection := range collections {
			for image, err := range c.images(ctx, collection, match) {
				if err != nil {
					if err = c.tolerate(r, collection, err); err != nil {
						yield(Image{}, fail("each", r.Query, err))
						return
					}
					break
				}
				if !yield(image, nil) {
					return
				}
			}
		}
	}
}

// tolerate lets a search of the whole account go on past a collection that vanished meanwhile or
// may not be listed; asked for by name, it is an error.
func (c *Client) tolerate(r ListRequest, collection string, err error) error {
	switch {
	case strings.Contains(r.Query, "/"):
		if errors.Is(err, store.ErrNotFound) {
			return notFound(place{name: name.Name{Collection: collection}, missing: true})
		}
		return err
	case errors.Is(err, store.ErrNotFound):
		return nil
	case errors.Is(err, store.ErrDenied):
		c.report.Warn(fmt.Sprintf("the collection %s may not be listed; it is left out", collection))
		return nil
	}
	return err
}

// scope is which collections a query asks, and which of their images match it.
func (c *Client) scope(ctx context.Context, r ListRequest) (collections []string, match func(path string) bool, err error) {
	query := strings.TrimPrefix(r.Query, "swift://")
	if query == "*" { // as sregistry-cli writes all
		query = ""
	}
	folded := strings.ToLower(query)
	match = func(path string) bool { return strings.Contains(strings.ToLower(path), folded) }
	if collection, _, ok := strings.Cut(query, "/"); ok {
		if err := name.CheckCollection(collection); err != nil {
			return nil, nil, refuse(Invalid, err, "")
		}
		if lower := strings.ToLower(collection); lower != collection {
			there, err := c.store.HasContainer(ctx, collection)
			if err == nil && !there {
				if there, err = c.store.HasContainer(ctx, lower); err == nil && there {
					collection = lower
				}
			}
		}
		return []string{collection}, match, nil
	}
	for container, err := range c.store.Containers(ctx) {
		if errors.Is(err, store.ErrDenied) {
			return nil, nil, refuse(Denied, errors.New("this user may not list the collections of the account"),
				`search "collection/" asks one collection`)
		}
		if err != nil {
			return nil, nil, err
		}
		if isCollection(container.Name) {
			collections = append(collections, container.Name)
		}
		if len(collections) > mostListed {
			return nil, nil, tooMany("collections")
		}
	}
	return collections, match, nil
}

// images goes through the images of one collection, leaving the segments out by asking for what
// sorts before and behind them, and what has expired. It also leaves out, and tells of, names that no verb takes: they would
// be commands to a terminal, or another place than they say.
func (c *Client) images(ctx context.Context, collection string, match func(string) bool) iter.Seq2[Image, error] {
	return func(yield func(Image, error) bool) {
		odd := 0
		defer func() {
			if odd > 0 {
				c.report.Warn(fmt.Sprintf("%s: %d objects are left out whose names no image can have: control characters, empty parts, ..", collection, odd))
			}
		}()
		matching := func(yield func(store.Object, error) bool) {
			for _, part := range []store.Listing{{Before: segmentsDir}, {After: afterSegments}} {
				for o, err := range c.store.List(ctx, collection, part) {
					switch {
					case err != nil:
						yield(store.Object{}, err)
						return
					case strings.HasPrefix(o.ContentType, "application/directory"):
					case name.CheckObject(collection, o.Object) != nil:
						odd++
					case match(o.Key.String()):
						if !yield(o, nil) {
							return
						}
					}
				}
			}
		}
		for o, err := range c.unexpired(ctx, matching) {
			if err != nil {
				yield(Image{}, err)
				return
			}
			if !yield(imageOf(o), nil) {
				return
			}
		}
	}
}

// isCollection tells whether a container can hold images: those where other tools keep segments do
// not, and a name that no verb takes is of no use.
func isCollection(container string) bool {
	return !strings.HasSuffix(container, segmentsSuffix) && name.CheckCollection(container) == nil
}

// CollectionsRequest asks for the collections of the account.
type CollectionsRequest struct{}

// Collections lists the collections of the account by name, without those where other tools keep
// segments.
func (c *Client) Collections(ctx context.Context, _ CollectionsRequest) ([]Collection, error) {
	out := []Collection{}
	for container, err := range c.store.Containers(ctx) {
		if err != nil {
			return nil, fail("collections", "", err)
		}
		if isCollection(container.Name) {
			out = append(out, Collection{container.Name, container.Objects, container.Bytes})
		}
	}
	return out, nil
}
