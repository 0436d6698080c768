package signin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ncw/swift/v2"
)

// Session is what signing in gives.
type Session struct {
	StorageURL string
	User       string    // as the server names who signed in; may be empty
	Project    string    // Keystone's; empty for the other ways
	Domain     string    // the id of the project's domain, with Keystone v3
	ID         string    // project:user by ids, as access lists name who signed in with Keystone
	Expires    time.Time // of the token; zero when the server does not say

	token      string
	fixed      bool      // nobody can ask for another token
	number     int       // of the sign-ins of a Transport: a server may give the same token again
	renewAt    time.Time // when to ask for a new token; zero when the server names no end
	believe403 time.Time // until then a 403 means what it says, for the token is new
}

// Error says that signing in failed. Status is the HTTP status, 0 when there was no answer.
type Error struct {
	URL    string
	User   string
	Status int
	Err    error
}

// ErrExpired is wrapped by the *Error of a token that died and that nobody here can renew.
var ErrExpired = errors.New("token expired")

// ErrExposed is wrapped by the *Error of a service that keeps the secret safe and then names a place
// where everybody could read the token.
var ErrExposed = errors.New("the token would be exposed")

// ErrNoStorage is wrapped by the *Error of somebody whom Keystone knows and has no storage for.
var ErrNoStorage = errors.New("no storage")

// errGone is wrapped by the *Error of an application credential that Keystone does not have, or no longer.
var errGone = errors.New("no such application credential")

// Error names the server and the user, never the secret.
func (e *Error) Error() string {
	switch {
	case errors.Is(e.Err, ErrExpired), errors.Is(e.Err, ErrNoStorage), errors.Is(e.Err, ErrExposed):
		return e.Err.Error()
	case errors.Is(e.Err, errGone):
		return fmt.Sprintf("%s refuses %s: it was deleted, or its id is wrong (status %d)", e.URL, e.User, e.Status)
	case e.Refused():
		return fmt.Sprintf("%s refuses %s: the user or the secret is wrong (status %d)", e.URL, e.User, e.Status)
	case e.Busy():
		return fmt.Sprintf("%s cannot sign anybody in now (status %d)", e.URL, e.Status)
	case e.Status != 0:
		return fmt.Sprintf("%s does not sign in (status %d): is it the URL of a Swift service?", e.URL, e.Status)
	}
	return fmt.Sprintf("%s: %v", e.URL, e.Err)
}

// Refused tells that the server does not know the user or the secret.
func (e *Error) Refused() bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden || errors.Is(e.Err, errGone)
}

// Busy tells that the server cannot sign anybody in now.
func (e *Error) Busy() bool {
	const rateLimit = 498 // of OpenStack Swift
	return e.Status >= 500 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status == rateLimit
}

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// timeout bounds one attempt to sign in: Keystone's bcrypt and cold proxies take seconds.
const timeout = 30 * time.Second

// SignIn asks for a token in the way of the settings. base carries the requests; it must not add
// tokens. What the server refuses is an *Error, what makes no sense a *SettingsError.
func SignIn(ctx context.Context, s Settings, base http.RoundTripper) (Session, error) {
	if err := s.Check(); err != nil {
		return Session{}, &SettingsError{err}
	}
	switch s.Way {
	case "", Legacy:
		return s.legacy(ctx, base)
	case Preauth:
		return Session{StorageURL: strings.TrimRight(s.StorageURL, "/"), token: s.Token, fixed: true}, nil
	case KeystoneV2, KeystoneV3:
		return s.keystone(ctx, base)
	}
	return Session{}, &SettingsError{fmt.Errorf("there is no way %q to sign in", s.Way)}
}

