package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// matrixColumn is an operation.
type matrixColumn struct {
	name    string
	prepare func(b *matrixBench)
	run     func(ctx context.Context, b *matrixBench, c *Client) error
	// check looks, past everything that goes wrong, at what is there: what was asked for, or, unless
	// done, also what was there before.
	check func(b *matrixBench, what string, done bool, c *Client)
	gone  bool   // done twice, it is not_found
	only  string // the one kind of request that is struck; empty: all
}

// content is n bytes that are always the same.
func content(seed byte, n int) []byte {
	out := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(out)
	return out
}

var (
	oldBytes, newBytes = content(1, 2500), content(2, 3500)
	// matrixSizes make four ranges of newBytes.
	matrixSizes = sizes{single: 3000, span: 1000, lanes: 2}
)

func readInto(w io.Writer) func(io.Reader) error {
	return func(r io.Reader) error { _, err := io.Copy(w, r); return err }
}

// stored puts an image there as this shell would, at the version's own time.
func (b *matrixBench) stored(object string, bytes []byte, segmented bool) {
	b.Helper()
	image, tag := name.Guess(object)
	r := name.Record{Image: image, Tag: tag, SHA256: sha256Of(bytes), Size: int64(len(bytes))}
	h := store.Header{ContentType: r.ContentType(), MD5: md5Of(bytes)}
	key := store.Key{Container: "lab", Object: object}
	err := b.direct.CreateContainer(b.Context(), "lab")
	if err == nil && !segmented {
		_, err = b.direct.Put(b.Context(), key, reader(bytes), 0, r.Size, h)
	} else if err == nil {
		plan := transfer.NewPlan(r.Size, 1000)
		var segments []store.Segment
		for i := range plan.Count {
			off, n := plan.Span(i)
			sum := md5Of(bytes[off : off+n])
			s := store.Segment{Key: store.Key{Container: "lab", Object: transfer.SegmentName(plan.UploadDir(object, time.Unix(1e9, 0)), i, sum)}, MD5: sum, Size: n}
			if _, err = b.direct.Put(b.Context(), s.Key, reader(bytes), off, n, store.Header{ContentType: segmentType, MD5: sum}); err != nil {
				break
			}
			segments = append(segments, s)
		}
		if err == nil {
			_, err = b.direct.PutManifest(b.Context(), key, segments, h)
		}
	}
	if err != nil {
		b.Fatal(err)
	}
}

func reader(b []byte) *bytes.Reader { return bytes.NewReader(b) }

// file writes a file with a date of its own.
func (b *matrixBench) file(name string, bytes []byte) string {
	b.Helper()
	path := filepath.Join(b.dir, name)
	err := os.WriteFile(path, bytes, 0o644)
	if err == nil {
		err = os.Chtimes(path, time.Unix(2e9, 0), time.Unix(2e9, 0))
	}
	if err != nil {
		b.Fatal(err)
	}
	return path
}

// oneOf fails unless an object holds the new bytes or, unless done, the old ones.
func (b *matrixBench) oneOf(what, object string, done bool, old []byte) {
	b.Helper()
	if !b.holds(object, newBytes) && (done || !b.holds(object, old)) {
		b.Errorf("%s: what lies under %s is whole neither as it was nor as it should be", what, object)
	}
}

// tidy fails when there are other segments than so many of each image. Only an operation that failed,
// that warns of it, or that was lied to leaves others, and none of them is there when it was done again
// and clean ran.
func (b *matrixBench) tidy(what string, c *Client, want map[string]int) {
	b.Helper()
	count := func(what string) {
		b.Helper()
		got := map[string]int{}
		for o, err := range b.direct.List(b.Context(), "lab", store.Listing{Prefix: transfer.SegmentsDir}) {
			if err != nil {
				b.Errorf("%s: %v", what, err)
				return
			}
			image, _, _ := strings.Cut(strings.TrimPrefix(o.Object, transfer.SegmentsDir), "/")
			got[image]++
		}
		if !maps.Equal(got, want) {
			b.Errorf("%s: there are the segments %v, want %v", what, got, want)
		}
	}
	if !b.failed && !b.lied && !b.warned("clean removes them") {
		count(what)
	}
	if !strings.HasSuffix(what, "again") {
		return
	}
	zero := time.Duration(0)
	left, err := c.Clean(b.Context(), CleanRequest{Older: &zero, Remove: true})
	if err != nil {
		b.Errorf("%s: %v", what, err)
	}
	for _, l := range left {
		if !l.Removed {
			b.Errorf("%s: left over for ever: %v", what, l)
		}
	}
	count(what + ", cleaned")
}

