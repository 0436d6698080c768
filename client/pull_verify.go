package client

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// expect is what the bytes of an object have to hash to, by the best that is known: the SHA-256
// that was recorded or asked for, the MD5 that is a plain object's ETag, those of a large object's
// segments. Empty when nothing is known.
func (c *Client) expect(ctx context.Context, n name.Name, o store.Object) ([]transfer.Piece, error) {
	image := imageOf(o)
	if err := c.checkVersion(n, o, image.SHA256); err != nil {
		return nil, err
	}
	if image.Size >= 0 && image.Size != o.Size {
		return nil, refuse(Corrupt, fmt.Errorf("it has %d bytes, and %d were recorded", o.Size, image.Size), "")
	}
	sha := image.SHA256
	if d, err := name.ParseDigest(n.Version); err == nil && sha == "" {
		sha = d.SHA256
	}
	switch {
	case sha != "":
		return []transfer.Piece{{N: o.Size, SHA256: sha}}, nil
	case !o.Large && isMD5(o.ETag):
		return []transfer.Piece{{N: o.Size, MD5: o.ETag}}, nil
	case o.Large:
		return c.segmentPieces(ctx, o)
	}
	return nil, nil
}

var isMD5 = regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString

// verify is Corrupt when the bytes that came are not the ones that were expected.
func (c *Client) verify(n name.Name, o store.Object, v *transfer.Verifier) error {
	switch {
	case v.Size() != o.Size:
		return refuse(Corrupt, fmt.Errorf("%d bytes arrived, and it has %d", v.Size(), o.Size), "")
	case v.Blind():
		c.report.Warn(fmt.Sprintf("%s was put there in segments by another tool: only its size could be checked", o.Key))
		return nil
	case len(v.Bad()) == 0:
		return nil
	}
	bad := v.Bad()[0]
	image := imageOf(o)
	switch {
	case bad.SHA256 != "" && image.SHA256 == "":
		return c.checkVersion(n, o, bad.Got)
	case bad.SHA256 != "":
		return refuse(Corrupt, fmt.Errorf("its SHA-256 is %s, and %s was recorded", bad.Got, bad.SHA256), "")
	case bad.N == o.Size:
		return refuse(Corrupt, fmt.Errorf("its MD5 is %s, and the server says %s", bad.Got, bad.MD5), "")
	}
	return refuse(Corrupt, fmt.Errorf("the %s have the MD5 %s, and the server says %s", extent(bad.Piece), bad.Got, bad.MD5), "")
}

func extent(p transfer.Piece) string { return fmt.Sprintf("bytes from %d to %d", p.Off, p.Off+p.N-1) }

// suspects are the ranges of a part that are to blame for what does not fit: those that were
// changed on this side, else those of segments whose MD5 is another, else all. proof is the first
// segment to blame.
func (c *Client) suspects(ctx context.Context, o store.Object, part *transfer.Part, v *transfer.Verifier) (ranges []int, proof *transfer.Piece, err error) {
	if ranges, err = part.Damaged(ctx); err != nil || len(ranges) > 0 {
		return ranges, nil, err
	}
	bad := v.Bad()
	if whole := len(bad) > 0 && bad[0].N == o.Size; whole && o.Large {
		bad = nil
		pieces, err := c.segmentPieces(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		if check := transfer.NewVerifier(pieces); !check.Blind() {
			if err := part.Check(ctx, check); err != nil {
				return nil, nil, err
			}
			bad = check.Bad()
		}
	}
	for _, b := range bad {
		if b.N < o.Size && proof == nil {
			proof = &b.Piece
		}
		ranges = append(ranges, part.Over(b.Off, b.N)...)
	}
	if len(ranges) == 0 {
		ranges = part.Over(0, o.Size)
	}
	slices.Sort(ranges)
	return slices.Compact(ranges), proof, nil
}

// named adds to an error which bytes are to blame.
func (c *Client) named(err error, proof *transfer.Piece) error {
	var e *Error
	if proof == nil || !errors.As(err, &e) || strings.Contains(e.Err.Error(), extent(*proof)) {
		return err
	}
	return refuse(e.Code, fmt.Errorf("%w; the %s are wrong", e.Err, extent(*proof)), e.Hint)
}

// segmentPieces are the MD5s of a large object's segments, by a listing of where they lie: in its
// own collection, as this shell keeps them, or in the container beside it that other tools make.
// That they are the ones is proved by the object's ETag; nothing that is not proved is returned.
// What cannot be listed is not there.
func (c *Client) segmentPieces(ctx context.Context, o store.Object) ([]transfer.Piece, error) {
	for _, at := range []store.Key{
		{Container: o.Container, Object: ".segments/" + o.Object + "/"},
		{Container: o.Container + "_segments", Object: o.Object + "/"},
	} {
		uploads := map[string][]store.Object{}
		for s, err := range c.store.List(ctx, at.Container, store.Listing{Prefix: at.Object}) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err != nil {
				break
			}
			uploads[path.Dir(s.Object)] = append(uploads[path.Dir(s.Object)], s)
		}
		for _, segments := range uploads {
			for _, choice := range [][]store.Object{segments, newest(segments)} {
				if pieces := proved(o, choice); pieces != nil {
					return pieces, nil
				}
			}
		}
	}
	return nil, nil
}

// newest keeps one segment of each number: an upload of other bytes under the same time and size
// leaves several.
func newest(segments []store.Object) []store.Object {
	number := func(s store.Object) string {
		number, _, _ := strings.Cut(path.Base(s.Object), "-")
		return number
	}
	byAge := slices.Clone(segments)
	sort.SliceStable(byAge, func(i, j int) bool { return byAge[i].Modified.After(byAge[j].Modified) })
	seen := map[string]bool{}
	var out []store.Object
	for _, s := range byAge {
		if !seen[number(s)] {
			seen[number(s)] = true
			out = append(out, s)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Object < out[j].Object })
	return out
}

// proved are the segments as pieces, if they are the object's.
func proved(o store.Object, segments []store.Object) []transfer.Piece {
	var size int64
	var md5s []string
	var pieces []transfer.Piece
	for _, s := range segments {
		if s.Large || s.Size < 0 || !isMD5(s.ETag) {
			return nil
		}
		pieces = append(pieces, transfer.Piece{Off: size, N: s.Size, MD5: s.ETag})
		md5s = append(md5s, s.ETag)
		size += s.Size
	}
	if size != o.Size || len(pieces) == 0 || store.LargeETag(md5s) != o.ETag {
		return nil
	}
	return pieces
}
