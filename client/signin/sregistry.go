package signin

import "fmt"

// The variables of sregistry-cli, and those it lacked.
const (
	envUser       = "SREGISTRY_SWIFT_USER"
	envKey        = "SREGISTRY_SWIFT_TOKEN"
	envURL        = "SREGISTRY_SWIFT_URL"
	envType       = "SREGISTRY_SWIFT_AUTHTYPE"
	envAuthToken  = "SREGISTRY_SWIFT_OS_AUTH_TOKEN"
	envStorageURL = "SREGISTRY_SWIFT_OS_STORAGE_URL"
	envTenant     = "SREGISTRY_SWIFT_TENANT"
	envProject    = "SREGISTRY_SWIFT_PROJECT"
	envDomain     = "SREGISTRY_SWIFT_DOMAIN"
	envRegion     = "SREGISTRY_SWIFT_REGION"
	envCACert     = "SREGISTRY_SWIFT_CACERT"
	envInsecure   = "SREGISTRY_SWIFT_INSECURE"
	envNoCache    = "SREGISTRY_DISABLE_CREDENTIAL_CACHE"
)

// keystoneDefault is the project and the domain that sregistry-cli signs in to.
const keystoneDefault = "Default"

// fromSRegistry reads SREGISTRY_SWIFT_*. An empty AUTHTYPE is the legacy way, as its documents say.
func fromSRegistry(e *environment) (Settings, bool, error) {
	if !e.any(envUser, envKey, envURL, envAuthToken, envStorageURL) {
		return Settings{}, false, nil
	}
	s := Settings{
		Source: sourceSRegistry, From: FromSRegistry, StorageURL: e.getenv(envStorageURL),
		CACert: e.getenv(envCACert), Insecure: e.flag(envInsecure),
	}
	switch way := e.getenv(envType); way {
	case "", "legacy", "v1", "1", "1.0":
		s.Way = Legacy
	case "preauth":
		s.Way, s.Token, s.StorageURL = Preauth, e.need(envAuthToken), e.need(envStorageURL)
		return s, true, nil
	case "keystonev2", "v2", "2", "2.0":
		s.Way, s.Project = KeystoneV2, e.need(envTenant, envProject)
	case "keystonev3", "v3", "3":
		domain := either(e.getenv(envDomain), keystoneDefault)
		s.Way, s.Project = KeystoneV3, either(e.first(envProject, envTenant), keystoneDefault)
		s.UserDomain, s.ProjectDomain = domain, domain
	default:
		return s, true, fmt.Errorf("%s is %q; it is legacy, which is what empty means, preauth, keystonev2 or keystonev3", envType, way)
	}
	s.User, s.Key, s.URL, s.Region = e.need(envUser), e.need(envKey), e.need(envURL), e.getenv(envRegion)
	return s, true, nil
}
