package modules

import (
	"io"
	"os"
	"path/filepath"

	lua "github.com/yuin/gopher-lua"
)

// maxRead is how large a file fs.read reads. An image may be 50 GB, and a slip must not end the
// shell.
const maxRead = 256 << 20

func fsRead(c *call) (any, error) {
	p := c.str(1, "path")
	f, err := os.Open(p)
	if err != nil {
		return nil, c.about(p, err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxRead+1))
	if err != nil {
		return nil, c.about(p, err)
	}
	if len(content) > maxRead {
		return nil, c.invalid("%s is larger than 256 MiB; read it in pieces by io.open", p)
	}
	return string(content), nil
}

func fsWrite(c *call) (any, error) {
	p, text := c.str(1, "path"), c.str(2, "text")
	if c.options(3, "append")["append"] == lua.LTrue {
		f, err := os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		if err != nil {
			return nil, c.about(p, err)
		}
		_, err = f.WriteString(text)
		if failed := f.Close(); err == nil {
			err = failed
		}
		return nil, c.about(p, err)
	}
	return nil, c.about(p, replaceFile(p, text))
}

// replaceFile writes a file beside its place and renames it there. What is no regular file, such
// as /dev/stdout, is written to as it is, and so is the file behind a link.
func replaceFile(path, text string) error {
	mode := os.FileMode(0)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString(text)
			if failed := f.Close(); err == nil {
				err = failed
			}
			return err
		}
		mode = info.Mode().Perm()
	}
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil && mode != 0 {
		err = f.Chmod(mode)
	}
	if failed := f.Close(); err == nil {
		err = failed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// createBeside makes a new file in the folder of path, with the mode that the umask leaves.
func createBeside(path string) (*os.File, error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return nil, err
	}
	name := temp.Name()
	temp.Close()
	// CreateTemp makes it 0600 whatever the umask is: make it again with the mode of a new file.
	if err := os.Remove(name); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}
