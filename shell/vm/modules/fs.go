package modules

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

var fsModule = Module{
	Name:    "fs",
	Summary: "files and folders; errors have the codes not_found, denied, exists, full",
	Funcs: []Func{
		{Name: "exists", Params: "path", Help: "whether there is something of that name", run: fsExists,
			Examples: []string{`if not fs.exists("images") then fs.mkdir("images") end`}},
		{Name: "isdir", Params: "path", Help: "whether it is a folder", run: fsIsDir},
		{Name: "size", Params: "path", Help: "the bytes of a file", run: fsSize},
		{Name: "sha256", Params: "path", Help: "the SHA-256 of a file, as image.sha256 writes it", run: fsSHA256},
		{Name: "stat", Params: "path", Help: "a table of path, name, type (file, folder or other), size, mode, modified", run: fsStat},
		{Name: "list", Params: "[folder]", Help: "the names in a folder, sorted", run: fsList},
		{Name: "glob", Params: "pattern", Help: "the paths that match * ? [a-z], sorted", run: fsGlob,
			Examples: []string{`for _, file in ipairs(fs.glob("*.sif")) do print(file, fs.size(file)) end`}},
		{Name: "walk", Params: "folder", Help: "an iterator over all below a folder, sorted: path and stat, which tells by below what the path is below that folder; links are not followed", run: fsWalk,
			Examples: []string{`for file, stat in fs.walk(".") do if stat.type == "file" then print(stat.below) end end`}},
		{Name: "mkdir", Params: "path", Help: "make a folder and those above it; one that is there already is fine", run: fsMkdir},
		{Name: "remove", Params: "path [, {all=true}]", Help: "remove a file or an empty folder; with all, a folder and all that is in it", run: fsRemove},
		{Name: "rename", Params: "from, to", Help: "rename or move within a file system, over a file that is there", run: fsRename},
		{Name: "read", Params: "path", Help: "all of a file as a string, up to 256 MiB; see io.open for more", run: fsRead},
		{Name: "write", Params: "path, text [, {append=true}]", Help: "write a file: it is there whole or not at all; with append, add to it", run: fsWrite,
			Examples: []string{`fs.write("done.txt", "yes\n") assert(fs.read("done.txt") == "yes\n")`}},
		{Name: "tmpdir", Params: "", Help: "make a folder that is removed when the shell ends", run: fsTmpdir},
	},
}

func fsExists(c *call) (any, error) {
	p := c.str(1, "path")
	_, err := os.Lstat(p)
	if codeOf(err) == client.NotFound {
		return false, nil
	}
	return err == nil, c.about(p, err)
}

func fsIsDir(c *call) (any, error) {
	p := c.str(1, "path")
	info, err := os.Stat(p)
	if err != nil && codeOf(err) == client.NotFound {
		return false, nil
	}
	return err == nil && info.IsDir(), c.about(p, err)
}

func fsSize(c *call) (any, error) {
	p := c.str(1, "path")
	info, err := os.Stat(p)
	if err != nil {
		return nil, c.about(p, err)
	}
	return info.Size(), nil
}

func fsStat(c *call) (any, error) {
	p := c.str(1, "path")
	info, err := os.Stat(p)
	if err != nil {
		return nil, c.about(p, err)
	}
	return describe(p, info), nil
}

func describe(path string, info fs.FileInfo) map[string]any {
	kind := "other"
	switch {
	case info.Mode().IsRegular():
		kind = "file"
	case info.IsDir():
		kind = "folder"
	case info.Mode()&fs.ModeSymlink != 0:
		kind = "link"
	}
	return map[string]any{
		"path": path, "name": info.Name(), "type": kind, "size": info.Size(),
		"mode":     fmt.Sprintf("%04o", info.Mode().Perm()),
		"modified": info.ModTime().UTC().Format(value.TimeFormat),
	}
}

func names(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := f.Readdirnames(-1)
	slices.Sort(found)
	return found, err
}

func fsList(c *call) (any, error) {
	p := c.optStr(1, "folder", ".")
	found, err := names(p)
	return found, c.about(p, err)
}

func fsGlob(c *call) (any, error) {
	pattern := c.str(1, "pattern")
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, c.invalid("%q is no pattern: %w", pattern, err)
	}
	return found, nil
}

// fsWalk reads a folder when the loop comes to it, so that a huge tree takes no memory.
func fsWalk(c *call) (any, error) {
	root := c.str(1, "folder")
	found, err := names(root)
	if err != nil {
		return nil, c.about(root, err)
	}
	var ahead []string // paths still to give, the next one last
	push := func(dir string, found []string) {
		for _, name := range slices.Backward(found) {
			ahead = append(ahead, filepath.Join(dir, name))
		}
	}
	push(root, found)
	step := func(L *lua.LState) int {
		c := &call{L: L, host: c.host, name: c.name, params: c.params}
		for len(ahead) > 0 {
			p := ahead[len(ahead)-1]
			ahead = ahead[:len(ahead)-1]
			info, err := os.Lstat(p)
			if err != nil {
				if codeOf(err) == client.NotFound {
					continue // removed since its folder was read
				}
				c.raise(c.about(p, err))
			}
			if info.IsDir() {
				found, err := names(p)
				if err != nil {
					c.raise(c.about(p, err))
				}
				push(p, found)
			}
			about := describe(p, info)
			if about["below"], err = filepath.Rel(root, p); err != nil {
				c.raise(err)
			}
			L.Push(lua.LString(p))
			L.Push(c.encode(about))
			return 2
		}
		L.Push(lua.LNil)
		return 1
	}
	return c.L.NewFunction(func(L *lua.LState) int {
		return c.host.Guard(L, c.name, func() int { return step(L) })
	}), nil
}

func fsMkdir(c *call) (any, error) {
	p := c.str(1, "path")
	return nil, c.about(p, os.MkdirAll(p, 0o777))
}

func fsRemove(c *call) (any, error) {
	p := c.str(1, "path")
	if c.options(2, "all")["all"] == lua.LTrue {
		if filepath.Clean(p) == "/" || p == "" {
			return nil, c.invalid("%q is not removed", p)
		}
		if _, err := os.Lstat(p); err != nil {
			return nil, c.about(p, err)
		}
		return nil, c.about(p, os.RemoveAll(p))
	}
	return nil, c.about(p, os.Remove(p))
}

func fsRename(c *call) (any, error) {
	from, to := c.str(1, "from"), c.str(2, "to")
	return nil, c.about(from, os.Rename(from, to))
}

func fsTmpdir(c *call) (any, error) {
	dir, err := os.MkdirTemp("", "sregistry-shell-")
	if err != nil {
		return nil, c.about(os.TempDir(), err)
	}
	c.host.OnClose(func() { os.RemoveAll(dir) })
	return dir, nil
}
