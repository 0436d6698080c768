package signin

import (
	"fmt"
	"strings"
)

// fromOpenRC reads OS_*, as an openrc file exports them: a password, a token, an application
// credential by its id, or by its name and its owner.
func fromOpenRC(e *environment) (Settings, bool, error) {
	get := e.getenv
	if !e.any("OS_AUTH_URL", "OS_STORAGE_URL", "OS_USERNAME", "OS_USER_ID", "OS_PASSWORD", "OS_APPLICATION_CREDENTIAL_ID", "OS_APPLICATION_CREDENTIAL_SECRET") {
		return Settings{}, false, nil
	}
	s := Settings{
		Source: sourceOpenRC, URL: get("OS_AUTH_URL"), StorageURL: get("OS_STORAGE_URL"),
		User: get("OS_USERNAME"), Key: get("OS_PASSWORD"),
		CACert: get("OS_CACERT"), Cert: get("OS_CERT"), CertKey: get("OS_KEY"), Insecure: e.flag("OS_INSECURE"),
		Keystone: Keystone{
			UserID:     e.first("OS_USER_ID", "OS_USERID"),
			UserDomain: get("OS_USER_DOMAIN_NAME"), UserDomainID: get("OS_USER_DOMAIN_ID"),
			Project: e.first("OS_PROJECT_NAME", "OS_TENANT_NAME"), ProjectID: e.first("OS_PROJECT_ID", "OS_TENANT_ID"),
			ProjectDomain: get("OS_PROJECT_DOMAIN_NAME"), ProjectDomainID: get("OS_PROJECT_DOMAIN_ID"),
			CredentialID: get("OS_APPLICATION_CREDENTIAL_ID"), CredentialName: get("OS_APPLICATION_CREDENTIAL_NAME"),
			TrustID: get("OS_TRUST_ID"), Region: get("OS_REGION_NAME"),
		},
	}
	var err error
	if s.Interface, err = interfaceOf("OS_INTERFACE or OS_ENDPOINT_TYPE", e.first("OS_INTERFACE", "OS_ENDPOINT_TYPE")); err != nil {
		return s, true, err
	}
	token := e.first("OS_TOKEN", "OS_AUTH_TOKEN")
	if token != "" && s.StorageURL != "" && s.Key == "" {
		s.Way, s.Token, s.Keystone = Preauth, token, Keystone{}
		return s, true, nil
	}
	e.need("OS_AUTH_URL")
	if s.Way, err = osVersion(get("OS_AUTH_TYPE"), e.first("OS_IDENTITY_API_VERSION", "OS_AUTH_VERSION"), s.URL); err != nil {
		return s, true, err
	}
	switch {
	case s.CredentialID != "" || s.CredentialName != "":
		s.Key = e.need("OS_APPLICATION_CREDENTIAL_SECRET")
		if s.Way != KeystoneV3 {
			return s, true, fmt.Errorf("an application credential needs Keystone's identity API 3, and the settings ask for %s", s.Way)
		}
		if s.CredentialID == "" && s.UserID == "" {
			e.need("OS_USERNAME")
		}
		s.ownCredential()
	case token != "" && s.Key == "":
		s.Token, s.User, s.UserID = token, "", ""
	default:
		if s.UserID == "" {
			e.need("OS_USERNAME")
		}
		e.need("OS_PASSWORD")
	}
	s.defaultDomains(get("OS_DEFAULT_DOMAIN_NAME"), either(get("OS_DEFAULT_DOMAIN_ID"), get("OS_DEFAULT_DOMAIN")))
	return s, true, nil
}

// ownCredential leaves of the settings what an application credential is signed in with: it knows
// its project, and one with an id knows its owner too.
func (s *Settings) ownCredential() {
	s.Project, s.ProjectID, s.ProjectDomain, s.ProjectDomainID = "", "", "", ""
	if s.CredentialID != "" {
		s.User, s.UserID, s.UserDomain, s.UserDomainID = "", "", "", ""
	}
}

// defaultDomains fills in the domains that were left out: names mean nothing without one.
func (s *Settings) defaultDomains(name, id string) {
	if name == "" && id == "" {
		name = keystoneDefault
	}
	if s.Way != KeystoneV3 {
		return
	}
	if s.User != "" && s.UserDomain == "" && s.UserDomainID == "" {
		s.UserDomain, s.UserDomainID = name, id
	}
	if s.Project != "" && s.ProjectDomain == "" && s.ProjectDomainID == "" {
		s.ProjectDomain, s.ProjectDomainID = either(s.UserDomain, name), either(s.UserDomainID, id)
	}
}

// osVersion is the way that the type of authentication, the version of the identity API, or the end
// of the URL ask for.
func osVersion(kind, version, authURL string) (Way, error) {
	switch {
	case kind == "v1password":
		return Legacy, nil
	case kind == "v2password", kind == "v2token":
		return KeystoneV2, nil
	case kind == "v3password", kind == "v3token", kind == "v3applicationcredential":
		return KeystoneV3, nil
	case kind != "" && kind != "password" && kind != "token":
		return "", fmt.Errorf("the type of authentication is %q; this shell signs in by v3password, v3token, v3applicationcredential, v2password or v1password", kind)
	}
	switch strings.TrimSuffix(strings.TrimPrefix(version, "v"), ".0") {
	case "1":
		return Legacy, nil
	case "2":
		return KeystoneV2, nil
	case "3":
		return KeystoneV3, nil
	case "":
	default:
		return "", fmt.Errorf("the version of the identity API is %q; it is 1, 2 or 3", version)
	}
	switch end := strings.TrimRight(authURL, "/"); {
	case strings.HasSuffix(end, "/v2.0"), strings.HasSuffix(end, "/v2"):
		return KeystoneV2, nil
	case strings.HasSuffix(end, "/auth/v1.0"), strings.HasSuffix(end, "/auth/1.0"):
		return Legacy, nil
	}
	return KeystoneV3, nil
}
