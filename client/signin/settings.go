// Package signin turns settings into a storage URL and a token, and keeps the token fresh. All
// settings of a client come from one source, never mixed. Secrets stay inside: no error, log or
// String of this package holds one.
//
// It is tested against handlers that answer as RGW, tempauth and half-open proxies do, and by the
// conformance suite against the real ones.
package signin

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Settings say who signs in where. The zero value means that nothing is set.
type Settings struct {
	User   string // X-Auth-User: "account:user"
	Key    string // the secret; sregistry-cli calls it the token
	URL    string // of the service, with or without an auth path
	Source string // where the settings came from, for a person
}

// String is for people and logs: it leaves the key out.
func (s Settings) String() string { return fmt.Sprintf("%s as %s", s.URL, s.User) }

// GoString leaves the key out of %#v as well.
func (s Settings) GoString() string { return "signin.Settings{" + s.String() + "}" }

// The variables of the legacy (v1) way, as sregistry-cli named them.
const (
	envUser = "SREGISTRY_SWIFT_USER"
	envKey  = "SREGISTRY_SWIFT_TOKEN"
	envURL  = "SREGISTRY_SWIFT_URL"
	envType = "SREGISTRY_SWIFT_AUTHTYPE"
)

// MissingError names the settings that are missing, all of them.
type MissingError struct{ Variables []string }

// Error says how to set what is missing, or how to do without.
func (e *MissingError) Error() string {
	return strings.Join(e.Variables, ", ") + " not set: export " +
		"SREGISTRY_SWIFT_USER, SREGISTRY_SWIFT_TOKEN and SREGISTRY_SWIFT_URL, or use --embedded for storage in a local folder"
}

// FromEnvironment reads SREGISTRY_SWIFT_*. A setting that is missing is a *MissingError.
func FromEnvironment(getenv func(string) string) (Settings, error) {
	s := Settings{User: getenv(envUser), Key: getenv(envKey), URL: getenv(envURL), Source: "SREGISTRY_SWIFT_* in the environment"}
	var missing []string
	for _, v := range []struct{ name, value string }{{envUser, s.User}, {envKey, s.Key}, {envURL, s.URL}} {
		if v.value == "" {
			missing = append(missing, v.name)
		}
	}
	if len(missing) > 0 {
		return Settings{}, &MissingError{missing}
	}
	switch way := getenv(envType); way {
	case "", "legacy", "v1", "1":
	default:
		return Settings{}, fmt.Errorf("%s is %q; this version signs in the legacy way only: leave it empty", envType, way)
	}
	return s, s.check()
}

func (s Settings) check() error {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("the URL %q is not one: it is written http://host:port or https://host", redact(s.URL))
	}
	if u.User != nil {
		return fmt.Errorf("the URL of %s holds a user or password; set them as %s and %s", u.Host, envUser, envKey)
	}
	return nil
}

// redact cuts a user and password out of something that should have been a URL.
func redact(s string) string {
	if at := strings.LastIndex(s, "@"); at >= 0 {
		return "..." + s[at:]
	}
	return s
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
