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

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// PullRequest asks to download one image.
type PullRequest struct {
	Image     string `arg:"image" complete:"image" help:"the image: collection/image[:tag][@version]"`
	File      string `arg:"file,optional" cli:"name" complete:"file" help:"where to put it: a path, a folder with a trailing slash, or - for standard output"`
	Force     bool   `opt:"force" help:"replace a file that holds other bytes"`
	IfMissing bool   `opt:"if_missing" help:"do nothing if the file is there, whatever it holds"`
	NoSave    bool   `opt:"!save" cli:"no-cache" help:"record it in the local library"`
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
		if r.File == "" || strings.HasSuffix(r.File, "/") {
			continue
		}
		if targets[r.File] {
			return nil, fail("pull", r.Image, refuse(Invalid, fmt.Errorf("two images cannot both go to %s", r.File), "name a folder, with a trailing slash"))
		}
		targets[r.File] = true
	}
	return batch(ctx, "pull", rs, jobs(rs, func(r PullRequest) int { return r.Jobs }), c.Pull,
		func(r PullRequest, _ string) Image { return Image{URI: r.Image} })
}

func (c *Client) pull(ctx context.Context, r PullRequest) (string, error) {
	n, err := name.Parse(r.Image)
	if err != nil {
		return "", refuse(Invalid, err, "")
	}
	if r.IfMissing && r.File != "" && !strings.HasSuffix(r.File, "/") {
		if _, err := os.Stat(r.File); err == nil {
			return r.File, nil
		}
	}
	o, err := c.locate(ctx, n, false)
	if err != nil {
		return "", err
	}
	if r.File == "-" {
		return "-", c.stream(ctx, n, o)
	}
	target, err := c.destination(r, o)
	if err != nil {
		return "", err
	}
	done, err := c.present(ctx, r, target, n, o)
	if done || err != nil {
		return target, err
	}
	if c.cfg.DryRun {
		c.report.Note(fmt.Sprintf("would pull %s to %s", o.Key, target))
		return target, nil
	}
	return target, c.fetch(ctx, n, o, target, r.Force)
}

// destination is the file a pull goes to. Without one it is named after the object, whose name
// somebody else may have chosen.
func (c *Client) destination(r PullRequest, o store.Object) (string, error) {
	file := r.File
	if info, err := os.Stat(file); err == nil && info.IsDir() && !strings.HasSuffix(file, "/") {
		file += "/"
	}
	if file == "" || strings.HasSuffix(file, "/") {
		if file != "" && !c.cfg.DryRun {
			if err := os.MkdirAll(file, 0o777); err != nil {
				return "", err
			}
		}
		image := imageOf(o)
		local := o.Object
		if image.Tag != "" {
			local = image.Name + "-" + image.Tag + "." + name.Extension(o.Object)
		}
		file = filepath.Join(file, name.LocalFile(local))
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real // the link stays, what it leads to is replaced
	}
	return file, nil
}

// present tells whether the target is there already with the right bytes, or need not have them.
// It is Exists when it may not be replaced.
func (c *Client) present(ctx context.Context, r PullRequest, target string, n name.Name, o store.Object) (bool, error) {
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
	if image := imageOf(o); info.Size() == image.Size {
		f, err := os.Open(target)
		if err != nil {
			return false, err
		}
		defer f.Close()
		meter := c.report.Begin(Transfer{Verb: "hash", Label: target, Size: info.Size()})
		sum, err := transfer.HashFile(ctx, f, info.Size(), meter.Add)
		meter.End(err)
		if err != nil {
			return false, err
		}
		if same(o, sum) {
			if err := c.checkVersion(n, o, sum.SHA256); err != nil {
				return false, err
			}
			c.report.Note(target + " is there already, with the same bytes")
			return true, nil
		}
	}
	if !r.Force {
		return false, refuse(Exists, fmt.Errorf("%s is there and holds other bytes", target), "force replaces it")
	}
	return false, nil
}

// fetch downloads into a part file beside the target, checks it, and puts it in place.
func (c *Client) fetch(ctx context.Context, n name.Name, o store.Object, target string, replace bool) error {
	part, err := transfer.NewPart(target)
	if err != nil {
		return err
	}
	defer part.Discard()
	sum, err := c.receive(ctx, o, part, part.Restart)
	if err == nil {
		err = c.verify(n, o, sum)
	}
	if err != nil {
		return err
	}
	err = part.Commit(replace)
	if errors.Is(err, fs.ErrExist) {
		return refuse(Exists, fmt.Errorf("%s appeared meanwhile", target), "force replaces it")
	}
	return err
}

// stream downloads to standard output. What is wrong can be said only at the end.
func (c *Client) stream(ctx context.Context, n name.Name, o store.Object) error {
	written := false
	sum, err := c.receive(ctx, o, c.cfg.Stdout, func() error {
		if written {
			return refuse(Unavailable, errors.New("the connection broke after a part had been written to standard output"), "pull to a file")
		}
		written = true
		return nil
	})
	if err != nil {
		return err
	}
	return c.verify(n, o, sum)
}

// receive reads an object into w and hashes it. restart is called before each attempt.
func (c *Client) receive(ctx context.Context, o store.Object, w io.Writer, restart func() error) (transfer.Sum, error) {
	image := imageOf(o)
	meter := c.report.Begin(Transfer{Verb: "pull", Label: o.Key.String(), Size: image.Size})
	var digests *transfer.Digests
	var moved int64
	err := c.store.Get(ctx, o.Key, o, store.Whole, func(body io.Reader) error {
		if err := restart(); err != nil {
			return err
		}
		meter.Add(-moved)
		digests = transfer.NewDigests()
		var err error
		moved, err = transfer.Copy(ctx, io.MultiWriter(w, digests), body, meter.Add)
		return err
	})
	meter.End(err)
	if err != nil {
		return transfer.Sum{}, err
	}
	return digests.Sum(), nil
}

// verify compares what arrived with all that is known of the image.
func (c *Client) verify(n name.Name, o store.Object, sum transfer.Sum) error {
	if err := c.checkVersion(n, o, sum.SHA256); err != nil {
		return err
	}
	image := imageOf(o)
	switch {
	case image.Size >= 0 && sum.Size != image.Size:
		return refuse(Corrupt, fmt.Errorf("%d bytes arrived, and it has %d", sum.Size, image.Size), "")
	case image.SHA256 != "" && sum.SHA256 != image.SHA256:
		return refuse(Corrupt, fmt.Errorf("its SHA-256 is %s, and %s was recorded", sum.SHA256, image.SHA256), "")
	case image.SHA256 == "" && !o.Large && sum.MD5 != o.ETag:
		return refuse(Corrupt, fmt.Errorf("its MD5 is %s, and the server says %s", sum.MD5, o.ETag), "")
	case image.SHA256 == "" && o.Large:
		c.report.Warn(fmt.Sprintf("%s was put there in segments by another tool: only its size could be checked", o.Key))
	}
	return nil
}