// pushed is the column of a push over an image that is there, or, if it is fresh, beside another one.
func pushed(title string, segment int64, fresh bool) matrixColumn {
	segments := map[string]int{}
	if segment > 0 {
		segments["a-latest.sif"] = 4
	}
	if fresh {
		segments["b-latest.sif"] = 3
	}
	return matrixColumn{
		name: title,
		prepare: func(b *matrixBench) {
			if fresh {
				b.stored("b-latest.sif", oldBytes, true)
			} else {
				b.stored("a-latest.sif", oldBytes, segment > 0)
			}
			b.file("new.sif", newBytes)
		},
		run: func(ctx context.Context, b *matrixBench, c *Client) error {
			_, err := c.Push(ctx, PushRequest{Path: filepath.Join(b.dir, "new.sif"), Name: "lab/a", Segment: segment})
			return err
		},
		check: func(b *matrixBench, what string, done bool, c *Client) {
			if !fresh || done || !b.absent("a-latest.sif") {
				b.oneOf(what, "a-latest.sif", done || fresh, oldBytes)
			}
			b.tidy(what, c, segments)
			if done {
				b.oneOf(what+", tidied", "a-latest.sif", true, nil)
			}
			if fresh {
				unchangedImages("b-latest.sif", oldBytes)(b, what, done, nil)
			}
		},
	}
}

// absent tells whether nothing lies under a name.
func (b *matrixBench) absent(object string) bool {
	_, err := b.direct.Stat(b.Context(), store.Key{Container: "lab", Object: object})
	return errors.Is(err, store.ErrNotFound)
}

// pulled is the column of a pull to a file, which holds something else for every other one.
func pulled(title string, single int64) matrixColumn {
	return matrixColumn{
		name: title,
		prepare: func(b *matrixBench) {
			b.stored("a-latest.sif", newBytes, false)
			b.file("out.sif", oldBytes)
		},
		run: func(ctx context.Context, b *matrixBench, c *Client) error {
			s := matrixSizes
			s.single = single
			_, err := puller{c, s, nil, nil}.pull(ctx, PullRequest{Image: "lab/a", File: filepath.Join(b.dir, "out.sif"), Force: true})
			return fail("pull", "lab/a", err)
		},
		check: func(b *matrixBench, what string, done bool, _ *Client) {
			got, err := os.ReadFile(filepath.Join(b.dir, "out.sif"))
			switch {
			case err != nil && !(errors.Is(err, fs.ErrNotExist) && !done):
				b.Errorf("%s: %v", what, err)
			case !bytes.Equal(got, newBytes) && (done || !bytes.Equal(got, oldBytes)):
				b.Errorf("%s: the file is whole neither as it was nor as it should be", what)
			}
			entries, err := os.ReadDir(b.dir)
			if err != nil {
				b.Fatal(err)
			}
			for _, e := range entries {
				resumable := strings.HasSuffix(e.Name(), ".part") || strings.HasSuffix(e.Name(), ".part.journal")
				if e.Name() != "out.sif" && (done || single > 0 && single > int64(len(newBytes)) || !resumable) {
					b.Errorf("%s: %s is left", what, e.Name())
				}
			}
		},
	}
}

// unchangedImages is for operations that change nothing.
func unchangedImages(image string, want []byte) func(*matrixBench, string, bool, *Client) {
	return func(b *matrixBench, what string, _ bool, _ *Client) {
		if !b.holds(image, want) {
			b.Errorf("%s: %s was changed", what, image)
		}
	}
}

