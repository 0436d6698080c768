package client

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// relay brings the bytes through this side, as they come: from one cluster to another, or where no
// server can copy a large object that another tool made. Nothing of it touches a disk. The target's
// server compares the MD5 of every piece that it stores; they are proved to be the source's by its
// ETag, or else the source is read once before, which also gives the SHA-256 that nobody recorded.
func (x *copying) relay(ctx context.Context) (o store.Object, used map[string]bool, err error) {
	plan, md5s, err := x.plan(ctx)
	if err != nil {
		return o, nil, err
	}
	sha := imageOf(x.o).SHA256
	if sha == "" || md5s == nil {
		if md5s, sha, err = x.survey(ctx, plan, md5s); err != nil {
			return o, nil, err
		}
		if now, there, err := x.surveyed(ctx, sha); there || err != nil {
			return now, nil, err
		}
	}
	if plan.Count == 0 {
		o, err = x.relayWhole(ctx, md5s[0], sha)
		return o, nil, err
	}
	folder := plan.UploadDir(x.key.Object, x.o.Modified)
	pieces := make([]store.Segment, plan.Count)
	used = map[string]bool{}
	for i := range pieces {
		_, n := plan.Span(i)
		pieces[i] = store.Segment{Key: store.Key{Container: x.key.Container, Object: transfer.SegmentName(folder, i, md5s[i])}, MD5: md5s[i], Size: n}
		used[pieces[i].Object] = true
	}
	t, err := x.target(ctx, folder, plan.Count)
	if err != nil {
		return o, nil, err
	}
	anew := func(ctx context.Context, i int) error {
		off, n := plan.Span(i)
		body := &remote{ctx: ctx, c: x.from, o: x.o, off: off, n: n}
		defer body.close()
		h := x.segmentHeader()
		h.MD5 = md5s[i]
		_, err := x.to.store.Put(ctx, pieces[i].Key, transfer.Metered(body, t.meter.Add), 0, n, h)
		return err
	}
	if err = t.all(ctx, pieces, anew); err == nil {
		o, err = t.manifest(ctx, pieces, sha, anew)
	}
	return o, used, t.end(err)
}

// plan is how the bytes are cut, and the MD5s of the pieces where they are known before anything is
// read: those of the source's segments, when they can be the target's as well.
func (x *copying) plan(ctx context.Context) (transfer.Plan, []string, error) {
	plan := transfer.NewPlan(x.o.Size, 0)
	if !x.o.Large {
		if plan.Count == 0 && isMD5(x.o.ETag) {
			return plan, []string{x.o.ETag}, nil
		}
		return plan, nil, nil
	}
	pieces, err := x.from.segmentPieces(ctx, x.o)
	if err != nil || len(pieces) < 2 || len(pieces) > store.MaxSegments || pieces[0].N > x.to.store.MaxObject() {
		return plan, nil, err
	}
	same := transfer.Plan{Size: x.o.Size, Segment: pieces[0].N, Count: len(pieces)}
	md5s := make([]string, len(pieces))
	for i, piece := range pieces {
		if off, n := same.Span(i); piece.Off != off || piece.N != n {
			return plan, nil, nil
		}
		md5s[i] = piece.MD5
	}
	return same, md5s, nil
}

// survey reads the source once for the MD5 of each piece and the SHA-256 of the whole, and compares
// them with all that is known of them.
func (x *copying) survey(ctx context.Context, plan transfer.Plan, known []string) (md5s []string, sha string, err error) {
	want, err := x.from.expect(ctx, x.version, x.o)
	if err != nil {
		return nil, "", err
	}
	if plan.Count == 0 {
		plan.Segment, plan.Count = max(plan.Size, 1), 1
	}
	cut := &cutter{plan: plan}
	whole := sha256.New()
	check, err := puller{x.from, usualSizes, nil, nil}.receive(ctx, x.o, want, io.MultiWriter(cut, whole), func() error {
		whole.Reset()
		*cut = cutter{plan: plan, piece: md5.New()}
		return nil
	})
	if err == nil {
		err = x.from.verify(x.version, x.o, check)
	}
	if err != nil {
		return nil, "", err
	}
	md5s = cut.sums()
	for i, md5 := range known {
		if md5 != md5s[i] {
			return nil, "", refuse(Corrupt, fmt.Errorf("segment %d of %s has the MD5 %s, and the server says %s", i+1, x.o.Key, md5s[i], md5), "")
		}
	}
	return md5s, hex.EncodeToString(whole.Sum(nil)), nil
}

