package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// puller is a Client with the sizes that its pulls work with.
type puller struct {
	*Client
	sizes  sizes
	claims *sync.Map // target to object, of the pulls of one list; nil for a single one
	found  *sync.Map // name to Image, of the same
}

// locate is that of the Client, and keeps what the names of a list led to.
func (p puller) locate(ctx context.Context, n name.Name, change bool) (store.Object, error) {
	o, err := p.Client.locate(ctx, n, change)
	if err == nil && p.found != nil {
		p.found.Store(n, imageOf(o))
	}
	return o, err
}

// done describes an image of a list that is there now: by its name alone where nobody asked storage.
func (p puller) done(r PullRequest) Image {
	n, err := name.Parse(r.Image)
	if err != nil {
		return Image{URI: r.Image}
	}
	if i, ok := p.found.Load(n); ok {
		return i.(Image)
	}
	return Image{URI: r.Image, Collection: n.Collection, Name: n.Image, Tag: n.TagOrDefault()}
}

type sizes struct {
	single int64 // up to so many bytes an image comes by one request
	span   int64 // bytes of one request of a larger one
	lanes  int   // how many requests of one image run at once
}

// usualSizes: a span divides the 64 MiB of a usual segment, so that no request straddles two.
var usualSizes = sizes{single: 32 << 20, span: 16 << 20, lanes: 8}

// replacements is how often a pull begins anew because the image was replaced meanwhile.
const replacements = 2

// fetch downloads into a part file beside the target, checks it, and puts it in place.
func (p puller) fetch(ctx context.Context, n name.Name, o store.Object, target string, replace, alone bool) error {
	for again := 0; ; again++ {
		err := p.attempt(ctx, n, o, target, replace, alone)
		switch {
		case errors.Is(err, transfer.ErrLost), errors.Is(err, fs.ErrNotExist):
			folder := filepath.Dir(target)
			if _, statErr := os.Stat(folder); errors.Is(statErr, fs.ErrNotExist) {
				return refuse(NotFound, fmt.Errorf("the folder %s was removed meanwhile", folder), "")
			}
			if !alone || !errors.Is(err, transfer.ErrLost) {
				return err
			}
			alone = false // where locks lie
			continue
		case errors.Is(err, fs.ErrExist):
			return refuse(Exists, fmt.Errorf("%s appeared meanwhile", target), "force replaces it")
		case !errors.Is(err, store.ErrChanged) || again == replacements:
			return err
		}
		p.report.Note(fmt.Sprintf("%s was replaced meanwhile; beginning anew", o.Key))
		if o, err = p.store.Stat(ctx, o.Key); err != nil {
			return err
		}
		if err := p.checkVersion(n, o, ""); err != nil {
			return err
		}
	}
}

func (p puller) attempt(ctx context.Context, n name.Name, o store.Object, target string, replace, alone bool) error {
	want, err := p.expect(ctx, n, o)
	if err != nil {
		return err
	}
	fill := p.ranged
	if o.Size <= p.sizes.single || o.ETag == "" {
		fill = p.whole
	}
	part, err := fill(ctx, n, o, target, want, alone)
	if err != nil {
		return err
	}
	defer part.Discard()
	return part.Commit(replace)
}

// whole fetches an image by one request, and once more if it is not what was expected. An attempt
// that fails leaves nothing; what one that was killed left, the next one replaces.
func (p puller) whole(ctx context.Context, n name.Name, o store.Object, target string, want []transfer.Piece, alone bool) (*transfer.Part, error) {
	var part *transfer.Part
	err := transfer.ErrHeld
	if alone {
		part, err = transfer.NewPiece(target)
	}
	if errors.Is(err, transfer.ErrHeld) || errors.Is(err, fs.ErrPermission) {
		part, err = transfer.NewPart(target)
	}
	if err != nil {
		return nil, err
	}
	if err := part.Room(o.Size); err != nil {
		part.Discard()
		return nil, err
	}
	for again := 0; ; again++ {
		v, err := p.receive(ctx, o, want, part, part.Restart)
		if err == nil {
			err = p.verify(n, o, v)
		}
		if CodeOf(err) == Corrupt && again == 0 {
			p.again(o, err)
			continue
		}
		if err != nil {
			part.Discard()
			return nil, err
		}
		return part, nil
	}
}

