package client

import (
	"context"
	"net/http"
	"net/url"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// signIn is how the client's Transport asks for a token, through base.
func (c *Client) signIn(base http.RoundTripper) func(context.Context) (signin.Session, error) {
	var plain, signedIn sync.Once
	warn := func(address string) {
		if c.cfg.Dial == nil && signin.PlainHTTP(address) {
			plain.Do(func() { c.report.Warn(plainWarning(address)) })
		}
	}
	ask := signin.Cache{Dir: c.cfg.TokenCache}.Signer(c.cfg.Settings, base)
	return func(ctx context.Context) (signin.Session, error) {
		if c.refused != nil {
			return signin.Session{}, &signin.SettingsError{Err: c.refused}
		}
		warn(c.cfg.Settings.URL)
		session, err := ask(ctx)
		if err == nil {
			warn(session.StorageURL)
			if c.cfg.SignedIn != nil {
				signedIn.Do(c.cfg.SignedIn)
			}
		}
		return session, err
	}
}

func plainWarning(address string) string {
	host := address
	if u, err := url.Parse(address); err == nil {
		host = u.Host
	}
	return "plain http to " + host + ": whoever is on the way can read the secret, the token and the images; use https if the server has it"
}
