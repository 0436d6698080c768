package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// keystone is a Keystone of both versions with one user, ana, who has the password "geheim", a
// token and an application credential, in the project lab. Its catalog has two regions.
type keystone struct {
	*httptest.Server
	asked atomic.Int64
}

func newKeystone(t *testing.T) *keystone {
	k := &keystone{}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.asked.Add(1)
		switch r.URL.Path {
		case "/v3/auth/tokens":
			k.v3(w, r)
		case "/v2.0/tokens":
			k.v2(w, r)
		default:
			w.WriteHeader(http.StatusMultipleChoices)
		}
	}))
	t.Cleanup(k.Close)
	return k
}

type named struct {
	ID, Name string
	Domain   *struct{ ID, Name string }
}

func (n *named) is(id, name string) bool {
	return n != nil && (n.ID == id || n.Name == name && n.Domain != nil && (n.Domain.Name == "Default" || n.Domain.ID == "default"))
}

func (k *keystone) v3(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Auth struct {
			Identity struct {
				Methods  []string
				Password struct {
					User struct {
						named
						Password string
					}
				}
				Token      struct{ ID string }
				Credential struct {
					ID, Name, Secret string
					User             *named
				} `json:"application_credential"`
			}
			Scope *struct{ Project *named }
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || len(ask.Auth.Identity.Methods) != 1 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	good, scoped := false, ask.Auth.Scope != nil
	switch id := ask.Auth.Identity; id.Methods[0] {
	case "password":
		good = id.Password.User.is("u1", "ana") && id.Password.User.Password == "geheim"
	case "token":
		good = id.Token.ID == "geheim-token"
	case "application_credential":
		c := id.Credential
		if c.ID == "deleted" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error":{"code":404,"message":"Could not find Application Credential: deleted.","title":"Not Found"}}`)
			return
		}
		good = c.Secret == "geheim-app" && !scoped && (c.ID == "c1" || c.Name == "cron" && c.User.is("u1", "ana"))
		scoped = true
	}
	if !good || ask.Auth.Scope != nil && !ask.Auth.Scope.Project.is("p1", "lab") {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	reply := `{"token": {"user": {"id": "u1", "name": "ana"}, "expires_at": "2999-01-02T03:04:05.000000Z"`
	if scoped {
		reply += `, "project": {"id": "p1", "name": "lab", "domain": {"id": "default", "name": "Default"}}, "catalog": [{"type": "identity", "endpoints": []}, {"type": "object-store", "endpoints": [`
		for i, e := range [][2]string{{"internal", "North"}, {"public", "North"}, {"public", "South"}} {
			reply += fmt.Sprintf(`%s{"interface": %q, "region": %q, "region_id": %[3]q, "url": "http://%[2]s.%[3]s:80/v1/AUTH_p1"}`, strings.Repeat(", ", min(i, 1)), e[0], e[1])
		}
		reply += `]}]`
	}
	w.Header().Set("X-Subject-Token", "fresh")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, reply+"}}")
}

func (k *keystone) v2(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Auth struct {
			PasswordCredentials struct{ Username, Password string }
			TenantName          string
		}
	}
	json.NewDecoder(r.Body).Decode(&ask)
	switch {
	case ask.Auth.PasswordCredentials.Username == "":
		w.WriteHeader(http.StatusBadRequest) // an API key, which is not Keystone's
	case ask.Auth.PasswordCredentials.Username != "ana" || ask.Auth.PasswordCredentials.Password != "geheim" || ask.Auth.TenantName != "lab":
		w.WriteHeader(http.StatusUnauthorized)
	default:
		fmt.Fprint(w, `{"access": {"token": {"id": "fresh", "expires": "2999-01-02T03:04:05Z", "tenant": {"id": "p1", "name": "lab"}}, "user": {"id": "u1", "name": "ana"},
			"serviceCatalog": [{"type": "object-store", "endpoints": [
			{"region": "North", "publicURL": "http://public.North:80/v1/AUTH_p1", "internalURL": "http://internal.North:80/v1/AUTH_p1"},
			{"region": "South", "publicURL": "http://public.South:80/v1/AUTH_p1"}]}]}}`)
	}
}

// signInBy signs in with nothing but these variables; URL at the start of one is the Keystone's.
func signInBy(t *testing.T, k *keystone, variables ...string) (Session, error) {
	t.Helper()
	env := map[string]string{}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		if rest, ours := strings.CutPrefix(value, "URL"); ours {
			value = k.URL + rest
		}
		env[name] = value
	}
	s, err := FromEnvironment(func(name string) string { return env[name] })
	if err != nil {
		return Session{}, err
	}
	return SignIn(context.Background(), s, http.DefaultTransport)
}

