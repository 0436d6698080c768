package signin

import (
	"context"
	"errors"
	"fmt"
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
	token      string
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

// Error names the server and the user, never the secret.
func (e *Error) Error() string {
	switch {
	case e.Refused():
		return fmt.Sprintf("%s refuses %s: the user or the secret is wrong (status %d)", e.URL, e.User, e.Status)
	case e.Status != 0:
		return fmt.Sprintf("%s does not sign in (status %d): is it the URL of a Swift service?", e.URL, e.Status)
	}
	return fmt.Sprintf("%s: %v", e.URL, e.Err)
}

// Refused tells that the server does not know the user or the secret.
func (e *Error) Refused() bool {
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// Busy tells that the server cannot sign anybody in now.
func (e *Error) Busy() bool { return e.Status >= 500 || e.Status == http.StatusTooManyRequests }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// timeout bounds one attempt to sign in: Keystone's bcrypt and cold proxies take seconds.
const timeout = 30 * time.Second

// SignIn asks for a token the legacy (v1) way. base carries the request; it must not add tokens.
// It tries each auth URL until one signs in; of several refusals the clearest one is returned, as
// an *Error.
func SignIn(ctx context.Context, s Settings, base http.RoundTripper) (Session, error) {
	if err := s.check(); err != nil {
		return Session{}, err
	}
	var clearest *Error
	for _, authURL := range s.authURLs() {
		session, err := signInAt(ctx, authURL, s, base)
		if err == nil {
			return session, nil
		}
		if ctx.Err() != nil || err.Status == 0 {
			return Session{}, err
		}
		if clearest == nil || err.Status == http.StatusUnauthorized || clearest.Status == http.StatusNotFound {
			clearest = err
		}
	}
	return Session{}, clearest
}

func signInAt(ctx context.Context, authURL string, s Settings, base http.RoundTripper) (Session, *Error) {
	seen := &answer{base: base}
	conn := swift.Connection{
		UserName: s.User, ApiKey: s.Key, AuthUrl: authURL, AuthVersion: 1,
		UserAgent: UserAgent, Transport: seen, Retries: -1, ConnectTimeout: timeout, Timeout: timeout,
	}
	err := conn.Authenticate(ctx)
	if err == nil {
		if u, bad := url.Parse(conn.StorageUrl); bad != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return Session{}, &Error{authURL, s.User, 0, fmt.Errorf("the server names %q as the storage URL", conn.StorageUrl)}
		}
		return Session{StorageURL: strings.TrimRight(conn.StorageUrl, "/"), token: conn.AuthToken, renewAt: seen.renewAt}, nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	status := seen.status
	if status < 300 {
		status = 0
	}
	var noisy *url.Error
	if errors.As(err, &noisy) {
		err = noisy.Err // the URL is named already
	}
	return Session{}, &Error{authURL, s.User, status, err}
}

// UserAgent names this program to servers.
const UserAgent = "sregistry-shell"

// answer notes what ncw/swift keeps to itself: the status, and when a v1 token expires. It also
// keeps redirects from being followed, which would carry the secret to another host.
type answer struct {
	base    http.RoundTripper
	status  int
	renewAt time.Time
}

func (a *answer) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := a.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	a.status = resp.StatusCode
	if seconds, err := strconv.ParseInt(resp.Header.Get("X-Auth-Token-Expires"), 10, 64); err == nil && seconds > 0 {
		life := time.Duration(seconds) * time.Second
		a.renewAt = time.Now().Add(life - min(life/4, renewBefore))
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		where := resp.Header.Get("Location")
		resp.Body.Close()
		a.status = 0
		return nil, fmt.Errorf("the server redirects to %q; if that is right, use it as the URL", where)
	}
	return resp, nil
}