// ask sends the request that conn makes, and reads the session out of the answer.
func (s Settings) ask(ctx context.Context, conn *swift.Connection, seen *answer) (Session, *Error) {
	conn.UserAgent, conn.Transport, conn.Retries, conn.ConnectTimeout, conn.Timeout = UserAgent, seen, -1, timeout, timeout
	err := conn.Authenticate(ctx)
	g := granted(seen.body)
	storage := conn.StorageUrl
	if s.StorageURL != "" && conn.AuthToken != "" {
		storage, err = s.StorageURL, nil
	}
	if storage != "" && conn.AuthToken != "" && ctx.Err() == nil {
		err = nil // ncw/swift takes no token that by this clock ends within a minute
	}
	if err == nil {
		if u, bad := url.Parse(storage); bad != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return Session{}, &Error{conn.AuthUrl, s.who(), 0, fmt.Errorf("the server names %q as the storage URL", storage)}
		}
		if s.StorageURL == "" && exposed(conn.AuthUrl, storage) {
			return Session{}, &Error{conn.AuthUrl, s.who(), http.StatusOK, &exposedError{conn.AuthUrl, storage}}
		}
		session := Session{
			StorageURL: strings.TrimRight(storage, "/"), User: either(g.user(), s.User), Project: g.project(), Domain: g.Token.Project.Domain.ID, ID: g.id(),
			token: conn.AuthToken, Expires: seen.expires,
		}
		if !conn.Expires.IsZero() {
			session.Expires = conn.Expires.Add(seen.behind) // told by the server's clock
		}
		session.renewAt = renewal(time.Now(), session.Expires)
		return session, nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	status := seen.status
	if status < 300 {
		status = 0
	}
	if conn.AuthToken != "" && conn.StorageUrl == "" && seen.keep {
		// Somebody signed in, and trying again would find the same catalog.
		return Session{}, &Error{conn.AuthUrl, s.who(), http.StatusOK, &noStorageError{g.noStorage(s)}}
	}
	var noisy *url.Error
	if errors.As(err, &noisy) {
		err = noisy.Err // the URL is named already
	}
	if seen.gone {
		err = errGone
	}
	return Session{}, &Error{conn.AuthUrl, s.who(), status, err}
}

// exposed tells whether somebody who signs in by https would send the token to another host by plain
// http. To the same host it goes with a warning: services behind a proxy that does the https often
// name themselves so.
func exposed(auth, storage string) bool {
	from, err := url.Parse(auth)
	to, bad := url.Parse(storage)
	return err == nil && bad == nil && from.Scheme == "https" && PlainHTTP(storage) && !strings.EqualFold(from.Hostname(), to.Hostname())
}

// exposedError is an ErrExposed with its reason.
type exposedError struct{ auth, storage string }

func (*exposedError) Is(target error) bool { return target == ErrExposed }

func (e *exposedError) Error() string {
	to, err := url.Parse(e.storage)
	if err != nil {
		return ErrExposed.Error()
	}
	return fmt.Sprintf("%s signs in by https and then names %q for the objects: the token would go to another host for everybody to read; "+
		"if that is right, set the storage URL yourself (%s, OS_STORAGE_URL)", e.auth, to.Scheme+"://"+to.Host, envStorageURL)
}

// noStorageError is an ErrNoStorage with its reason.
type noStorageError struct{ error }

func (*noStorageError) Is(target error) bool { return target == ErrNoStorage }

// renewal is when to ask for another token: shortly before its end.
func renewal(now, expires time.Time) time.Time {
	if expires.IsZero() {
		return time.Time{}
	}
	life := expires.Sub(now)
	if life <= 0 {
		return time.Time{} // a clock is wrong: the server says when the token is no longer good
	}
	return expires.Add(-min(life/4, renewBefore))
}

// UserAgent names this program to servers.
const UserAgent = "sregistry-shell"

// answer notes what ncw/swift keeps to itself: the status, when a v1 token expires, and what
// Keystone says. It also keeps redirects from being followed, which would carry the secret to
// another host, and a refused secret from being sent again, which would lock people out sooner.
type answer struct {
	base     http.RoundTripper
	requests int  // how many may still be sent
	keep     bool // the body
	status   int
	expires  time.Time
	behind   time.Duration // how much later it is here than by the server's clock
	body     []byte
	gone     bool // Keystone says that there is no such application credential
}

// maxGrant bounds what is read of Keystone's answer: catalogs of large sites have 100 KiB.
const maxGrant = 4 << 20

func (a *answer) RoundTrip(req *http.Request) (*http.Response, error) {
	if a.requests--; a.requests < 0 {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, errors.New("refused")
	}
	resp, err := a.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusUnauthorized {
		a.status = resp.StatusCode
	}
	if seconds, err := strconv.ParseInt(resp.Header.Get("X-Auth-Token-Expires"), 10, 64); err == nil && seconds > 0 {
		a.expires = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		a.behind = time.Since(date).Truncate(time.Second)
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		where := resp.Header.Get("Location")
		resp.Body.Close()
		a.status = 0
		return nil, fmt.Errorf("the server redirects to %q; if that is right, use it as the URL", where)
	}
	if a.keep && resp.StatusCode == http.StatusNotFound {
		// A wrong URL is not told in these words.
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		resp.Body.Close()
		a.gone = bytes.Contains(said, []byte("Could not find Application Credential"))
		resp.Body = io.NopCloser(bytes.NewReader(said))
	}
	if a.keep && resp.StatusCode < 300 {
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxGrant))
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
		a.status, a.body = resp.StatusCode, body
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	return resp, nil
}
