package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// segmentGrace is how much longer than their image segments stay, so that a pull that began in
// time can end.
const segmentGrace = time.Hour

// expiry is when something ends that is stored now and is to stay for life; never, when that is nil.
func (c *Client) expiry(life *time.Duration) (time.Time, error) {
	switch {
	case life == nil:
		return time.Time{}, nil
	case *life <= 0:
		return time.Time{}, refuse(Invalid, errors.New("an image that has expired already is of no use to anybody"), "without expires it stays; with 12h or 30d it does for so long")
	}
	return time.Now().Add(*life), nil
}

// segmentExpiry is when the segments of an image end.
func segmentExpiry(expires time.Time) time.Time {
	if expires.IsZero() {
		return expires
	}
	return expires.Add(segmentGrace)
}

// stays tells whether an object that is there already will be there as long as it should: for good,
// when expires is zero. One that ends at some time never does when another time is asked for: it
// has to be stored anew. Where an object has a record, that tells it.
func (c *Client) stays(ctx context.Context, o store.Object, expires time.Time) (store.Object, bool, error) {
	if r, ok := name.ParseRecord(o.ContentType, o.Object); ok {
		return o, expires.IsZero() && r.Expires.IsZero(), nil
	}
	now, err := c.store.Stat(ctx, o.Key)
	if errors.Is(err, store.ErrNotFound) {
		return o, false, nil // it has expired and is listed still
	}
	return now, err == nil && now.ETag == o.ETag && expires.IsZero() && now.Expires.IsZero(), err
}

// outliving are segments of earlier tries that stay longer than the image that goes on with them is to.
// They may be those of the image that is there still, so they end sooner only when it was replaced.
type outliving struct {
	mu       sync.Mutex
	segments []store.Key
}

// keepSegment makes a segment of an earlier try stay as long at least as its image does now. It is false
// when the segment is not there any more, or is somebody else's: then it has to be stored anew.
func (c *Client) keepSegment(ctx context.Context, key store.Key, expires time.Time, longer *outliving) (bool, error) {
	now, err := c.store.Stat(ctx, key)
	want := segmentExpiry(expires)
	switch {
	case err != nil:
	case want.IsZero() && now.Expires.IsZero():
	case !want.IsZero() && (now.Expires.IsZero() || now.Expires.After(c.clock.At(want))):
		longer.mu.Lock()
		longer.segments = append(longer.segments, key)
		longer.mu.Unlock()
	default:
		err = c.store.SetExpiry(ctx, key, store.Header{ContentType: segmentType, Expires: want})
	}
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDenied) {
		return false, nil
	}
	return err == nil, err
}

// shorten makes segments end with the large image that was made of them, if it is the one that is there, but
// for those that another object uses as well.
func (c *Client) shorten(ctx context.Context, image store.Object, longer *outliving, expires time.Time) {
	if len(longer.segments) == 0 {
		return
	}
	if err := c.shortenAll(ctx, image, longer.segments, expires); err != nil {
		c.report.Warn(fmt.Sprintf("some segments of %s will be left when it expires: %v; clean removes them", image.Key, err))
	}
}

func (c *Client) shortenAll(ctx context.Context, image store.Object, segments []store.Key, expires time.Time) error {
	uploads, err := c.uploadsOf(ctx, image.Key)
	if err != nil {
		return err
	}
	lent, err := c.lent(ctx, image, uploads)
	if err != nil {
		return err
	}
	now, err := c.store.Stat(ctx, image.Key)
	if err != nil || now.ETag != image.ETag || imageOf(now).Expires.IsZero() {
		return err // somebody else pushed meanwhile
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(listers)
	for _, key := range segments {
		if !lent[key.Object] {
			g.Go(func() error {
				return c.store.SetExpiry(gctx, key, store.Header{ContentType: segmentType, Expires: segmentExpiry(expires)})
			})
		}
	}
	return g.Wait()
}