// surveyed tells whether the target holds the bytes that were read, whose hash nobody had recorded, see
// keeps: then one reading was all, and nothing is sent.
func (x *copying) surveyed(ctx context.Context, sha string) (store.Object, bool, error) {
	if x.old == nil || x.request.Force {
		return store.Object{}, false, nil
	}
	if there := imageOf(*x.old); there.SHA256 != sha || there.Size != x.o.Size {
		return store.Object{}, false, nil
	}
	return x.keeps(ctx, *x.old)
}

// cutter hashes the pieces of a plan, whose bytes come in their order.
type cutter struct {
	plan  transfer.Plan
	piece hash.Hash
	n     int64 // bytes of the piece so far
	done  []string
}

// Write never fails.
func (c *cutter) Write(b []byte) (int, error) {
	size := len(b)
	for len(b) > 0 {
		k := min(int64(len(b)), c.plan.Segment-c.n)
		c.piece.Write(b[:k])
		b, c.n = b[k:], c.n+k
		if c.n == c.plan.Segment {
			c.next()
		}
	}
	return size, nil
}

func (c *cutter) next() {
	c.done = append(c.done, hex.EncodeToString(c.piece.Sum(nil)))
	c.piece.Reset()
	c.n = 0
}

// sums are the MD5s when all bytes came.
func (c *cutter) sums() []string {
	if len(c.done) < c.plan.Count {
		c.next()
	}
	return c.done
}

// relayWhole stores the copy as one object. Its SHA-256 is compared while it passes.
func (x *copying) relayWhole(ctx context.Context, md5, sha string) (o store.Object, err error) {
	if err := x.to.checkRoom(ctx, x.key.Container, x.o.Size, 1); err != nil {
		return o, err
	}
	meter := x.to.report.Begin(Transfer{Verb: "copy", Label: x.key.String(), Size: x.o.Size})
	body := &remote{ctx: ctx, c: x.from, o: x.o, n: x.o.Size, sha: sha, whole: sha256.New()}
	defer body.close()
	h := x.header(sha)
	h.MD5 = md5
	err = x.to.streams.Run(ctx, func() (err error) {
		o, err = x.to.store.Put(ctx, x.key, transfer.Metered(body, meter.Add), 0, x.o.Size, h)
		return err
	})
	meter.End(err)
	return o, err
}

// remote is n bytes from off of an object elsewhere, to be read from the first one to the last; or
// again from the first one, when they have to be sent again. With whole set it compares their
// SHA-256 and gives the last byte of no others.
type remote struct {
	ctx    context.Context
	c      *Client
	o      store.Object
	off, n int64
	sha    string
	whole  hash.Hash

	at     int64 // how far it was read
	pipe   *io.PipeReader
	cancel context.CancelFunc
	ended  chan struct{}
}

// ReadAt reads on, or anew.
func (r *remote) ReadAt(p []byte, off int64) (int, error) {
	if r.pipe == nil || off != r.at {
		r.close()
		r.open(off)
	}
	p = p[:min(int64(len(p)), r.n-off)]
	n, err := io.ReadFull(r.pipe, p)
	r.at += int64(n)
	if err == io.ErrUnexpectedEOF || err == io.EOF && len(p) > 0 {
		err = store.ErrChanged // it ended before its size
	}
	if r.whole != nil && err == nil {
		if r.whole.Write(p); r.at < r.n {
			return n, nil
		}
		if got := hex.EncodeToString(r.whole.Sum(nil)); got != r.sha {
			return 0, refuse(Corrupt, fmt.Errorf("the SHA-256 of %s is %s, and %s was recorded", r.o.Key, got, r.sha), "")
		}
	}
	return n, err
}

func (r *remote) open(off int64) {
	ctx, cancel := context.WithCancel(r.ctx)
	out, in := io.Pipe()
	r.at, r.pipe, r.cancel, r.ended = off, out, cancel, make(chan struct{})
	if r.whole != nil {
		r.whole.Reset()
	}
	go func() {
		defer close(r.ended)
		var sent int64
		span := store.Span{Off: r.off + off, N: r.n - off}
		if span.Off == 0 && span.N == r.o.Size {
			span = store.Whole
		}
		in.CloseWithError(r.c.store.Get(ctx, r.o.Key, r.o, span, func(body io.Reader) error {
			if _, err := io.CopyN(io.Discard, body, sent); err != nil { // what a broken attempt brought
				return err
			}
			n, err := io.Copy(in, body)
			sent += n
			return err
		}))
	}()
}

// close ends what is being fetched.
func (r *remote) close() {
	if r.pipe != nil {
		r.cancel()
		r.pipe.Close()
		<-r.ended
		r.pipe = nil
	}
}