// matrixColumns are the operations.
var matrixColumns = []matrixColumn{
	pushed("push", 0, false),
	pushed("push in segments", 1000, false),
	pushed("push in segments, a new name", 1000, true),
	pulled("pull", 1<<20),
	pulled("pull by ranges", 1000),
	{
		name:    "inspect",
		prepare: func(b *matrixBench) { b.stored("a-latest.sif", sifBytes, false) },
		run: func(ctx context.Context, b *matrixBench, c *Client) error {
			info, err := c.Inspect(ctx, InspectRequest{Image: "lab/a"})
			if err == nil && info.Arch != "amd64" {
				return fmt.Errorf("it says %+v", info)
			}
			return err
		},
		check: func(b *matrixBench, what string, done bool, c *Client) {
			unchangedImages("a-latest.sif", sifBytes)(b, what, done, c)
		},
	},
	{
		name: "copy",
		prepare: func(b *matrixBench) {
			b.stored("a-latest.sif", newBytes, true)
			b.stored("b-latest.sif", oldBytes, true)
		},
		run: func(ctx context.Context, b *matrixBench, c *Client) error {
			_, err := c.Copy(ctx, CopyRequest{Source: "lab/a", Target: "lab/b"})
			return err
		},
		check: func(b *matrixBench, what string, done bool, c *Client) {
			b.oneOf(what, "b-latest.sif", done, oldBytes)
			segments := map[string]int{"a-latest.sif": 4}
			if o, err := b.direct.Stat(b.Context(), store.Key{Container: "lab", Object: "b-latest.sif"}); err == nil && o.Large {
				segments["b-latest.sif"] = 4 // else its bytes came through this side, into one object
			}
			b.tidy(what, c, segments)
			unchangedImages("a-latest.sif", newBytes)(b, what, done, nil)
			if done {
				b.oneOf(what+", tidied", "b-latest.sif", true, nil)
			}
		},
	},
	{
		name: "search",
		prepare: func(b *matrixBench) {
			b.stored("a-latest.sif", newBytes, false)
			b.stored("b-latest.sif", newBytes, true)
		},
		run: func(ctx context.Context, b *matrixBench, c *Client) error {
			found, err := c.Search(ctx, ListRequest{})
			if len(found) == 0 && b.vanished {
				return err
			}
			if err == nil && fmt.Sprint(found) != "[lab/a-latest.sif lab/b-latest.sif]" && !b.warned("left out") {
				return fmt.Errorf("found %q, and said nothing", found)
			}
			return err
		},
		check: unchangedImages("a-latest.sif", newBytes),
	},
	{
		name: "delete",
		gone: true,
		prepare: func(b *matrixBench) {
			b.stored("a-latest.sif", newBytes, true)
			b.stored("b-latest.sif", newBytes, true)
		},
		run: func(ctx context.Context, b *matrixBench, c *Client) error {
			_, err := c.Delete(ctx, DeleteRequest{Image: "lab/a"})
			return err
		},
		check: func(b *matrixBench, what string, done bool, c *Client) {
			if !b.absent("a-latest.sif") && (done || !b.holds("a-latest.sif", newBytes)) {
				b.Errorf("%s: neither whole nor gone", what)
			}
			b.tidy(what, c, map[string]int{"b-latest.sif": 4})
			unchangedImages("b-latest.sif", newBytes)(b, what, done, nil)
		},
	},
	{
		name:    "sign-in",
		only:    "sign-in",
		prepare: func(b *matrixBench) { b.stored("a-latest.sif", newBytes, false) },
		run: func(ctx context.Context, b *matrixBench, c *Client) error {
			_, err := c.Stat(ctx, StatRequest{"lab/a-latest.sif"})
			return err
		},
		check: unchangedImages("a-latest.sif", newBytes),
	},
}

// warned tells whether a warning with these words was said.
func (b *matrixBench) warned(words string) bool {
	b.said.mu.Lock()
	defer b.said.mu.Unlock()
	return slices.ContainsFunc(b.said.lines, func(s string) bool { return strings.HasPrefix(s, "warning") && strings.Contains(s, words) })
}
