package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

const (
	envFile     = "SREGISTRY_CLIENT_SECRETS"
	fileBackend = "swift"            // the key of our settings in the file
	fileActive  = "SREGISTRY_CLIENT" // the key of the backend that is in use
)

// File is the settings file that sregistry-cli and this shell share, ~/.sregistry: JSON, a table
// for each backend, keyed by the names of environment variables. What it holds for other backends
// is kept as it is.
type File struct{ Path string }

// FileOf is the settings file of a user: $SREGISTRY_CLIENT_SECRETS, else ~/.sregistry. Its path is
// empty without a home, and when SREGISTRY_DISABLE_CREDENTIAL_CACHE is set: then there is none.
func FileOf(getenv func(string) string) File {
	env := environment{getenv: getenv}
	path := getenv(envFile)
	if home := homeOf(getenv); path == "" && home != "" {
		path = filepath.Join(home, ".sregistry")
	}
	if env.flag(envNoCache) {
		path = ""
	}
	return File{path}
}

// Secrets are what the file holds.
type Secrets struct {
	Active   string                       // SREGISTRY_CLIENT; may be empty
	Backends map[string]map[string]string // without what is no table of strings
	raw      map[string]json.RawMessage
}

// Read gives what the file holds: nothing when there is none.
func (f File) Read() (Secrets, error) {
	s := Secrets{Backends: map[string]map[string]string{}, raw: map[string]json.RawMessage{}}
	if f.Path == "" {
		return s, nil
	}
	text, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(text, &s.raw); err != nil || s.raw == nil {
		// What the parser says may quote the file.
		return s, fmt.Errorf("the settings file %s is not JSON as sregistry writes it; mend it or move it away", f.Path)
	}
	for name, value := range s.raw {
		if name == fileActive {
			json.Unmarshal(value, &s.Active) // stays empty when it is no string
			continue
		}
		var table map[string]any
		if json.Unmarshal(value, &table) != nil {
			continue
		}
		s.Backends[name] = map[string]string{}
		for key, v := range table {
			if text, ok := v.(string); ok {
				s.Backends[name][key] = text
			}
		}
	}
	return s, nil
}

// Change reads the file, lets change alter it, and writes it again, in one step, for its owner
// alone, while nobody else changes it. It is made when there is none.
func (f File) Change(change func(*Secrets) error) error {
	if f.Path == "" {
		return errNoFile
	}
	lock := flock.New(f.Path+".lock", flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), filePatience)
	defer cancel()
	// Where files cannot be locked at all, the last one wins.
	if _, err := lock.TryLockContext(ctx, filePoll); errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("somebody else has been changing %s for %s", f.Path, filePatience)
	}
	defer lock.Close()
	text, err := f.changed(change)
	if err != nil {
		return err
	}
	path := f.Path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link to a file in a folder of settings stays one
	}
	return replaceFile(path, text)
}

// Try fails as Change would, as far as what the file holds and change decide it, and writes nothing.
func (f File) Try(change func(*Secrets) error) error {
	if f.Path == "" {
		return errNoFile
	}
	_, err := f.changed(change)
	return err
}

var errNoFile = fmt.Errorf("there is no settings file: %s is set, or there is no home", envNoCache)

// changed is the text of the file after a change.
func (f File) changed(change func(*Secrets) error) ([]byte, error) {
	s, err := f.Read()
	if err != nil {
		return nil, err
	}
	if err := change(&s); err != nil {
		return nil, err
	}
	text, err := s.encode()
	if err != nil {
		return nil, fmt.Errorf("the settings file %s: %w", f.Path, err)
	}
	return text, nil
}

const (
	filePatience = 10 * time.Second
	filePoll     = 10 * time.Millisecond
)

// encode writes the file as sregistry does, four blanks deep, with all that was in it.
func (s Secrets) encode() ([]byte, error) {
	out := map[string]any{}
	for name, value := range s.raw {
		if _, table := s.Backends[name]; name != fileActive && !table {
			var other map[string]any
			if json.Unmarshal(value, &other) != nil {
				out[name] = value
			}
		}
	}
	for name, table := range s.Backends {
		all := map[string]json.RawMessage{}
		if raw, old := s.raw[name]; old {
			if err := json.Unmarshal(raw, &all); err != nil {
				return nil, fmt.Errorf("%s is there, and no table of settings; take it out by hand first", name)
			}
			if all == nil { // a null
				all = map[string]json.RawMessage{}
			}
		}
		for key, v := range all {
			if bytes.HasPrefix(v, []byte(`"`)) {
				delete(all, key) // what is left of them is in the table
			}
		}
		for key, text := range table {
			quoted, err := json.Marshal(text)
			if err != nil {
				return nil, err
			}
			all[key] = quoted
		}
		out[name] = all
	}
	if s.Active != "" {
		out[fileActive] = s.Active
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "    ")
	e.SetEscapeHTML(false)
	err := e.Encode(out)
	return b.Bytes(), err
}

// Tighten takes a file that others may read away from them, and tells whether it had to. What is no
// file, as a folder that the setting names by mistake, keeps its rights.
func (f File) Tighten() (bool, error) {
	info, err := os.Stat(f.Path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
		return false, nil
	}
	return true, os.Chmod(f.Path, 0o600)
}

// fromFile reads the settings that sregistry-cli or this shell kept.
func fromFile(e *environment) (Settings, bool, error) {
	f := FileOf(e.getenv)
	secrets, err := f.Read()
	if err != nil {
		return Settings{}, true, err
	}
	kept := environment{getenv: func(name string) string { return secrets.Backends[fileBackend][name] }}
	s, there, err := fromSRegistry(&kept)
	s.Source, s.From = "the settings file "+f.Path, FromFile
	e.missing = append(e.missing, kept.missing...)
	return s, there, err
}

// Remember keeps the SREGISTRY_SWIFT_* of the environment, which have proved good, when the file
// has none yet. Otherwise the file stays, and differs tells whether it signs somebody else in.
func (f File) Remember(getenv func(string) string) (saved, differs bool, err error) {
	if f.Path == "" {
		return false, false, nil
	}
	now := map[string]string{envType: string(Legacy)} // which sregistry-cli cannot do without
	for _, name := range []string{
		envType, envUser, envKey, envURL, envTenant, envProject, envDomain, envRegion, envAuthToken, envStorageURL, envCACert, envInsecure,
	} {
		if value := getenv(name); value != "" {
			now[name] = value
		}
	}
	there, err := f.Read()
	if err != nil {
		return false, false, err
	}
	if kept, ok := there.Backends[fileBackend]; ok && len(kept) > 0 {
		return false, kept[envUser] != now[envUser] || strings.TrimRight(kept[envURL], "/") != strings.TrimRight(now[envURL], "/"), nil
	}
	err = f.Change(func(s *Secrets) error {
		if len(s.Backends[fileBackend]) > 0 {
			return errKept
		}
		s.Backends[fileBackend] = now
		return nil
	})
	if errors.Is(err, errKept) {
		return false, false, nil
	}
	return err == nil, false, err
}

var errKept = errors.New("another process has kept settings meanwhile")
