package signin

import (
	"net/http"
	"net/url"
	"strings"
)

// Discovery is the URL that requests for what a service can do (/info) are made with. Transport
// puts the real one in its place; no token goes along, for none is needed.
const Discovery = "http://storage.invalid/info"

// discover sends a request made for Discovery.
func (t *Transport) discover(req *http.Request) (*http.Response, error) {
	session, err := t.current(req.Context(), Session{})
	if err != nil {
		closeBody(req)
		return nil, err
	}
	u, err := url.Parse(infoURL(session.StorageURL))
	if err != nil {
		closeBody(req)
		return nil, err
	}
	send := req.Clone(req.Context())
	send.URL, send.Host = u, ""
	return t.Base.RoundTrip(send)
}

// infoURL is where a service says what it can do: beside the version that the path of its storage
// URL has in it, http://host/info for http://host/v1/AUTH_x, http://host/swift/info for
// http://host/swift/v1.
func infoURL(storageURL string) string {
	u, err := url.Parse(storageURL)
	if err != nil {
		return storageURL
	}
	before, _, _ := strings.Cut(u.Path+"/", "/v1/")
	u.Path, u.RawPath = strings.TrimRight(before, "/")+"/info", ""
	return u.String()
}
