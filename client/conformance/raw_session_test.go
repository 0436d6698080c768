package conformance

import (
	"encoding/json"
	"os"
	"strings"
)

// session is somebody who signed in.
type session struct {
	user, key string
	project   string // Keystone's
	at        string // where v1 sign-in is, without /auth
	token     string
	url       string // of the storage
	id        string // as access lists name the user
	all       string // and all of the account
}

// signInV1 signs in by v1 authentication.
func (x *endpoint) signInV1(s *session) {
	x.Helper()
	a := x.send("GET", s.at+"/auth/v1.0", lines("X-Auth-User: "+s.user, "X-Auth-Key: "+s.key), "")
	if a.status/100 != 2 {
		x.Fatalf("%s cannot sign in at %s: %d %s", s.user, s.at, a.status, a.body)
	}
	s.token, s.url, s.id = a.header.Get("X-Auth-Token"), a.header.Get("X-Storage-Url"), s.user
	s.all, _, _ = strings.Cut(s.user, ":")
}

// tokenRequest is the body that asks Keystone for a token.
func tokenRequest(s *session) string {
	domain := func(name string) map[string]any { return map[string]any{"name": os.Getenv(name)} }
	b, _ := json.Marshal(map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{"user": map[string]any{
			"name": s.user, "password": s.key, "domain": domain("OS_USER_DOMAIN_NAME"),
		}}},
		"scope": map[string]any{"project": map[string]any{"name": s.project, "domain": domain("OS_PROJECT_DOMAIN_NAME")}},
	}}) // maps and strings always encode
	return string(b)
}

// signInV3 asks Keystone for a token and finds the storage in the catalog.
func (x *endpoint) signInV3(s *session) {
	x.Helper()
	a := x.send("POST", os.Getenv("OS_AUTH_URL")+"/auth/tokens", "Content-Type: application/json", tokenRequest(s))
	var reply struct {
		Token struct {
			Project, User struct{ ID string }
			Catalog       []struct {
				Type      string
				Endpoints []struct{ Interface, Region, URL string }
			}
		}
	}
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil || a.status != 201 {
		x.Fatalf("%s cannot sign in: %d %v %s", s.user, a.status, err, a.body)
	}
	for _, service := range reply.Token.Catalog {
		for _, e := range service.Endpoints {
			if service.Type == "object-store" && e.Interface == "public" && e.Region == os.Getenv("OS_REGION_NAME") {
				s.url = e.URL
			}
		}
	}
	if s.url == "" {
		x.Fatalf("no object-store in the catalog: %s", a.body)
	}
	s.token = a.header.Get("X-Subject-Token")
	s.id, s.all = reply.Token.Project.ID+":"+reply.Token.User.ID, reply.Token.Project.ID+":*"
}
