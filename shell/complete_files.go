package shell

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/shell/screen"
)

// patience is how long a key press waits for candidates: a folder may be on a server.
const patience = 300 * time.Millisecond

// files completes a path: folders with a slash, the only match that is a file with what ends the
// path. Names with one of the characters to avoid, or with a backslash, are left out.
func files(typed, avoid, end string) suggestion {
	dir, prefix := filepath.Split(typed)
	if dir == "" {
		dir = "."
	}
	type folder struct {
		names []string
		file  bool // one of them is no folder
	}
	found := make(chan folder, 1)
	go func() {
		var f folder
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			name := e.Name()
			if !strings.HasPrefix(name, prefix) || prefix == "" && name[0] == '.' ||
				strings.ContainsAny(name, `\`+avoid) || screen.Safe(name) != name {
				continue
			}
			if isFolder(filepath.Join(dir, name), e) {
				name += "/"
			} else {
				f.file = true
			}
			f.names = append(f.names, name)
		}
		found <- f
	}()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	var f folder
	select {
	case f = <-found:
	case <-timeout.C:
	}
	candidates := f.names
	if len(candidates) == 1 && f.file {
		candidates[0] += end
	}
	out := endings(prefix, candidates)
	if prefix == "" { // endings passes over names with an underscore
		out.endings = candidates
	}
	return out
}

func isFolder(path string, e os.DirEntry) bool {
	if e.Type()&os.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
