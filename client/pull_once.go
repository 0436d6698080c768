package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// Of many processes that pull one image into one place, one does it. It is chosen before anybody
// signs in, by a lock beside the target; where the target's name depends on the object, by a lock
// in the folder first. It leaves a delivery to those who wait, and they look at the file only.

// delivery is what a pull leaves to those who waited for it.
type delivery struct {
	Image string    `json:"image"` // as it was written
	From  string    `json:"from"`  // the account, hashed
	File  string    `json:"file"`  // the target's base name
	Size  int64     `json:"size"`  // bytes of the target
	Time  time.Time `json:"mtime"` // of the target
}

const lockSuffix = ".pull.lock"

// once pulls under the lock.
func (p puller) once(ctx context.Context, r PullRequest, n name.Name) (string, error) {
	if target := p.destination(r, nil); target != "" {
		if _, err := os.Stat(filepath.Dir(target)); errors.Is(err, fs.ErrNotExist) {
			return "", refuse(NotFound, fmt.Errorf("there is no folder %s for the file", filepath.Dir(target)), "make it first")
		}
		return p.locked(ctx, r, target, func(alone bool) (string, error) {
			o, err := p.locate(ctx, n, false)
			if err != nil {
				return "", err
			}
			return p.placed(ctx, r, n, o, target, alone)
		})
	}
	folder, _ := folderOf(r)
	if folder != "" {
		if _, err := os.Stat(folder); err != nil {
			if _, err := p.locate(ctx, n, false); err != nil {
				return "", err // no folder for what is not there
			}
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return "", err
			}
		}
	}
	here := filepath.Join(folder, name.LocalFile(n.Image+"-"+n.TagOrDefault()))
	return p.locked(ctx, r, here, func(alone bool) (string, error) {
		o, err := p.locate(ctx, n, false)
		if err != nil {
			return "", err
		}
		target := p.destination(r, &o)
		if target == here { // an object without an extension
			return p.placed(ctx, r, n, o, target, alone)
		}
		return p.locked(ctx, r, target, func(alone bool) (string, error) {
			return p.placed(ctx, r, n, o, target, alone)
		})
	})
}

// locked runs work while nobody else does it for the same path, or returns what somebody else
// brought. work is told whether it is alone; where nothing can be locked, nobody knows.
func (p puller) locked(ctx context.Context, r PullRequest, path string, work func(alone bool) (string, error)) (string, error) {
	for {
		lock, record, err := transfer.Acquire(ctx, transfer.Beside(path, lockSuffix), func() {
			p.report.Note(fmt.Sprintf("waiting for another pull of %s", r.Image))
		})
		switch {
		case errors.Is(err, transfer.ErrNoLocks):
			return work(false)
		case err != nil:
			return "", err
		case lock == nil:
			if file, ok := p.delivered(r, path, record); ok {
				p.report.Note(fmt.Sprintf("another pull brought %s", file))
				return file, nil
			}
			continue // it was another image, or has been changed: now it is our turn
		}
		file, err := work(true)
		left := ""
		if err == nil {
			left = p.deliver(r, file)
		}
		lock.Release(left)
		return file, err
	}
}

// deliver is the record of a file that is there.
func (p puller) deliver(r PullRequest, file string) string {
	info, err := os.Stat(file)
	if err != nil {
		return ""
	}
	b, err := json.Marshal(delivery{r.Image, p.account(), filepath.Base(file), info.Size(), info.ModTime()})
	if err != nil {
		return ""
	}
	return string(b)
}

// delivered is the file of a record, if it is of the same request and the file is as it was left.
func (p puller) delivered(r PullRequest, path, record string) (string, bool) {
	var d delivery
	if json.Unmarshal([]byte(record), &d) != nil || d.Image != r.Image || d.From != p.account() || d.File != filepath.Base(d.File) {
		return "", false
	}
	file := filepath.Join(filepath.Dir(path), d.File)
	if target := p.destination(r, nil); target != "" {
		file = target
	}
	info, err := os.Stat(file)
	if err != nil || filepath.Base(file) != d.File || !info.Mode().IsRegular() || info.Size() != d.Size || !info.ModTime().Equal(d.Time) {
		return "", false
	}
	return file, true
}

// account tells accounts apart without naming them.
func (p puller) account() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s", p.cfg.Settings.URL, p.cfg.Settings.User))
	return hex.EncodeToString(sum[:8])
}

// identity is what a part's bytes come from.
func (p puller) identity(o store.Object) transfer.Origin {
	return transfer.Origin{
		Key: p.account() + " " + o.Key.String(), ETag: o.ETag,
		Layout: transfer.Layout{Size: o.Size, Range: p.sizes.span},
	}
}
