package signin

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
)

// TLS is how connections are secured; nil leaves all as it is: the system's authorities, no
// certificate of one's own.
func (s Settings) TLS() (*tls.Config, error) {
	if s.CACert == "" && s.Cert == "" && s.CertKey == "" && !s.Insecure {
		return nil, nil
	}
	c := &tls.Config{InsecureSkipVerify: s.Insecure}
	if s.CACert != "" {
		pem, err := os.ReadFile(untilde(s.CACert))
		if err != nil {
			return nil, fmt.Errorf("the authorities to trust, by %s: %w", s.Source, err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("the authorities to trust, by %s: %s holds no certificate in PEM form", s.Source, s.CACert)
		}
	}
	if s.Cert != "" || s.CertKey != "" {
		pair, err := tls.LoadX509KeyPair(untilde(s.Cert), untilde(either(s.CertKey, s.Cert)))
		if err != nil {
			return nil, fmt.Errorf("the certificate to show, by %s: %w", s.Source, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// untilde is a path of clouds.yaml, in which ~ is the home.
func untilde(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return homeOf(os.Getenv) + "/" + rest
	}
	return path
}

// Untrusted says what a person can do about a certificate that was refused; empty when err is not
// about one.
func Untrusted(err error) string {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "name the file with its certificate by OS_CACERT or SREGISTRY_SWIFT_CACERT, as your site tells"
	case errors.As(err, &host):
		return "use the name that the certificate is for"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "check this machine's clock; if it is right, whoever runs the server has to renew the certificate"
	}
	return ""
}

// PlainHTTP tells whether a URL sends secrets unencrypted to another machine.
func PlainHTTP(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host != "localhost" && !strings.HasSuffix(host, ".localhost") && (ip == nil || !ip.IsLoopback())
}
