package localswift

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// emptyMD5 is the ETag of no bytes at all.
const emptyMD5 = "d41d8cd98f00b204e9800998ecf8427e"

// copyBuffer is the size of the buffers bodies pass through.
const copyBuffer = 128 << 10

var buffers = sync.Pool{New: func() any { b := make([]byte, copyBuffer); return &b }}

// blobs keeps bodies in files named by a unique id. A body without bytes has
// no file and the id "".
type blobs struct {
	dir  string // holds objects/XX/ID and tmp/ID
	sync bool

	made sync.Map // two-digit folders known to exist
}

// blob is a body on disk that no row may name yet.
type blob struct {
	id   string
	size int64
	etag string // MD5 in hex
}

// newID returns a name for a blob: the time first, so that the index of blobs
// grows at its end, then 64 random bits.
func newID() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(time.Now().UnixNano()))
	rand.Read(b[8:])
	return hex.EncodeToString(b[:])
}

func (s *blobs) path(id string) string {
	return filepath.Join(s.dir, "objects", id[len(id)-2:], id)
}

// errBodyTooLarge says that a body of unknown length went over its limit.
var errBodyTooLarge = errors.New("body is larger than allowed")

// errShortBody says that a client sent less than it had announced.
var errShortBody = errors.New("body ended early")

// put stores what r gives, at most limit bytes, in constant memory. With
// want >= 0 exactly so many bytes must come. The file is in place and on disk
// when put returns; a failure leaves nothing.
func (s *blobs) put(r io.Reader, want, limit int64) (b blob, err error) {
	id := newID()
	tmp := filepath.Join(s.dir, "tmp", id)
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return blob{}, &storageError{err}
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(tmp)
		}
	}()
	h := md5.New()
	w := &fileWriter{f: f}
	buf := buffers.Get().(*[]byte)
	n, err := io.CopyBuffer(io.MultiWriter(h, w), io.LimitReader(r, limit+1), *buf)
	buffers.Put(buf)
	switch {
	case w.err != nil:
		return blob{}, &storageError{w.err}
	case err != nil:
		return blob{}, fmt.Errorf("%w: %w", errShortBody, err)
	case n > limit:
		return blob{}, errBodyTooLarge
	case want >= 0 && n != want:
		return blob{}, errShortBody
	}
	b = blob{size: n, etag: hex.EncodeToString(h.Sum(nil))}
	if n == 0 {
		f.Close()
		return b, os.Remove(tmp)
	}
	if s.sync {
		if err := f.Sync(); err != nil {
			return blob{}, &storageError{err}
		}
	}
	if err := f.Close(); err != nil {
		return blob{}, &storageError{err}
	}
	if err := s.place(tmp, id); err != nil {
		return blob{}, &storageError{err}
	}
	b.id = id
	return b, nil
}

// fileWriter remembers whether the disk failed, so that a full disk is not
// taken for a broken connection.
type fileWriter struct {
	f   *os.File
	err error
}

func (w *fileWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

// storageError is a failure of the disk or of the index.
type storageError struct{ err error }

func (e *storageError) Error() string { return "storage: " + e.err.Error() }
func (e *storageError) Unwrap() error { return e.err }

// place renames a finished file to where its id says.
func (s *blobs) place(tmp, id string) error {
	to := s.path(id)
	folder := filepath.Dir(to)
	if _, ok := s.made.Load(folder); !ok {
		if err := os.Mkdir(folder, 0o700); err == nil {
			if err := s.syncDir(filepath.Dir(folder)); err != nil {
				return err
			}
		} else if !errors.Is(err, fs.ErrExist) {
			return err
		}
		s.made.Store(folder, nil)
	}
	if err := os.Rename(tmp, to); err != nil {
		return err
	}
	return s.syncDir(folder)
}

func (s *blobs) syncDir(dir string) error {
	if !s.sync {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (s *blobs) open(id string) (*os.File, error) { return os.Open(s.path(id)) }

// drop removes blobs that no row names any more. A file that stays behind is
// no harm: the sweep after an unclean end finds it.
func (s *blobs) drop(ids ...string) {
	for _, id := range ids {
		if id != "" {
			os.Remove(s.path(id))
		}
	}
}

// sweep removes what an interrupted process left: everything in tmp, and every
// file that known does not know. It must run alone.
func (s *blobs) sweep(known func(id string) (bool, error)) error {
	root := filepath.Join(s.dir, "tmp")
	if err := eachFile(root, func(name string) error {
		return os.Remove(filepath.Join(root, name))
	}); err != nil {
		return err
	}
	objects := filepath.Join(s.dir, "objects")
	return eachFile(objects, func(folder string) error {
		return eachFile(filepath.Join(objects, folder), func(id string) error {
			ok, err := known(id)
			if err != nil || ok {
				return err
			}
			return os.Remove(filepath.Join(objects, folder, id))
		})
	})
}

// eachFile calls do for every entry of dir, a thousand in memory at a time.
func eachFile(dir string, do func(name string) error) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		names, err := d.Readdirnames(1000)
		for _, n := range names {
			if err := do(n); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