func TestKeystone(t *testing.T) {
	const north, south = "http://public.North:80/v1/AUTH_p1", "http://public.South:80/v1/AUTH_p1"
	sregistry := "SREGISTRY_SWIFT_USER=ana SREGISTRY_SWIFT_TOKEN=geheim SREGISTRY_SWIFT_URL=URL "
	os := "OS_AUTH_URL=URL/v3 OS_USERNAME=ana OS_PASSWORD=geheim "
	for _, c := range []struct{ env, want string }{
		{sregistry + "SREGISTRY_SWIFT_AUTHTYPE=keystonev3 SREGISTRY_SWIFT_TENANT=lab", north},
		{sregistry + "SREGISTRY_SWIFT_AUTHTYPE=keystonev3 SREGISTRY_SWIFT_PROJECT=lab SREGISTRY_SWIFT_DOMAIN=Default SREGISTRY_SWIFT_REGION=South", south},
		{sregistry + "SREGISTRY_SWIFT_AUTHTYPE=keystonev3 SREGISTRY_SWIFT_PROJECT=lab SREGISTRY_SWIFT_OS_STORAGE_URL=http://public:1/v1/AUTH_other", "http://public:1/v1/AUTH_other"},
		{sregistry + "SREGISTRY_SWIFT_AUTHTYPE=keystonev3", "status 401"}, // the project Default, which is not there
		{sregistry + "SREGISTRY_SWIFT_AUTHTYPE=keystonev2 SREGISTRY_SWIFT_TENANT=lab SREGISTRY_SWIFT_REGION=South", south},
		{sregistry + "SREGISTRY_SWIFT_AUTHTYPE=keystonev2", "SREGISTRY_SWIFT_TENANT or SREGISTRY_SWIFT_PROJECT not set"},
		{strings.Replace(sregistry, "geheim", "geheim-wrong", 1) + "SREGISTRY_SWIFT_AUTHTYPE=keystonev2 SREGISTRY_SWIFT_TENANT=lab", "refuses ana"},
		{sregistry + "SREGISTRY_SWIFT_AUTHTYPE=keystonev4", "it is legacy"},
		{os + "OS_PROJECT_NAME=lab OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_ID=default", north},
		{os + "OS_PROJECT_NAME=lab", north},
		{os + "OS_PROJECT_ID=p1 OS_PROJECT_NAME=", north},
		{os + "OS_TENANT_NAME=lab OS_REGION_NAME=South", south},
		{os + "OS_PROJECT_NAME=lab OS_INTERFACE=internal", "http://internal.North:80/v1/AUTH_p1"},
		{os + "OS_PROJECT_NAME=lab OS_ENDPOINT_TYPE=internalURL", "http://internal.North:80/v1/AUTH_p1"},
		{os + "OS_PROJECT_NAME=lab OS_ENDPOINT_TYPE=publicURL", north},
		{os + "OS_PROJECT_NAME=lab OS_INTERFACE=Public", north},
		{os + "OS_PROJECT_NAME=lab OS_INTERFACE=admin OS_REGION_NAME=South", "it has internal in North, public in North, public in South"},
		{os + "OS_PROJECT_NAME=lab OS_INTERFACE=sideways", "it is public, internal or admin"},
		{os + "OS_PROJECT_NAME=lab OS_INTERFACE=admin OS_STORAGE_URL=http://h/v1/AUTH_o/", "http://h/v1/AUTH_o"},
		{os, "for no project"},
		{os + "OS_PROJECT_NAME=elsewhere", "status 401"},
		{"OS_AUTH_URL=URL/ OS_USER_ID=u1 OS_PASSWORD=geheim OS_PROJECT_ID=p1", north},
		{"OS_AUTH_URL=URL/v2.0 OS_USERNAME=ana OS_PASSWORD=geheim OS_TENANT_NAME=lab", north},
		{"OS_AUTH_URL=URL OS_IDENTITY_API_VERSION=2.0 OS_USERNAME=ana OS_PASSWORD=geheim OS_TENANT_NAME=lab OS_INTERFACE=internalURL", "http://internal.North:80/v1/AUTH_p1"},
		{"OS_AUTH_URL=URL OS_TOKEN=geheim-token OS_PROJECT_ID=p1", north},
		{"OS_AUTH_URL=URL OS_AUTH_TOKEN=geheim-token OS_PROJECT_NAME=lab OS_PROJECT_DOMAIN_NAME=Default OS_USERNAME=ana", north},
		{"OS_AUTH_URL=URL OS_TOKEN=geheim-dead OS_PROJECT_ID=p1", "refuses the owner of a token"},
		{"OS_AUTH_URL=URL OS_APPLICATION_CREDENTIAL_ID=c1 OS_APPLICATION_CREDENTIAL_SECRET=geheim-app OS_AUTH_TYPE=v3applicationcredential", north},
		{"OS_AUTH_URL=URL OS_APPLICATION_CREDENTIAL_ID=c1 OS_APPLICATION_CREDENTIAL_SECRET=geheim-app OS_PROJECT_NAME=lab OS_USERNAME=ana", north},
		{"OS_AUTH_URL=URL OS_APPLICATION_CREDENTIAL_NAME=cron OS_APPLICATION_CREDENTIAL_SECRET=geheim-app OS_USERNAME=ana OS_USER_DOMAIN_NAME=Default", north},
		{"OS_AUTH_URL=URL OS_APPLICATION_CREDENTIAL_NAME=cron OS_APPLICATION_CREDENTIAL_SECRET=geheim-app OS_USER_ID=u1", north},
		{"OS_AUTH_URL=URL OS_APPLICATION_CREDENTIAL_NAME=cron OS_APPLICATION_CREDENTIAL_SECRET=geheim-app", "OS_USERNAME not set"},
		{"OS_AUTH_URL=URL OS_APPLICATION_CREDENTIAL_ID=c1", "OS_APPLICATION_CREDENTIAL_SECRET not set"},
		{"OS_AUTH_URL=URL OS_APPLICATION_CREDENTIAL_ID=c1 OS_APPLICATION_CREDENTIAL_SECRET=geheim-wrong", "refuses application credential c1"},
		{"OS_STORAGE_URL=http://h/v1/AUTH_x OS_AUTH_TOKEN=geheim", "http://h/v1/AUTH_x"},
		{"OS_USERNAME=ana OS_PASSWORD=geheim", "OS_AUTH_URL not set"},
		{"OS_AUTH_URL=URL OS_AUTH_TYPE=v3oidcpassword OS_USERNAME=ana OS_PASSWORD=geheim OS_PROJECT_NAME=lab", "this shell signs in by"},
	} {
		session, err := signInBy(t, newKeystone(t), strings.Fields(c.env)...)
		got := session.StorageURL
		if err != nil {
			got = err.Error()
		}
		if strings.HasPrefix(c.want, "http") && got != c.want || !strings.Contains(got, c.want) {
			t.Errorf("%s\n  %s, want %s", c.env, got, c.want)
		}
		if strings.Contains(got, "geheim") {
			t.Errorf("%s\n  a secret is told: %s", c.env, got)
		}
	}
}