// again says that bytes are fetched once more.
func (p puller) again(o store.Object, err error) {
	p.report.Note(fmt.Sprintf("%s: %v; fetching it once more", o.Key, err))
}

// receive reads an object into w and compares it with what is expected. restart is called before
// each attempt.
func (p puller) receive(ctx context.Context, o store.Object, want []transfer.Piece, w io.Writer, restart func() error) (*transfer.Verifier, error) {
	meter := p.report.Begin(Transfer{Verb: "pull", Label: o.Key.String(), Size: o.Size})
	var v *transfer.Verifier
	var moved int64
	err := p.streams.Run(ctx, func() error {
		return p.store.Get(ctx, o.Key, o, store.Whole, func(body io.Reader) error {
			if err := restart(); err != nil {
				return err
			}
			meter.Add(-moved)
			v = transfer.NewVerifier(want)
			var err error
			moved, err = transfer.Copy(ctx, io.MultiWriter(w, v), body, meter.Add)
			return err
		})
	})
	meter.End(err)
	return v, err
}

// ranged fetches an image by several requests at once into a part that outlives a pull that was
// killed or interrupted.
func (p puller) ranged(ctx context.Context, n name.Name, o store.Object, target string, want []transfer.Piece, alone bool) (*transfer.Part, error) {
	part, err := p.open(target, p.identity(o), alone)
	if err != nil {
		return nil, err
	}
	meter := p.report.Begin(Transfer{Verb: "pull", Label: o.Key.String(), Size: o.Size})
	if there := part.Here(); there > 0 {
		p.report.Note(fmt.Sprintf("resuming %s: %s of %s are there", o.Key, transfer.Bytes(there), transfer.Bytes(o.Size)))
		meter.Add(there)
	}
	err = p.fill(ctx, n, o, part, want, meter)
	meter.End(err)
	switch {
	case err == nil:
		return part, nil
	case errors.Is(err, store.ErrChanged), errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrLost), CodeOf(err) == Corrupt:
		part.Discard() // nobody will ever go on with it
	default:
		if there := part.Keep(); there > 0 {
			err = hinted(err, fmt.Sprintf("%s of %s are kept beside the file; pull again to go on", transfer.Bytes(there), transfer.Bytes(o.Size)))
		}
	}
	return nil, err
}

// open is the part of a target: that of an earlier pull, unless somebody may be writing it. What
// is left of other images there is removed.
func (p puller) open(target string, from transfer.Origin, alone bool) (*transfer.Part, error) {
	if !alone {
		return transfer.NewRangedPart(target, from)
	}
	transfer.SweepParts(target, from)
	part, err := transfer.OpenPart(target, from)
	if errors.Is(err, transfer.ErrHeld) || errors.Is(err, fs.ErrPermission) {
		return transfer.NewRangedPart(target, from)
	}
	return part, err
}

// fill fetches what is missing of a part and compares the whole. What is wrong, if that can be
// told, or else everything, is fetched once more.
func (p puller) fill(ctx context.Context, n name.Name, o store.Object, part *transfer.Part, want []transfer.Piece, meter Meter) error {
	source := transfer.Source{Lanes: p.sizes.lanes, Add: meter.Add, Get: func(ctx context.Context, off, n int64, read func(io.Reader) error) error {
		return p.streams.Run(ctx, func() error {
			return p.store.Get(ctx, o.Key, o, store.Span{Off: off, N: n}, func(body io.Reader) error {
				err := read(body)
				if errors.Is(err, io.ErrUnexpectedEOF) {
					err = &store.BrokenError{Err: err}
				}
				return err
			})
		})
	}}
	for again := 0; ; again++ {
		v := transfer.NewVerifier(want)
		if err := part.Fill(ctx, source, v); err != nil {
			return err
		}
		err := p.verify(n, o, v)
		if err == nil {
			return nil
		}
		bad, proof, searchErr := p.suspects(ctx, o, part, v)
		switch {
		case searchErr != nil:
			return searchErr
		case again > 0:
			return p.named(err, proof)
		}
		p.again(o, p.named(err, proof))
		meter.Add(-part.Drop(bad))
	}
}
