package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// describe adds the record to an object of another tool that holds the bytes of a sum, so that listings tell
// it from then on. Nothing hangs on it: who may not do that has the image there all the same.
func (c *Client) describe(ctx context.Context, p place, o store.Object, sum transfer.Sum) (store.Object, error) {
	record := p.record(sum.SHA256, sum.Size, time.Time{})
	err := c.store.Describe(ctx, o, store.Header{ContentType: record.ContentType(), Meta: record.Meta()})
	switch {
	case errors.Is(err, store.ErrChanged):
		return o, refuse(Unavailable, fmt.Errorf("%s was replaced meanwhile", o.Key), "push again")
	case ctx.Err() != nil:
		return o, err
	case err != nil:
		c.report.Note(fmt.Sprintf("%s has no record of its hash, and gets none: %v", o.Key, err))
	case !c.cfg.DryRun:
		o.ContentType = record.ContentType()
	}
	return o, nil
}
