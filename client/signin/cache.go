package signin

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Cache keeps the tokens of Keystone and v1 in a folder, so that many processes with the same
// settings sign in once: those of an array of 500 jobs, the commands of a script. A file is for its
// owner alone, and its name is a hash of everything that made the token.
//
// It is a matter of economy, never of correctness: where it cannot be read, written or locked,
// somebody signs in once more. A token from it that is dead is replaced like any other.
type Cache struct {
	Dir string // made when it is needed; empty: nothing is kept
}

const (
	cachedFor     = time.Hour       // how long a token without an announced end is taken
	cachedNew     = 5 * time.Second // how long a 403 is believed to one from the cache: the jobs of an array may all meet one
	cachePoll     = 20 * time.Millisecond
	cachePatience = 40 * time.Second // with somebody else's sign-in
)

// entry is a file of the cache.
type entry struct {
	StorageURL string    `json:"storage_url"`
	User       string    `json:"user,omitempty"`
	Project    string    `json:"project,omitempty"`
	Domain     string    `json:"domain,omitempty"`
	ID         string    `json:"id,omitempty"`
	Token      string    `json:"token"`
	Made       time.Time `json:"made"`
	Expires    time.Time `json:"expires,omitzero"`
}

// CacheDir is where the tokens of a user are kept: below the XDG cache directory. It is empty
// without a home, and when SREGISTRY_DISABLE_CREDENTIAL_CACHE is set.
func CacheDir(getenv func(string) string) string {
	env := environment{getenv: getenv}
	if env.flag(envNoCache) {
		return ""
	}
	if dir := getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sregistry-shell", "tokens")
	}
	if home := homeOf(getenv); home != "" {
		return filepath.Join(home, ".cache", "sregistry-shell", "tokens")
	}
	return ""
}

// Signer is the SignIn of a Transport: the first call gives the token of the cache, a later one,
// which says that the token given before is dead, a new one.
func (c Cache) Signer(s Settings, base http.RoundTripper) func(context.Context) (Session, error) {
	if c.Dir == "" || s.Way == Preauth || s.Folder != "" {
		return func(ctx context.Context) (Session, error) { return SignIn(ctx, s, base) }
	}
	path := sync.OnceValue(func() string { return filepath.Join(c.Dir, s.fingerprint()+".json") })
	given := ""
	return func(ctx context.Context) (Session, error) {
		if session, ok := c.read(path(), given); ok {
			given = session.token
			return session, nil
		}
		unlock, session, ok := c.turn(ctx, path(), given)
		defer unlock()
		if ok {
			given = session.token
			return session, nil
		}
		session, err := SignIn(ctx, s, base)
		if err != nil {
			os.Remove(path()) // what is there is dead, or too old
			return session, err
		}
		given = session.token
		c.write(path(), session)
		return session, nil
	}
}

// fingerprint tells settings apart without giving any of them away: a weak secret cannot be found
// by trying many, as it could be behind a plain hash.
func (s Settings) fingerprint() string {
	s.Source, s.From = "", ""
	type all Settings // without String, which leaves the secrets out
	text, err := json.Marshal(all(s))
	if err != nil {
		panic(err) // strings and bools always encode
	}
	key, err := pbkdf2.Key(sha256.New, string(text), []byte("sregistry-shell token cache"), 512, 16)
	if err != nil {
		panic(err) // the lengths are right
	}
	return hex.EncodeToString(key)
}

// read is a session of the cache that is not known to be dead and not about to end.
func (c Cache) read(path, dead string) (Session, bool) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return Session{}, false
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return Session{}, false
	}
	var e entry
	if json.Unmarshal(content, &e) != nil || e.Token == "" || e.Token == dead || checkURL("storage URL", e.StorageURL) != nil {
		return Session{}, false
	}
	end := e.Made.Add(cachedFor)
	if !e.Expires.IsZero() {
		end = renewal(e.Made, e.Expires)
	}
	if now := time.Now(); now.After(end) || now.Before(e.Made.Add(-cachedFor)) {
		return Session{}, false
	}
	return Session{
		StorageURL: e.StorageURL, User: e.User, Project: e.Project, Domain: e.Domain, ID: e.ID, Expires: e.Expires, token: e.Token,
		renewAt: renewal(e.Made, e.Expires), believe403: e.Made.Add(cachedNew),
	}, true
}

// write keeps a session, whole or not at all.
func (c Cache) write(path string, s Session) {
	content, err := json.Marshal(entry{s.StorageURL, s.User, s.Project, s.Domain, s.ID, s.token, time.Now().UTC(), s.Expires})
	if err != nil {
		return
	}
	if err := replaceFile(path, content); err != nil {
		os.Remove(path)
	}
}

// turn waits until somebody else has put a token there, or until nobody else signs in with these
// settings. Where files cannot be locked, it does not wait.
func (c Cache) turn(ctx context.Context, path, dead string) (unlock func(), session Session, ok bool) {
	none := func() {}
	if os.MkdirAll(c.Dir, 0o700) != nil {
		return none, Session{}, false
	}
	l := flock.New(path+".lock", flock.SetPermissions(0o600))
	poll, late := time.NewTicker(cachePoll), time.After(cachePatience)
	defer poll.Stop()
	for {
		locked, err := l.TryLock()
		if session, ok := c.read(path, dead); ok || err != nil {
			if locked {
				l.Unlock()
			}
			return none, session, ok
		}
		if locked {
			return func() { l.Unlock() }, Session{}, false
		}
		select {
		case <-poll.C:
		case <-late:
			return none, Session{}, false
		case <-ctx.Done():
			return none, Session{}, false
		}
	}
}

// replaceFile writes a file for its owner alone in one step: others see the old one or the new one.
func replaceFile(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
