package signin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/config/clouds"
	"gopkg.in/yaml.v2"
)

// fromCloud reads OS_CLOUD, the name of a cloud of clouds.yaml. Beside it OS_REGION_NAME and
// OS_INTERFACE choose among what that cloud offers, but for those of an openrc file that is there
// as well: they are another cloud's.
func fromCloud(e *environment) (Settings, bool, error) {
	name := e.getenv("OS_CLOUD")
	if name == "" {
		return Settings{}, false, nil
	}
	s, err := FromCloud(name, e.getenv)
	if err != nil {
		return s, true, err
	}
	s.Source = "OS_CLOUD=" + name + ", " + s.Source
	if e.getenv("OS_AUTH_URL") == "" {
		s.Region = either(e.getenv("OS_REGION_NAME"), s.Region)
		if chosen := e.first("OS_INTERFACE", "OS_ENDPOINT_TYPE"); chosen != "" {
			s.Interface, err = interfaceOf("OS_INTERFACE or OS_ENDPOINT_TYPE", chosen)
		}
	}
	return s, true, err
}

// FromCloud reads the settings of a cloud of clouds.yaml and the secure.yaml beside it, and of
// nothing else. The file is $OS_CLIENT_CONFIG_FILE, else the first of ./clouds.yaml, that of the
// XDG configuration directory's openstack, /etc/openstack/clouds.yaml.
func FromCloud(name string, getenv func(string) string) (Settings, error) {
	path, file, err := findClouds(getenv)
	if err != nil {
		return Settings{}, err
	}
	cloud, ok := file.Clouds[name]
	if len(file.Clouds) == 0 {
		return Settings{}, fmt.Errorf("%s has no cloud at all, and none that is called %q", path, name)
	}
	if !ok {
		return Settings{}, fmt.Errorf("%s has no cloud %q; it has %s", path, name, strings.Join(slices.Sorted(maps.Keys(file.Clouds)), ", "))
	}
	secure, err := readClouds(filepath.Join(filepath.Dir(path), "secure.yaml"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Settings{}, err
	}
	hidden := secure.Clouds[name]
	if cloud.AuthInfo == nil && hidden.AuthInfo == nil && cloud.Profile == "" && cloud.Cloud.Cloud == "" {
		return Settings{}, fmt.Errorf("the cloud %q of %s has no auth", name, path)
	}
	options, err := parseCloud(name, file, secure, getenv)
	if err != nil {
		return Settings{}, fmt.Errorf("the cloud %q of %s: %w", name, path, err)
	}
	s := Settings{
		Source: "the cloud " + name + " of " + path, URL: options.IdentityEndpoint, StorageURL: cloud.StorageURL,
		User: options.Username, Key: options.Password, Token: options.TokenID,
		CACert: either(hidden.CACertFile, cloud.CACertFile), Cert: either(hidden.ClientCertFile, cloud.ClientCertFile),
		CertKey: either(hidden.ClientKeyFile, cloud.ClientKeyFile), Insecure: cloud.Verify != nil && !*cloud.Verify,
		Keystone: Keystone{
			UserID: options.UserID, UserDomain: options.DomainName, UserDomainID: options.DomainID,
			Project: options.TenantName, ProjectID: options.TenantID,
			CredentialID: options.ApplicationCredentialID, CredentialName: options.ApplicationCredentialName,
			Region: either(hidden.RegionName, cloud.RegionName),
		},
	}
	if scope := options.Scope; scope != nil {
		s.TrustID, s.ProjectDomain, s.ProjectDomainID = scope.TrustID, scope.DomainName, scope.DomainID
	}
	if s.Interface, err = interfaceOf("interface of the cloud "+name, either(cloud.EndpointType, cloud.Interface)); err != nil {
		return Settings{}, err
	}
	if s.Way, err = osVersion(string(cloud.AuthType), cloud.IdentityAPIVersion, s.URL); err != nil {
		return Settings{}, fmt.Errorf("the cloud %q of %s: %w", name, path, err)
	}
	var lacks []string
	switch {
	case s.CredentialID != "" || s.CredentialName != "":
		s.Key = options.ApplicationCredentialSecret
		s.ownCredential()
	case s.Token != "" && s.Key == "":
		s.User, s.UserID = "", ""
	}
	for _, v := range []struct{ name, value string }{
		{"auth_url", s.URL}, {"username", s.User + s.UserID + s.Token + s.CredentialID}, {"password", s.Key + s.Token},
	} {
		if v.value == "" {
			lacks = append(lacks, v.name)
		}
	}
	if len(lacks) > 0 {
		return Settings{}, &MissingError{Variables: lacks, Source: s.Source}
	}
	s.defaultDomains("", "")
	return s, nil
}

// cloud is a cloud of the file, with what gophercloud has no word for.
type cloud struct {
	clouds.Cloud `yaml:",inline"`
	StorageURL   string `yaml:"object_store_endpoint_override"`
}

type cloudsFile struct {
	Clouds map[string]cloud `yaml:"clouds"`
}

// findClouds reads the first clouds.yaml there is.
func findClouds(getenv func(string) string) (string, cloudsFile, error) {
	places := searchPath("clouds.yaml", getenv)
	if one := getenv("OS_CLIENT_CONFIG_FILE"); one != "" {
		places = []string{one}
	}
	for _, path := range places {
		file, err := readClouds(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return path, file, err
	}
	return "", cloudsFile{}, fmt.Errorf("there is no clouds.yaml; it was looked for as %s", strings.Join(places, ", "))
}

func readClouds(path string) (cloudsFile, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return cloudsFile{}, err
	}
	var file cloudsFile
	if err := yaml.Unmarshal(content, &file); err != nil {
		// What the parser says may quote the file, and with it a password.
		return cloudsFile{}, fmt.Errorf("%s is no YAML of clouds", path)
	}
	return file, nil
}

// searchPath is where a file of OpenStack's clients is looked for.
func searchPath(name string, getenv func(string) string) []string {
	places := []string{name}
	if config := getenv("XDG_CONFIG_HOME"); config != "" {
		places = append(places, filepath.Join(config, "openstack", name))
	} else if home := homeOf(getenv); home != "" {
		places = append(places, filepath.Join(home, ".config", "openstack", name))
	}
	return append(places, filepath.Join("/etc/openstack", name))
}

// homeOf is $HOME, else what the password database says; empty when neither does.
func homeOf(getenv func(string) string) string {
	if home := getenv("HOME"); home != "" {
		return home
	}
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	return ""
}

// parseCloud has gophercloud put clouds.yaml, secure.yaml and clouds-public.yaml together. TLS is
// left out of it: it would read OS_CACERT, whoever's that is.
func parseCloud(name string, file, secure cloudsFile, getenv func(string) string) (options gophercloud.AuthOptions, err error) {
	defer func() {
		if recover() != nil { // it follows an auth section that no file has
			err = errors.New("it has no auth")
		}
	}()
	options, _, _, err = clouds.Parse(clouds.WithCloudName(name), clouds.WithRegion(""), clouds.WithEndpointType(""),
		clouds.WithCloudsYAML(file.only(name)), clouds.WithSecureYAML(secure.only(name)),
		clouds.WithPublicLocations(searchPath("clouds-public.yaml", getenv)...))
	return options, err
}

// only is the file again, with one cloud and without its TLS.
func (f cloudsFile) only(name string) io.Reader {
	one := clouds.Clouds{Clouds: map[string]clouds.Cloud{}}
	if c, ok := f.Clouds[name]; ok {
		c.CACertFile, c.ClientCertFile, c.ClientKeyFile = "", "", ""
		one.Clouds[name] = c.Cloud
	}
	text, err := yaml.Marshal(one)
	if err != nil {
		panic(err) // it came out of YAML
	}
	return bytes.NewReader(text)
}
