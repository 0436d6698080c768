package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/sregistry-shell/sregistry-shell/client/library"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// heldAs is the newest image of that name in the library whose file is there.
func (c *Client) heldAs(ctx context.Context, n name.Name) (library.Row, error) {
	rows, err := c.local.Exact(ctx, n)
	if err != nil {
		return library.Row{}, err
	}
	for _, row := range rows {
		if _, err := row.File(); err == nil {
			return row, nil
		}
	}
	return library.Row{}, refuse(NotFound, errors.New("it is not in the local library, and a pull that is offline asks no server"), "")
}

// offline answers a pull from the library, without settings and without a request.
func (p puller) offline(ctx context.Context, r PullRequest, n name.Name) (string, error) {
	row, err := p.heldAs(ctx, n)
	if err != nil {
		return "", err
	}
	if n.Version != "" && !row.Unchanged() {
		sum, err := p.digest(ctx, row.Image)
		if err != nil {
			return "", err
		}
		if sum.SHA256 != row.Version {
			return "", refuse(Corrupt, fmt.Errorf("%s was changed: its SHA-256 is %s", row.Image, sum.SHA256), "")
		}
	}
	switch {
	case r.File == "":
		return row.Image, nil
	case r.File == "-" || streamed(r.File):
		return r.File, p.pour(ctx, row.Image, r.File)
	}
	target := r.File
	if folder, ok := folderOf(r); ok {
		target = filepath.Join(folder, name.LocalFile(row.FullName().Image+"-"+row.FullName().TagOrDefault()+filepath.Ext(row.Image)))
	}
	target = behindLinks(target)
	if r.IfMissing {
		if _, err := os.Stat(target); err == nil {
			return target, nil
		}
	}
	return target, p.deliverLocal(ctx, r, row.Image, target)
}

// deliverLocal brings a file of the library to where the user wants one.
func (p puller) deliverLocal(ctx context.Context, r PullRequest, from, target string) error {
	sum, err := p.digest(ctx, from)
	if err != nil {
		return err
	}
	if _, err := os.Stat(target); err == nil {
		there, err := p.digest(ctx, target)
		switch {
		case err != nil:
			return err
		case there.SHA256 == sum.SHA256:
			return nil
		case !r.Force:
			return refuse(Exists, fmt.Errorf("%s is there and holds other bytes", target), "force replaces it")
		}
	}
	if p.cfg.DryRun {
		p.report.Plan(fmt.Sprintf("would copy %s to %s", from, target))
		return nil
	}
	return p.copyFile(ctx, from, target, sum.SHA256, r.Force)
}

// pour writes a file to standard output or into a pipe.
func (p puller) pour(ctx context.Context, from, to string) error {
	f, info, err := openImage(from)
	if err != nil {
		return err
	}
	defer f.Close()
	w := p.cfg.Stdout
	if to != "-" {
		out, err := os.OpenFile(to, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer out.Close()
		w = out
	}
	_, err = transfer.Copy(ctx, w, io.NewSectionReader(f, 0, info.Size()), func(int64) {})
	return err
}