func TestKeystoneTellsWho(t *testing.T) {
	for _, way := range []string{"keystonev2", "keystonev3"} {
		session, err := signInBy(t, newKeystone(t), "SREGISTRY_SWIFT_USER=ana", "SREGISTRY_SWIFT_TOKEN=geheim", "SREGISTRY_SWIFT_URL=URL", "SREGISTRY_SWIFT_TENANT=lab", "SREGISTRY_SWIFT_AUTHTYPE="+way)
		if err != nil || session.ID != "p1:u1" || (session.Domain == "default") != (way == "keystonev3") {
			t.Errorf("%s: %+v %v", way, session, err)
		}
		if err != nil || session.User != "ana" || session.Project != "lab" || session.Expires.Year() != 2999 || session.renewAt.IsZero() {
			t.Errorf("%s: %+v %v", way, session, err)
		}
	}
}

// A wrong password is sent once: sites lock people out after a few.
func TestWrongPasswordIsSentOnce(t *testing.T) {
	k := newKeystone(t)
	_, err := signInBy(t, k, "OS_AUTH_URL=URL", "OS_USERNAME=ana", "OS_PASSWORD=no", "OS_PROJECT_NAME=lab")
	var e *Error
	if !errors.As(err, &e) || !e.Refused() || k.asked.Load() != 1 {
		t.Errorf("%v after %d requests", err, k.asked.Load())
	}
}

// An application credential that was deleted is refused, not taken for a wrong URL.
func TestDeletedCredential(t *testing.T) {
	_, err := signInBy(t, newKeystone(t), "OS_AUTH_URL=URL", "OS_APPLICATION_CREDENTIAL_ID=deleted", "OS_APPLICATION_CREDENTIAL_SECRET=geheim-app")
	var e *Error
	if !errors.As(err, &e) || !e.Refused() || !strings.Contains(err.Error(), "application credential deleted: it was deleted") {
		t.Errorf("%v", err)
	}
}

// A catalog without the storage is no reason to ask again.
func TestNoStorageIsFinal(t *testing.T) {
	_, err := signInBy(t, newKeystone(t), "OS_AUTH_URL=URL", "OS_USERNAME=ana", "OS_PASSWORD=geheim")
	var e *Error
	if !errors.As(err, &e) || e.Status == 0 || e.Busy() || e.Refused() || !errors.Is(err, ErrNoStorage) {
		t.Errorf("%#v", err)
	}
}
