package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/sregistry-shell/sregistry-shell/client/library"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// Where a pull goes: without a file into the local library, where the version is part of the file's
// name; with a file there, and the library records where that is. A library that cannot be used is
// left out, and said to be.

// keeps tells whether a pull concerns the local library.
func (p puller) keeps(r PullRequest) bool { return !r.NoSave && p.local.Settings().On() }

// shelve pulls an image into the library.
func (p puller) shelve(ctx context.Context, r PullRequest, n name.Name) (string, error) {
	if r.IfMissing {
		if row, err := p.heldAs(ctx, n); err == nil {
			return row.Image, nil
		}
	}
	if err := p.local.Writable(ctx); err != nil {
		return p.beside(ctx, r, n, err)
	}
	if p.cfg.DryRun {
		return p.wouldShelve(ctx, r, n)
	}
	for again := false; ; again = true {
		here, err := p.local.Waiting(n)
		if err != nil {
			return p.beside(ctx, r, n, err)
		}
		path, err := p.locked(ctx, r, here, func(bool) (string, error) { return p.shelveLocked(ctx, r, n) })
		if err != nil {
			p.local.Tidy(here)
			if errors.Is(err, fs.ErrNotExist) && CodeOf(err) == Internal && !again {
				continue // somebody else tidied the folder up
			}
		}
		return path, err
	}
}

// wouldShelve says what a pull into the library would do.
func (p puller) wouldShelve(ctx context.Context, r PullRequest, n name.Name) (string, error) {
	o, err := p.locate(ctx, n, false)
	if err != nil {
		return "", err
	}
	if row, ok := p.stored(ctx, n, o); ok {
		return row.Image, nil
	}
	p.report.Plan(fmt.Sprintf("would pull %s into the local library", o.Key))
	return "", nil
}

// beside pulls while the library cannot be written: what it holds it gives, and the rest goes to the
// current folder.
func (p puller) beside(ctx context.Context, r PullRequest, n name.Name, why error) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if o, err := p.locate(ctx, n, false); err != nil {
		return "", err
	} else if row, ok := p.stored(ctx, n, o); ok {
		return row.Image, nil
	}
	p.leaveOut(why)
	r.NoSave = true
	if p.cfg.DryRun {
		return p.pull(ctx, r)
	}
	return p.once(ctx, r, n)
}

// leaveOut says once why the library is left out.
func (c *Client) leaveOut(why error) {
	c.unkept.Do(func() { c.report.Warn(fmt.Sprintf("without the local library: %v", why)) })
}

func (p puller) shelveLocked(ctx context.Context, r PullRequest, n name.Name) (string, error) {
	o, err := p.locate(ctx, n, false)
	if err != nil {
		return "", err
	}
	if row, ok := p.stored(ctx, n, o); ok {
		p.report.Note(fmt.Sprintf("%s is in the local library already", row))
		p.record(ctx, r, o, row.Version, row.Image)
		return row.Image, nil
	}
	image, version := nameOf(o), imageOf(o).SHA256
	ext := name.Extension(o.Object)
	known := version != ""
	if !known { // it is when the bytes are there; until then the name tells what they come from
		version = "etag-" + name.LocalFile(o.ETag)
	}
	target, err := p.local.Place(image, version, ext)
	if err != nil {
		return "", err
	}
	return p.locked(ctx, r, target, func(alone bool) (string, error) {
		path, err := p.place(ctx, r, n, o, target, alone)
		if err != nil {
			return "", err
		}
		if !known {
			if path, version, err = p.settle(ctx, image, path, ext); err != nil {
				return "", err
			}
		}
		p.record(ctx, r, o, version, path)
		return path, nil
	})
}

// settle gives a file that came without a digest the name that its bytes have.
func (p puller) settle(ctx context.Context, image name.Name, path, ext string) (to, version string, err error) {
	sum, err := p.digest(ctx, path)
	if err != nil {
		return "", "", err
	}
	if to, err = p.local.Place(image, sum.SHA256, ext); err != nil {
		return "", "", err
	}
	return to, sum.SHA256, os.Rename(path, to)
}

// nameOf is the image that an object is.
func nameOf(o store.Object) name.Name {
	i := imageOf(o)
	return name.Name{Collection: i.Collection, Image: i.Name, Tag: i.Tag, Raw: o.Object}
}

// stored is the row of the library whose file holds an object's bytes. A library that cannot be
// read holds nothing.
func (p puller) stored(ctx context.Context, n name.Name, o store.Object) (library.Row, bool) {
	rows, err := p.local.Exact(ctx, nameOf(o))
	if err != nil {
		return library.Row{}, false
	}
	sha := imageOf(o).SHA256
	for _, row := range rows {
		switch path, err := row.File(); {
		case err != nil:
		case sha != "" && row.Version != sha && name.IsSHA256(row.Version):
		case row.Unchanged() && sha != "" && row.Version == sha:
			return row, true
		case row.Unchanged() && sha == "" && o.ETag != "" && row.Metrics[metricETag] == o.ETag:
			return row, true
		default:
			if info, err := os.Stat(path); err != nil || info.Size() != o.Size {
				continue
			}
			if same, err := p.holds(ctx, path, n, o); err == nil && same {
				return row, true
			}
		}
	}
	return library.Row{}, false
}

// metricETag is the key of Row.Metrics for the ETag of the object that the bytes came from.
const metricETag = "etag"

// record keeps in the library where an object's bytes are. That it cannot is no failure of the pull.
func (p puller) record(ctx context.Context, r PullRequest, o store.Object, version, path string) {
	if p.cfg.DryRun || !p.keeps(r) {
		return
	}
	if err := p.tryRecord(ctx, r, o, version, path); err != nil && ctx.Err() == nil {
		p.leaveOut(fmt.Errorf("%s is not recorded: %w", path, err))
	}
}

func (p puller) tryRecord(ctx context.Context, r PullRequest, o store.Object, version, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	image := nameOf(o)
	rows, err := p.local.Exact(ctx, image)
	if err != nil {
		return err
	}
	if version == "" {
		version = imageOf(o).SHA256
	}
	if version == "" {
		sum, err := p.digest(ctx, path)
		if err != nil {
			return err
		}
		version = sum.SHA256
	}
	if len(rows) > 0 && rows[0].Version == version && rows[0].Image == path && rows[0].Unchanged() {
		return nil // nothing to write, which others would wait for
	}
	if err := p.local.Writable(ctx); err != nil {
		return err
	}
	m := metrics(path)
	if o.ETag != "" {
		m[metricETag] = o.ETag
	}
	row, created, err := p.local.Record(ctx, library.Entry{Name: image, Written: r.Image, Version: version, Image: path, Metrics: m})
	if err == nil {
		p.recorded(row, created)
	}
	return err
}

// nearby is a file of the library with an object's bytes on the file system of the target: it is
// copied from there instead of fetched.
func (p puller) nearby(ctx context.Context, r PullRequest, o store.Object, target string) (path string, ok bool) {
	sha := imageOf(o).SHA256
	if sha == "" || !p.keeps(r) {
		return "", false
	}
	rows, err := p.local.Bytes(ctx, sha)
	if err != nil {
		return "", false
	}
	for _, row := range rows {
		if row.Image != target && row.Unchanged() && sameDevice(row.Image, filepath.Dir(target)) {
			return row.Image, true
		}
	}
	return "", false
}

func sameDevice(a, b string) bool {
	var at, bt unix.Stat_t
	return unix.Stat(a, &at) == nil && unix.Stat(b, &bt) == nil && at.Dev == bt.Dev
}
