package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ncw/swift/v2"
)

// keystone asks Keystone for a token of the project, and finds the storage in its catalog.
func (s Settings) keystone(ctx context.Context, base http.RoundTripper) (Session, error) {
	var err error
	if s.Interface, err = interfaceOf("the interface", s.Interface); err != nil {
		return Session{}, &SettingsError{err}
	}
	conn := &swift.Connection{
		AuthUrl: s.identityURL(), AuthVersion: 3,
		UserName: s.User, UserId: s.UserID, ApiKey: s.Key,
		Domain: s.UserDomain, DomainId: s.UserDomainID,
		Tenant: s.Project, TenantId: s.ProjectID, TenantDomain: s.ProjectDomain, TenantDomainId: s.ProjectDomainID,
		TrustId: s.TrustID, Region: s.Region, EndpointType: swift.EndpointType(s.Interface),
	}
	seen := &answer{base: base, requests: 1, keep: true}
	switch {
	case s.Way == KeystoneV2:
		conn.AuthVersion = 2
		seen.requests = 2 // the secret may be a password or an API key: ncw/swift tries both
	case s.CredentialID != "" || s.CredentialName != "":
		conn.ApplicationCredentialId, conn.ApplicationCredentialName = s.CredentialID, s.CredentialName
		conn.ApplicationCredentialSecret, conn.ApiKey = s.Key, ""
	case s.Token != "":
		conn.UserName, conn.UserId, conn.ApiKey = "", "", s.Token
	}
	session, refused := s.ask(ctx, conn, seen)
	if refused != nil {
		return Session{}, refused
	}
	return session, nil
}

// identityURL is Keystone's URL with the version of its API behind it, as the libraries that
// discover versions accept it without.
func (s Settings) identityURL() string {
	version := "/v3"
	if s.Way == KeystoneV2 {
		version = "/v2.0"
	}
	at := strings.TrimRight(s.URL, "/")
	for _, end := range []string{"/v3", "/v2.0", "/v2"} {
		if base, ok := strings.CutSuffix(at, end); ok {
			at = base
		}
	}
	return at + version
}

// grant is what of Keystone's answer matters, in both versions of the API.
type grant struct {
	Token struct {
		Project struct {
			ID, Name string
			Domain   struct{ ID string }
		}
		User    struct{ ID, Name string }
		Catalog []struct {
			Type      string
			Endpoints []struct{ Interface, Region string }
		}
	}
	Access struct {
		Token          struct{ Tenant struct{ ID, Name string } }
		User           struct{ ID, Name string }
		ServiceCatalog []struct {
			Type      string
			Endpoints []struct{ Region string }
		}
	}
}

// granted reads Keystone's answer; the zero value when it is none.
func granted(body []byte) grant {
	var g grant
	if json.Unmarshal(body, &g) != nil {
		return grant{}
	}
	return g
}

// project is the one that the token is for; empty when it is for none.
func (g grant) project() string {
	return either(either(g.Token.Project.Name, g.Token.Project.ID), either(g.Access.Token.Tenant.Name, g.Access.Token.Tenant.ID))
}

func (g grant) user() string {
	return either(either(g.Token.User.Name, g.Token.User.ID), either(g.Access.User.Name, g.Access.User.ID))
}

// id is project:user by ids; empty when it is not all there.
func (g grant) id() string {
	project, user := either(g.Token.Project.ID, g.Access.Token.Tenant.ID), either(g.Token.User.ID, g.Access.User.ID)
	if project == "" || user == "" {
		return ""
	}
	return project + ":" + user
}

// noStorage says why there is no storage URL in a catalog.
func (g grant) noStorage(s Settings) error {
	if g.project() == "" {
		return errors.New("Keystone signs in, but for no project: name one (OS_PROJECT_NAME, SREGISTRY_SWIFT_PROJECT)")
	}
	var there []string
	for _, service := range g.Token.Catalog {
		for _, e := range service.Endpoints {
			if service.Type == "object-store" {
				there = append(there, e.Interface+" in "+e.Region)
			}
		}
	}
	for _, service := range g.Access.ServiceCatalog {
		for _, e := range service.Endpoints {
			if service.Type == "object-store" {
				there = append(there, "one in "+e.Region)
			}
		}
	}
	if len(there) == 0 {
		return fmt.Errorf("the catalog of project %s has no object-store", g.project())
	}
	slices.Sort(there)
	wanted := "interface " + s.Interface
	if s.Region != "" {
		wanted += " in region " + s.Region
	}
	return fmt.Errorf("the catalog of project %s has no object-store with %s; it has %s", g.project(), wanted, strings.Join(there, ", "))
}
