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

// files completes a path: folders with a slash, the only match that is a file with the quote that
// ends the string.
func files(typed, quote string) suggestion {
	dir, prefix := filepath.Split(typed)
	if dir == "" {
		dir = "."
	}
	found := make(chan []os.DirEntry, 1)
	go func() {
		entries, _ := os.ReadDir(dir)
		found <- entries
	}()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	var entries []os.DirEntry
	select {
	case entries = <-found:
	case <-timeout.C:
	}
	var candidates []string
	file := false
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, prefix) || prefix == "" && name[0] == '.' ||
			strings.ContainsAny(name, `\`+quote) || screen.Safe(name) != name {
			continue
		}
		if isFolder(filepath.Join(dir, name), e) {
			name += "/"
		} else {
			file = true
		}
		candidates = append(candidates, name)
	}
	if len(candidates) == 1 && file {
		candidates[0] += quote
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
