package client

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// ConnectRequest says who signs in where. Nothing that is left out is taken from the environment.
type ConnectRequest struct {
	Cloud      string `opt:"cloud" help:"a cloud of clouds.yaml, which says all the rest"`
	Embedded   string `opt:"embedded" help:"a folder that holds the images, instead of a server"`
	URL        string `opt:"url" help:"the service, or Keystone"`
	User       string `opt:"user" help:"who signs in: account:user, or Keystone's user name"`
	Key        string `opt:"key" help:"the secret"`
	Token      string `opt:"token" help:"the secret too, as sregistry calls it; without a user a token for storage_url"`
	StorageURL string `opt:"storage_url" help:"where the objects are, whatever the server says: a colleague's account"`
	AuthType   string `opt:"authtype" help:"legacy, preauth, keystonev2 or keystonev3; else what the others mean"`
	Project    string `opt:"project" help:"Keystone's project, by name"`
	ProjectID  string `opt:"project_id" help:"Keystone's project, by id"`
	Domain     string `opt:"domain" help:"of the user and the project (default Default)"`
	Credential string `opt:"credential" help:"the id of an application credential, whose secret is the key"`
	Region     string `opt:"region" help:"of Keystone's catalog"`
	Interface  string `opt:"interface" help:"of Keystone's catalog: public, internal or admin"`
	CACert     string `opt:"cacert" help:"a file with the certificates of the authorities to trust"`
	Insecure   bool   `opt:"insecure" help:"take any certificate"`
}

// Connect makes a client of settings of its own; cfg says all but Settings. It signs in when an
// operation first needs the server. Invalid when the settings are none, or there is no such cloud;
// Denied when a file that has them may not be read.
func Connect(r ConnectRequest, cfg Config) (*Client, error) {
	const op = "connect"
	if r.Embedded != "" {
		if r != (ConnectRequest{Embedded: r.Embedded}) {
			return nil, fail(op, "", refuse(Invalid, errors.New("embedded is a folder, and needs no other setting"), ""))
		}
		return NewEmbedded(r.Embedded, cfg)
	}
	var err error
	if cfg.Settings, err = r.settings(); err != nil {
		return nil, fail(op, "", refuse(settingsCode(err), err, ""))
	}
	return New(cfg), nil
}

func (r ConnectRequest) settings() (signin.Settings, error) {
	const source = "connect"
	if r.Cloud != "" {
		if r != (ConnectRequest{Cloud: r.Cloud}) {
			return signin.Settings{}, errors.New("cloud says everything, and takes no other setting")
		}
		return signin.FromCloud(r.Cloud, os.Getenv)
	}
	if r == (ConnectRequest{}) {
		return signin.Settings{}, errors.New(`it does not say to what; write connect{cloud="NAME"}, connect{url="URL", user="USER", key="SECRET"} or connect{embedded="DIR"}`)
	}
	if r.Key != "" && r.Token != "" {
		return signin.Settings{}, errors.New("key and token are the same; give one of them")
	}
	s := signin.Settings{
		Way: r.way(), User: r.User, Key: r.Key + r.Token, URL: r.URL, StorageURL: r.StorageURL, Source: source,
		CACert: r.CACert, Insecure: r.Insecure,
	}
	needed := []struct{ name, value string }{{"url", s.URL}, {"user", s.User}, {"key", s.Key}}
	switch s.Way {
	case signin.Legacy:
	case signin.Preauth:
		s.Token, s.Key = s.Key, ""
		needed = needed[:0]
		needed = append(needed, struct{ name, value string }{"storage_url", s.StorageURL}, struct{ name, value string }{"token", s.Token})
	case signin.KeystoneV2, signin.KeystoneV3:
		s.Keystone = signin.Keystone{
			Project: r.Project, ProjectID: r.ProjectID, CredentialID: r.Credential, Region: r.Region, Interface: r.Interface,
		}
		domain := r.Domain
		if domain == "" {
			domain = "Default"
		}
		if s.User != "" {
			s.UserDomain = domain
		}
		if s.Project != "" {
			s.ProjectDomain = domain
		}
		if s.CredentialID != "" {
			needed[1].value = s.CredentialID
		}
	default:
		return s, fmt.Errorf("authtype is %q; it is legacy, preauth, keystonev2 or keystonev3", r.AuthType)
	}
	var missing []string
	for _, n := range needed {
		if n.value == "" {
			missing = append(missing, n.name)
		}
	}
	if len(missing) > 0 {
		return s, &signin.MissingError{Variables: missing, Source: source}
	}
	return s, s.Check()
}

// way is how the request means to sign in.
func (r ConnectRequest) way() signin.Way {
	end := strings.TrimRight(r.URL, "/")
	switch {
	case r.AuthType != "":
		return signin.Way(r.AuthType)
	case strings.HasSuffix(end, "/v2.0"):
		return signin.KeystoneV2
	case strings.HasSuffix(end, "/v3"), r.Project != "", r.ProjectID != "", r.Domain != "", r.Credential != "":
		return signin.KeystoneV3
	case r.User == "" && r.URL == "" && r.StorageURL != "":
		return signin.Preauth
	}
	return signin.Legacy
}
