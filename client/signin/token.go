package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Placeholder is the storage URL that requests are made with before anybody has signed in.
// Transport puts the real one in its place.
const Placeholder = "http://storage.invalid/v1"

// ErrRenewed is returned instead of an answer when the token had died, a new one is at hand, and
// the request's body cannot be sent a second time from here: send the request again.
var ErrRenewed = errors.New("the token had expired and was renewed")

// renewBefore is how long before a token's announced end it is renewed, at the most.
const renewBefore = 30 * time.Second

// Renewals is how often a request is sent with one more new token before the server is taken to
// refuse them all: tokens may die again and again while it waits its turn among others.
const Renewals = 5

// believe403 is how long a 403 is believed after a token was renewed because of one: long enough for
// a search that meets many, and short enough for whoever asks for rights and tries again. A token of
// Keystone's has the rights of when it was made.
const believe403 = 30 * time.Second

// Transport signs in when the first request comes, sends each request with the token to the
// storage URL that signing in gave, and nowhere else, and signs in anew once for everybody when
// the token dies: on a 401, on a first 403 (an old RGW says it so) and before its announced end.
type Transport struct {
	Base   http.RoundTripper                      // carries requests to storage
	SignIn func(context.Context) (Session, error) // asks for a new session

	mu      sync.Mutex
	session Session
	pending chan struct{} // closed when the sign-in in progress ends; nil when there is none
	failed  error         // how it ended
}

// RoundTrip sends a request made for Placeholder.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.String() == Discovery {
		return t.discover(req)
	}
	rest, ours := strings.CutPrefix(req.URL.String(), Placeholder)
	if !ours {
		closeBody(req)
		return nil, fmt.Errorf("the server redirects to %s, and a token goes to no other place", req.URL.Host)
	}
	session, err := t.current(req.Context(), Session{})
	if err != nil {
		closeBody(req)
		return nil, err
	}
	for tries := 1; ; tries++ {
		u, err := url.Parse(session.StorageURL + rest)
		if err != nil {
			closeBody(req)
			return nil, err
		}
		send := req.Clone(req.Context())
		send.URL, send.Host = u, ""
		send.Header.Set("X-Auth-Token", session.token)
		if tries > 1 && req.Body != nil && req.Body != http.NoBody {
			return nil, ErrRenewed
		}
		resp, err := t.Base.RoundTrip(send)
		if err != nil || tries > Renewals || !session.died(resp.StatusCode) {
			return resp, err
		}
		io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		resp.Body.Close()
		if session.fixed {
			return nil, &Error{URL: session.StorageURL, Status: resp.StatusCode, Err: ErrExpired}
		}
		if session, err = t.current(req.Context(), session); err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusForbidden {
			session = t.believe(session)
		}
	}
}

// died tells whether an answer means that the token is no longer good, rather than that the
// request is not allowed.
func (s Session) died(status int) bool {
	return status == http.StatusUnauthorized ||
		status == http.StatusForbidden && !s.fixed && time.Now().After(s.believe403)
}

// believe notes that the session is new and was asked for because of a 403: the next one is real.
func (t *Transport) believe(s Session) Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.believe403 = time.Now().Add(believe403)
	if t.session.number == s.number {
		t.session = s
	}
	return s
}

// Session is the session in use. It signs in when there is none.
func (t *Transport) Session(ctx context.Context) (Session, error) { return t.current(ctx, Session{}) }

// current is the session in use; it signs in when there is none, when it is about to end, or when
// it is still the dead one. Callers that come meanwhile wait for that one sign-in.
func (t *Transport) current(ctx context.Context, dead Session) (Session, error) {
	for {
		t.mu.Lock()
		s := t.session
		if s.number > dead.number && (s.renewAt.IsZero() || time.Now().Before(s.renewAt)) {
			t.mu.Unlock()
			return s, nil
		}
		if wait := t.pending; wait != nil {
			t.mu.Unlock()
			select {
			case <-wait:
			case <-ctx.Done():
				return Session{}, context.Cause(ctx)
			}
			t.mu.Lock()
			err := t.failed
			t.mu.Unlock()
			if err != nil {
				return Session{}, err
			}
			continue
		}
		done := make(chan struct{})
		t.pending = done
		t.mu.Unlock()

		fresh, err := t.SignIn(ctx)
		t.mu.Lock()
		if err == nil {
			fresh.number = t.session.number + 1
			t.session = fresh
		}
		t.failed, t.pending = err, nil
		if ctx.Err() != nil {
			t.failed = nil // only this caller gave up: the next one signs in
		}
		close(done)
		t.mu.Unlock()
		return fresh, err
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
