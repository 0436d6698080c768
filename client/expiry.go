package client

import (
	"context"
	"errors"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// segmentGrace is how much longer than their image segments stay, so that a pull that began in
// time can end.
const segmentGrace = time.Hour

// expiry is when something ends that is stored now and is to stay for life; never, when that is nil.
func (c *Client) expiry(life *time.Duration) time.Time {
	if life == nil || *life <= 0 {
		return time.Time{}
	}
	return time.Now().Add(*life)
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

// keepSegment makes a segment of an earlier try stay as long as its image does now. It is false
// when the segment is not there any more, or is somebody else's: then it has to be stored anew.
func (c *Client) keepSegment(ctx context.Context, key store.Key, expires time.Time) (bool, error) {
	now, err := c.store.Stat(ctx, key)
	if err == nil && !now.Expires.Equal(segmentExpiry(expires)) {
		err = c.store.SetExpiry(ctx, key, store.Header{ContentType: segmentType, Expires: segmentExpiry(expires)})
	}
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDenied) {
		return false, nil
	}
	return err == nil, err
}
