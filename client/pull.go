package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// PullRequest asks to download one image.
type PullRequest struct {
	Image     string `arg:"image" complete:"image" help:"the image: collection/image[:tag][@version]"`
	File      string `arg:"file,optional" cli:"name" complete:"file" help:"where to put it: a path, a folder with a trailing slash, - for standard output, or /dev/null to check only"`
	Force     bool   `opt:"force" cli:"force,f" help:"replace a file that holds other bytes"`
	IfMissing bool   `opt:"if_missing" help:"do nothing if the file is there, whatever it holds"`
	NoSave    bool   `opt:"!save" cli:"no-cache" help:"keep it in the local library; else it goes to the current folder"`
	Offline   bool   `opt:"offline" help:"answer from the local library, and ask no server"`
	Jobs      int    `opt:"jobs" help:"how many images of a list move at once (default 4)"`
}

// Pull downloads one image and returns the path of the file, which appears only when it is whole
// and checked: by the SHA-256 that was recorded, else by the MD5. Exists when the file holds other
// bytes and Force is not set; Corrupt when the bytes are not what they should be.
func (c *Client) Pull(ctx context.Context, r PullRequest) (string, error) {
	path, err := c.pull(ctx, r)
	return path, fail("pull", r.Image, err)
}

// PullAll downloads several; see batch for how failures are reported.
func (c *Client) PullAll(ctx context.Context, rs []PullRequest) ([]string, error) {
	targets := map[string]bool{}
	for _, r := range rs {
		if _, folder := folderOf(r); folder || r.File == os.DevNull {
			continue
		}
		if targets[r.File] {
			return nil, fail("pull", r.Image, refuse(Invalid, fmt.Errorf("two images cannot both go to %s", r.File), "name a folder, with a trailing slash"))
		}
		targets[r.File] = true
	}
	p := puller{c, usualSizes, &sync.Map{}, &sync.Map{}}
	ctx = catalogued(ctx, rs, func(r PullRequest) (name.Name, error) { return name.Parse(r.Image) })
	return batch(ctx, "pull", rs, jobs(rs, func(r PullRequest) int { return r.Jobs }),
		func(ctx context.Context, r PullRequest) (string, error) {
			path, err := p.pull(ctx, r)
			return path, fail("pull", r.Image, err)
		},
		func(r PullRequest, _ string) Image { return p.done(r) })
}

func (c *Client) pull(ctx context.Context, r PullRequest) (string, error) {
	return puller{c, usualSizes, nil, nil}.pull(ctx, r)
}

func (p puller) pull(ctx context.Context, r PullRequest) (string, error) {
	n, err := name.Parse(r.Image)
	if err != nil {
		return "", refuse(Invalid, err, "")
	}
	if _, folder := folderOf(r); r.IfMissing && !folder {
		if _, err := os.Stat(r.File); err == nil {
			return r.File, nil
		}
	}
	if r.Offline {
		return p.offline(ctx, r, n)
	}
	if err := p.Ready(); err != nil {
		return "", err
	}
	if r.File == "" && p.keeps(r) {
		return p.shelve(ctx, r, n)
	}
	if r.File == "-" || streamed(r.File) {
		o, err := p.locate(uncatalogued(ctx), n, false) // what was replaced since cannot be begun anew
		if err != nil {
			return "", err
		}
		return r.File, p.stream(ctx, r.File, n, o)
	}
	if p.cfg.DryRun {
		o, err := p.locate(ctx, n, false)
		if err != nil {
			return "", err
		}
		return p.place(ctx, r, n, o, p.destination(r, &o), false)
	}
	return p.once(ctx, r, n)
}

