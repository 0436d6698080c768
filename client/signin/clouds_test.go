package signin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const cloudsYAML = `
clouds:
  lab:
    region_name: South
    interface: Public
    identity_api_version: 3
    cacert: ca.pem
    verify: false
    auth: {auth_url: URL, username: ana, project_name: lab, user_domain_name: Default, project_domain_id: default}
  cron:
    auth_type: v3applicationcredential
    auth: {auth_url: URL/v3, application_credential_id: c1, application_credential_secret: geheim-app}
  named:
    auth: {auth_url: URL/v3, username: ana, application_credential_name: cron, application_credential_secret: geheim-app, project_name: x}
  token:
    auth_type: token
    auth: {auth_url: URL, token: geheim-token, project_id: p1}
  old:
    identity_api_version: "2.0"
    auth: {auth_url: URL, username: ana, password: geheim, project_name: lab}
  elsewhere:
    object_store_endpoint_override: http://elsewhere:80/v1/AUTH_p1
    auth: {auth_url: URL, username: ana, password: geheim, project_name: lab}
  public:
    profile: vendor
    auth: {username: ana, password: geheim, project_name: lab}
  half: {auth: {auth_url: URL}}
  none: {region_name: South}
  odd: {auth_type: v3saml, auth: {auth_url: URL, username: ana, password: geheim}}
`

// cloudFiles writes the three files for a Keystone into a folder, and gives the variables that lead
// to them.
func cloudFiles(t *testing.T, k *keystone) map[string]string {
	dir := filepath.Join(t.TempDir(), "openstack")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"clouds.yaml":        cloudsYAML,
		"secure.yaml":        "clouds: {lab: {auth: {password: geheim}}}",
		"clouds-public.yaml": "public-clouds: {vendor: {auth: {auth_url: URL}, region_name: North}}",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "URL", k.URL)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{"XDG_CONFIG_HOME": filepath.Dir(dir)}
}

func TestClouds(t *testing.T) {
	k := newKeystone(t)
	env := cloudFiles(t, k)
	get := func(name string) string { return env[name] }
	const north, south = "http://public.North:80/v1/AUTH_p1", "http://public.South:80/v1/AUTH_p1"
	for name, want := range map[string]string{
		"lab": south, "cron": north, "named": north, "token": north, "old": north, "public": north,
		"elsewhere": "http://elsewhere:80/v1/AUTH_p1",
		"half":      "username, password not set, which the cloud half of ",
		"none":      "has no auth", "odd": `the type of authentication is "v3saml"`,
		"nowhere": "it has cron, elsewhere, half, lab, named, none, odd, old, public, token",
	} {
		s, err := FromCloud(name, get)
		got := ""
		if err == nil {
			var session Session
			session, err = SignIn(context.Background(), s, http.DefaultTransport)
			got = session.StorageURL
		}
		if err != nil {
			got = err.Error()
		}
		if strings.HasPrefix(want, "http") && got != want || !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if strings.Contains(got, "geheim") {
			t.Errorf("%s tells a secret: %s", name, got)
		}
	}
	s, err := FromCloud("lab", get)
	if err != nil || s.CACert != "ca.pem" || !s.Insecure {
		t.Errorf("TLS: %+v %v", s.CACert, err)
	}
}

// A cloud is taken as it is, whatever else is set, but for what chooses within it.
func TestCloudIsNotMixed(t *testing.T) {
	k := newKeystone(t)
	env := cloudFiles(t, k)
	get := func(name string) string { return env[name] }
	t.Setenv("OS_CACERT", authority(t, httptest.NewTLSServer(nil)))
	t.Setenv("OS_REGION_NAME", "Nirvana")
	t.Setenv("OS_INTERFACE", "internal")
	if s, err := FromCloud("cron", get); err == nil && (s.Region != "" || s.CACert != "" || s.Interface != "public") {
		t.Errorf("%s %s %s", s.Region, s.CACert, s.Interface)
	} else if err != nil {
		t.Error(err)
	}
	env["OS_CLOUD"], env["OS_REGION_NAME"], env["OS_ENDPOINT_TYPE"], env["OS_PASSWORD"] = "lab", "North", "internalURL", "no"
	s, err := FromEnvironment(get)
	if err != nil || s.Region != "North" || s.Interface != "internal" || s.Key != "geheim" {
		t.Errorf("%s %s %v", s.Region, s.Interface, err)
	}
	env["OS_AUTH_URL"] = "http://other:5000"
	if s, err = FromEnvironment(get); err != nil || s.Region != "South" || s.URL != k.URL {
		t.Errorf("beside an openrc file: %s %s %v", s.Region, s.URL, err)
	}
	env["SREGISTRY_SWIFT_USER"] = "u"
	if _, err := FromEnvironment(get); err == nil || !strings.Contains(err.Error(), "SREGISTRY_SWIFT_TOKEN, SREGISTRY_SWIFT_URL not set") {
		t.Errorf("SREGISTRY_* go first: %v", err)
	}
}

func TestCloudsFileIsFound(t *testing.T) {
	k := newKeystone(t)
	env := cloudFiles(t, k)
	get := func(name string) string { return env[name] }
	there := filepath.Join(env["XDG_CONFIG_HOME"], "openstack", "clouds.yaml")
	t.Chdir(t.TempDir())
	env["OS_CLIENT_CONFIG_FILE"], env["XDG_CONFIG_HOME"] = there, ""
	if s, err := FromCloud("lab", get); err != nil || s.Key != "geheim" {
		t.Errorf("OS_CLIENT_CONFIG_FILE: %v", err)
	}
	env["OS_CLIENT_CONFIG_FILE"] = filepath.Join(t.TempDir(), "none.yaml")
	if _, err := FromCloud("lab", get); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("%v", err)
	}
	env["OS_CLIENT_CONFIG_FILE"], env["HOME"] = "", t.TempDir()
	if err := os.CopyFS(filepath.Join(env["HOME"], ".config", "openstack"), os.DirFS(filepath.Dir(there))); err != nil {
		t.Fatal(err)
	}
	if _, err := FromCloud("lab", get); err != nil {
		t.Errorf("below home: %v", err)
	}
	if err := os.WriteFile("clouds.yaml", []byte("clouds: {lab: geheim"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := FromCloud("lab", get); err == nil || !strings.Contains(err.Error(), "clouds.yaml is no YAML") || strings.Contains(err.Error(), "geheim") {
		t.Errorf("the one in the folder goes first: %v", err)
	}
	if err := os.WriteFile("clouds.yaml", []byte("clouds:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := FromCloud("lab", get); err == nil || err.Error() != `clouds.yaml has no cloud at all, and none that is called "lab"` {
		t.Errorf("one without clouds: %v", err)
	}
}
