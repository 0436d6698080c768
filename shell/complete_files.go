package shell

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sregistry-shell/sregistry-shell/shell/screen"
)

// patience is how long a key press waits for candidates: a folder may be on a server.
const patience = 300 * time.Millisecond

// folders reads folders for completion. One on a server that hangs is read by one goroutine however
// often its names are asked for.
type folders struct {
	read     func(dir string) ([]os.DirEntry, error)
	patience time.Duration // how long a key press waits for a folder

	mu      sync.Mutex
	running map[string]*reading // by folder
}

// reading is a folder that is being read.
type reading struct {
	done  chan struct{}
	names []string // once done; those of folders end in a slash
}

func newFolders() *folders {
	return &folders{read: os.ReadDir, patience: patience, running: map[string]*reading{}}
}

// complete completes a path: folders with a slash, the only match that is a file with what ends the
// path. Names with one of the characters to avoid, or with a backslash, are left out.
func (f *folders) complete(typed, avoid, end string) suggestion {
	dir, prefix := filepath.Split(typed)
	if dir == "" {
		dir = "."
	}
	var candidates []string
	for _, name := range f.names(dir) {
		if !strings.HasPrefix(name, prefix) || prefix == "" && name[0] == '.' ||
			strings.ContainsAny(name, `\`+avoid) || screen.Safe(name) != name {
			continue
		}
		candidates = append(candidates, name)
	}
	if len(candidates) == 1 && !strings.HasSuffix(candidates[0], "/") {
		candidates[0] += end
	}
	out := endings(prefix, candidates)
	if prefix == "" { // endings passes over names with an underscore
		out.endings = candidates
	}
	return out
}

// names are those in a folder, none when it cannot be read within patience.
func (f *folders) names(dir string) []string {
	f.mu.Lock()
	r := f.running[dir]
	if r == nil {
		r = &reading{done: make(chan struct{})}
		f.running[dir] = r
		go f.fill(dir, r)
	}
	f.mu.Unlock()
	timeout := time.NewTimer(f.patience)
	defer timeout.Stop()
	select {
	case <-r.done:
		return r.names
	case <-timeout.C:
		return nil
	}
}

func (f *folders) fill(dir string, r *reading) {
	entries, _ := f.read(dir)
	for _, e := range entries {
		name := e.Name()
		if isFolder(filepath.Join(dir, name), e) {
			name += "/"
		}
		r.names = append(r.names, name)
	}
	f.mu.Lock()
	delete(f.running, dir)
	f.mu.Unlock()
	close(r.done)
}

func isFolder(path string, e os.DirEntry) bool {
	if e.Type()&os.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