// place brings an object to its target, unless that holds its bytes already. alone says that
// nobody else does the same.
func (p puller) place(ctx context.Context, r PullRequest, n name.Name, o store.Object, target string, alone bool) (string, error) {
	if err := p.claim(target, o); err != nil {
		return "", err
	}
	done, err := p.present(ctx, r, target, n, o)
	if done && alone && !p.cfg.DryRun {
		transfer.SweepPiece(target)
	}
	if done || err != nil {
		return target, err
	}
	if p.cfg.DryRun {
		p.report.Plan(fmt.Sprintf("would pull %s to %s", o.Key, target))
		return target, nil
	}
	if from, ok := p.nearby(ctx, r, o, target); ok {
		if err := p.copyFile(ctx, from, target, imageOf(o).SHA256, r.Force); CodeOf(err) != Corrupt {
			return target, err
		}
	}
	return target, p.fetch(ctx, n, o, target, r.Force, alone)
}

// placed is place for a file that the user named, which the library records.
func (p puller) placed(ctx context.Context, r PullRequest, n name.Name, o store.Object, target string, alone bool) (string, error) {
	_, err := os.Lstat(target)
	unseen := err == nil && r.IfMissing // nobody looks what it holds
	path, err := p.place(ctx, r, n, o, target, alone)
	if err == nil && !unseen {
		p.record(ctx, r, o, "", path)
	}
	return path, err
}

// claim takes a target for an object, of those that the pulls of one list bring: no two of them
// may go to one file.
func (p puller) claim(target string, o store.Object) error {
	if p.claims == nil {
		return nil
	}
	path, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	if first, there := p.claims.LoadOrStore(path, o.Key); there && first != o.Key {
		return refuse(Invalid, fmt.Errorf("%s is where %s of the same list goes", target, first), "name a file for each: {image, file}")
	}
	return nil
}

// destination is the file a pull goes to; empty when that depends on the object, and it is not
// known yet. Without a file in the request, it is named after the object, whose name somebody else
// may have chosen.
func (c *Client) destination(r PullRequest, o *store.Object) string {
	file := r.File
	if folder, ok := folderOf(r); ok {
		if o == nil {
			return ""
		}
		image := imageOf(*o)
		local := o.Object
		if image.Tag != "" {
			local = image.Name + "-" + image.Tag + "." + name.Extension(o.Object)
		}
		file = filepath.Join(folder, name.LocalFile(local))
	}
	return behindLinks(file)
}

// behindLinks is what a symbolic link leads to, be it there or not: the link stays, and what it
// leads to is made or replaced.
func behindLinks(file string) string {
	for range 40 { // as many as Linux follows
		to, err := os.Readlink(file)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(file), to)
		}
		file = to
	}
	return file
}

// folderOf is the folder that a request names instead of a file.
func folderOf(r PullRequest) (folder string, ok bool) {
	if r.File == "" || strings.HasSuffix(r.File, "/") {
		return r.File, true
	}
	info, err := os.Stat(r.File)
	return r.File, err == nil && info.IsDir()
}

// present tells whether the target is there already with the right bytes, or need not have them.
// It is Exists when it may not be replaced.
func (p puller) present(ctx context.Context, r PullRequest, target string, n name.Name, o store.Object) (bool, error) {
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, refuse(Invalid, fmt.Errorf("%s is not a regular file", target), "use - for standard output")
	case r.IfMissing:
		return true, nil
	}
	if info.Size() == o.Size {
		same, err := p.holds(ctx, target, n, o)
		if err != nil {
			return false, err
		}
		if same {
			p.report.Note(target + " is there already, with the same bytes")
			return true, nil
		}
	}
	if !r.Force {
		return false, refuse(Exists, fmt.Errorf("%s is there and holds other bytes", target), "force replaces it")
	}
	return false, nil
}

// holds tells whether a file of the right size is known to hold the bytes of an object.
func (p puller) holds(ctx context.Context, path string, n name.Name, o store.Object) (bool, error) {
	want, err := p.expect(ctx, n, o)
	if err != nil || len(want) == 0 {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	v := transfer.NewVerifier(want)
	meter := p.report.Begin(Transfer{Verb: "hash", Label: path, Size: o.Size})
	_, err = transfer.Copy(ctx, v, io.NewSectionReader(f, 0, o.Size), meter.Add)
	meter.End(err)
	return err == nil && v.Size() == o.Size && len(v.Bad()) == 0, err
}
