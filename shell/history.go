package shell

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
)

const (
	mostHistory = 1000 // entries that are kept
	trimHistory = 4000 // entries of a file that is cut down to mostHistory
)

// history is what was entered at the prompt: an entry a statement, with its line breaks. In the
// file an entry is one JSON string a line. Several shells append to one file, each entry at once
// and in one write, so none overwrites another's.
type history struct {
	path    string // empty: no file
	entries []string
	written string   // the last entry of the file
	secrets []string // what must not be written wherever it stands
}

// historyPath is where the file is: $SREGISTRY_HISTORY, which turns it off when it is empty, or
// a file below the XDG state directory. Without a home there is none.
func historyPath(lookup func(string) (string, bool), home string) string {
	if path, set := lookup("SREGISTRY_HISTORY"); set {
		return path
	}
	state, _ := lookup("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		if home == "" {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "sregistry-shell", "history")
}

// openHistory reads the last entries of the file. A file that is not there is no error; lines that
// are no entries are passed over. Somebody else's rights on the file are taken away.
func openHistory(path string) (*history, error) {
	h := &history{path: path}
	if path == "" {
		return h, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return h, err
	}
	if !info.Mode().IsRegular() { // /dev/null
		return h, nil
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(0o600); err != nil {
			return h, err
		}
	}
	total, err := h.read(f)
	if err == nil && total > trimHistory {
		err = h.trim(f)
	}
	return h, err
}

// read takes entries from f, and says how many there were.
func (h *history) read(f io.Reader) (total int, err error) {
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		var entry string
		if len(line) > 0 && json.Unmarshal(line, &entry) == nil {
			h.remember(entry)
			h.written = entry
			total++
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// remember keeps an entry in memory, unless it is the last one again.
func (h *history) remember(entry string) {
	if n := len(h.entries); n > 0 && h.entries[n-1] == entry {
		return
	}
	h.entries = append(h.entries, entry)
	if len(h.entries) > 2*mostHistory {
		h.entries = append([]string(nil), h.last()...)
	}
}

// last are the entries that the arrows bring back.
func (h *history) last() []string { return h.entries[max(0, len(h.entries)-mostHistory):] }

// secret matches what must not be written: it says token, key or password, or looks as if a value
// of one followed.
var secret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)token|passw|passphrase|secret|credential|private|api_?key|access_?key|key["'\]]*\s*=|_key\b`)
})

// secretsOf are the secrets of the environment: who copies one into a line does not always say what
// it is.
func secretsOf(lookup func(string) (string, bool)) []string {
	const shortest = 4 // a shorter one would be found in anything
	var out []string
	for _, name := range []string{
		"SREGISTRY_SWIFT_TOKEN", "OS_PASSWORD", "OS_AUTH_TOKEN", "OS_TOKEN", "OS_APPLICATION_CREDENTIAL_SECRET",
		"SREGISTRY_SWIFT_OS_AUTH_TOKEN", "ST_KEY",
	} {
		if value, _ := lookup(name); len(value) >= shortest {
			out = append(out, value)
		}
	}
	return out
}

// tells tells whether an entry holds or names a secret.
func (h *history) tells(entry string) bool {
	for _, s := range h.secrets {
		if strings.Contains(entry, s) {
			return true
		}
	}
	return secret().MatchString(entry)
}

// Add keeps an entry, and writes it unless it begins with a space, holds a secret, or is what was
// written last. The error is that of the file.
func (h *history) Add(entry string) error {
	entry = strings.TrimRight(entry, " \t\r\n")
	if strings.TrimSpace(entry) == "" {
		return nil
	}
	h.remember(entry)
	if entry == h.written || h.path == "" || strings.HasPrefix(entry, " ") || h.tells(entry) {
		return nil
	}
	line, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	if err := h.write(append(line, '\n')); err != nil {
		return err
	}
	h.written = entry
	return nil
}

func (h *history) write(line []byte) error {
	// Twice, if another shell has just put a shorter file in the place of this one.
	for range 2 {
		f, err := os.OpenFile(h.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
		if errors.Is(err, fs.ErrNotExist) {
			if err = os.MkdirAll(filepath.Dir(h.path), 0o700); err == nil {
				f, err = os.OpenFile(h.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
			}
		}
		if err != nil {
			return err
		}
		if torn(f) {
			line = append([]byte{'\n'}, line...)
		}
		_, err = f.Write(line)
		written, statErr := f.Stat()
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
		now, err := os.Stat(h.path)
		if statErr == nil && err == nil && os.SameFile(written, now) {
			return nil
		}
	}
	return nil
}

// torn tells whether the last line of f has no end: a disk that was full cut it off. It is no entry,
// and must not spoil the next.
func torn(f *os.File) bool {
	var last [1]byte
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	_, err = f.ReadAt(last[:], info.Size()-1)
	return err == nil && last[0] != '\n'
}

// trim puts a file with the last entries in the place of old, which was read to its end. What
// another shell appends to old meanwhile is taken over. Two shells that trim at once would lose
// entries, so one of them has the lock; where there are no locks the file just grows.
func (h *history) trim(old *os.File) error {
	if syscall.Flock(int(old.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil
	}
	was, err := old.Stat()
	if err != nil {
		return err
	}
	if now, err := os.Stat(h.path); err != nil || !os.SameFile(was, now) {
		return nil // somebody else just did it
	}
	f, err := os.CreateTemp(filepath.Dir(h.path), ".history-*") // 0600
	if err != nil {
		return err
	}
	defer f.Close()
	var b bytes.Buffer
	for _, entry := range h.last() {
		line, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		b.Write(append(line, '\n'))
	}
	if _, err = f.Write(b.Bytes()); err == nil {
		err = os.Rename(f.Name(), h.path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	late, err := io.ReadAll(old)
	if err == nil && len(late) > 0 {
		err = h.write(late)
	}
	return err
}
