package signin

import "fmt"

// fromST reads ST_AUTH, ST_USER and ST_KEY, as the tools of v1 authentication do.
func fromST(e *environment) (Settings, bool, error) {
	if !e.any("ST_AUTH", "ST_USER", "ST_KEY") {
		return Settings{}, false, nil
	}
	switch version := e.getenv("ST_AUTH_VERSION"); version {
	case "", "1", "1.0", "v1":
	default:
		return Settings{}, true, fmt.Errorf("ST_AUTH_VERSION is %q; ST_* are for version 1, and Keystone is signed in to by OS_*", version)
	}
	return Settings{
		Way: Legacy, URL: e.need("ST_AUTH"), User: e.need("ST_USER"), Key: e.need("ST_KEY"),
		Source: sourceST,
	}, true, nil
}
