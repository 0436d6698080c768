package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sregistry-shell/sregistry-shell/client/library"
)

// MoveRequest asks to move the file of an image.
type MoveRequest struct {
	Image string `arg:"image" complete:"local" help:"the image: collection/image[:tag][@version]"`
	Path  string `arg:"path" complete:"file" help:"where its file goes: a folder, or a path"`
}

// LibraryMove moves the file of an image of the local library out of the image folder, or to
// another place, and records where it is. Exists when something is there already.
func (c *Client) LibraryMove(ctx context.Context, r MoveRequest) (LocalImage, error) {
	row, err := c.move(ctx, r)
	return localImage(row), fail("mv", r.Image, err)
}

func (c *Client) move(ctx context.Context, r MoveRequest) (library.Row, error) {
	row, err := c.oneRow(ctx, r.Image)
	if err != nil {
		return row, err
	}
	from, err := whole(row)
	if err != nil {
		return row, err
	}
	if r.Path == "" { // that of a variable not set is not the current folder
		return row, refuse(Invalid, errors.New("the path is empty"), "the current folder is written .")
	}
	to, err := filepath.Abs(r.Path)
	if err != nil {
		return row, err
	}
	if info, err := os.Stat(to); err == nil && info.IsDir() || strings.HasSuffix(r.Path, "/") {
		to = filepath.Join(to, filepath.Base(from))
	}
	switch info, err := os.Stat(filepath.Dir(to)); {
	case err != nil || !info.IsDir():
		return row, refuse(NotFound, fmt.Errorf("there is no folder %s", filepath.Dir(to)), "make it first")
	case to == from:
		return row, refuse(Exists, fmt.Errorf("%s is where it is", to), "")
	}
	if _, err := os.Lstat(to); err == nil {
		return row, refuse(Exists, fmt.Errorf("%s is there already", to), "remove it first")
	}
	if c.cfg.DryRun {
		c.report.Plan(fmt.Sprintf("would move %s to %s", from, to))
		return row, nil
	}
	undo, err := c.bring(ctx, row, from, to)
	if err != nil {
		return row, err
	}
	if err := c.local.Move(ctx, row, to); err != nil {
		return row, errors.Join(err, undo())
	}
	if _, err := os.Lstat(from); err == nil { // it was copied
		if err := os.Remove(from); err != nil {
			return row, err
		}
	}
	c.report.Note(fmt.Sprintf("[move] %s => %s", filepath.Base(from), to))
	row.Image = to
	return row, nil
}

// bring moves a file, to another file system by a copy that is checked; undo takes it back.
func (c *Client) bring(ctx context.Context, row library.Row, from, to string) (undo func() error, err error) {
	err = os.Rename(from, to)
	if !errors.Is(err, unix.EXDEV) {
		return func() error { return os.Rename(to, from) }, err
	}
	sum, err := c.digest(ctx, from) // a file that was signed since is another one than its version
	if err == nil {
		err = c.copyFile(ctx, from, to, sum.SHA256, false)
	}
	return func() error { return os.Remove(to) }, err
}
