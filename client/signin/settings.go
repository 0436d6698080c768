// Package signin turns settings into a storage URL and a token, and keeps the token fresh. All
// settings of a client come from one source, never mixed; each source has a file of its own, and so
// has each way to sign in. Secrets stay inside: no error, log or String of this package holds one.
//
// It is tested against handlers that answer as the servers do that have each way, and by the
// conformance suite and scripts/servers against the real ones.
package signin

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// Way is how somebody signs in.
type Way string

// The ways. The empty one is Legacy.
const (
	Legacy     Way = "legacy"     // v1: user and key for a token and the storage URL
	Preauth    Way = "preauth"    // a storage URL and a token that somebody else asked for
	KeystoneV2 Way = "keystonev2" // Keystone's identity API 2.0
	KeystoneV3 Way = "keystonev3" // and 3
)

// From is the kind of place that settings came from.
type From string

// The places that have to be told apart.
const (
	FromSRegistry From = "sregistry" // SREGISTRY_SWIFT_* in the environment
	FromFile      From = "file"      // the settings file
)

// Settings say who signs in where, and how. The zero value means that nothing is set.
type Settings struct {
	Way    Way
	User   string // "account:user" for Legacy, else Keystone's name
	Key    string // the secret: of the user, or of the application credential; sregistry-cli calls it the token
	Token  string // for Preauth; for KeystoneV3, one that Keystone gives another for
	URL    string // of the service or of Keystone, with or without an auth path
	Source string // where the settings came from, for a person

	From       From   // the same, for programs
	Folder     string // for a person: where an endpoint of this process keeps its objects; empty: it is elsewhere
	StorageURL string // where the objects are, whatever the server says; empty: as it says

	Keystone

	CACert   string // file with the authorities to trust; empty: the system's
	Cert     string // files with the certificate and the key that this side shows; empty: none
	CertKey  string
	Insecure bool // take any certificate
}

// Keystone is what Keystone needs to know beside user and secret.
type Keystone struct {
	UserID                         string
	UserDomain, UserDomainID       string
	Project, ProjectID             string
	ProjectDomain, ProjectDomainID string
	CredentialID, CredentialName   string // of an application credential
	TrustID                        string
	Region                         string // of the catalog; empty: the first
	Interface                      string // of the catalog: public, internal or admin, in any spelling; empty: public
}

// String is for people and logs: it leaves the secrets out.
func (s Settings) String() string {
	switch who := s.who(); {
	case s.Folder != "":
		return "the folder " + s.Folder
	case s.Way == Preauth:
		return s.StorageURL + " with a token"
	case s.Project != "" || s.ProjectID != "":
		return fmt.Sprintf("%s as %s, project %s", s.URL, who, either(s.Project, s.ProjectID))
	default:
		return fmt.Sprintf("%s as %s", s.URL, who)
	}
}

// GoString leaves the secrets out of %#v as well.
func (s Settings) GoString() string { return "signin.Settings{" + s.String() + "}" }

// who names the one who signs in.
func (s Settings) who() string {
	switch {
	case s.CredentialID != "" || s.CredentialName != "":
		return "application credential " + either(s.CredentialName, s.CredentialID)
	case s.User == "" && s.UserID == "" && s.Token != "":
		return "the owner of a token"
	}
	return either(s.User, s.UserID)
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// SettingsError says that the settings make no sense. Trying again changes nothing.
type SettingsError struct{ Err error }

// Error is the reason.
func (e *SettingsError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *SettingsError) Unwrap() error { return e.Err }

// Check refuses what cannot be a service's address before anything is sent there.
func (s Settings) Check() error {
	if s.Way == Legacy || s.Way == Preauth || s.Way == "" { // these go into headers
		for what, text := range map[string]string{"user": s.User, "secret": s.Key, "token": s.Token} {
			if strings.ContainsFunc(text, unicode.IsControl) {
				return fmt.Errorf("the %s holds a line break or another control character; look for one at its end", what)
			}
		}
	}
	if s.Way != Preauth {
		if err := checkURL("URL", s.URL); err != nil {
			return err
		}
	}
	if _, err := interfaceOf("the interface", s.Interface); err != nil {
		return err
	}
	if s.StorageURL != "" {
		return checkURL("storage URL", s.StorageURL)
	}
	return nil
}

func checkURL(what, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("the %s %q is not one: it is written http://host:port or https://host", what, redact(text))
	}
	if u.User != nil {
		return fmt.Errorf("the %s of %s holds a user or password; set them by themselves", what, u.Host)
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
