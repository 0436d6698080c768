package signin

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/ncw/swift/v2"
)

// legacy signs in the v1 way. It tries each auth URL until one signs in; of several refusals the
// clearest one is returned.
func (s Settings) legacy(ctx context.Context, base http.RoundTripper) (Session, error) {
	var clearest *Error
	for _, authURL := range s.authURLs() {
		conn := &swift.Connection{UserName: s.User, ApiKey: s.Key, AuthUrl: authURL, AuthVersion: 1}
		session, err := s.ask(ctx, conn, &answer{base: base, requests: 1})
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

// authPath is the end of a URL that is an auth URL already.
var authPath = regexp.MustCompile(`(/auth(/v?[0-9][0-9.]*)?|/v1(\.0)?)/*$`)

// authURLs are where to sign in, in the order to try: tempauth answers at /auth/v1.0 only, and
// some proxies before RGW let only /auth/ through.
func (s Settings) authURLs() []string {
	if authPath.MatchString(s.URL) {
		return []string{s.URL}
	}
	base := strings.TrimRight(s.URL, "/")
	return []string{base + "/auth/v1.0", base + "/auth/"}
}
