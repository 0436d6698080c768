package signin

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// authority writes the certificate of a server, which signed it itself, into a file.
func authority(t *testing.T, s *httptest.Server) string {
	t.Helper()
	t.Cleanup(s.Close)
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Storage-Url", "https://"+r.Host+"/v1/a")
		w.Header().Set("X-Auth-Token", "tk")
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	ca := authority(t, server)
	signIn := func(change func(*Settings)) error {
		s := Settings{User: "a:b", Key: "k", URL: server.URL, Source: "the cloud x"}
		change(&s)
		config, err := s.TLS()
		if err != nil {
			return err
		}
		base := &http.Transport{TLSClientConfig: config}
		defer base.CloseIdleConnections()
		_, err = SignIn(context.Background(), s, base)
		return err
	}
	if err := signIn(func(s *Settings) { s.CACert = ca }); err != nil {
		t.Errorf("with its authority: %v", err)
	}
	if err := signIn(func(s *Settings) { s.Insecure = true }); err != nil {
		t.Errorf("with none: %v", err)
	}
	err := signIn(func(*Settings) {})
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) || !strings.Contains(Untrusted(err), "OS_CACERT") {
		t.Errorf("an unknown authority: %v; %s", err, Untrusted(err))
	}
	err = signIn(func(s *Settings) { s.CACert, s.URL = ca, strings.Replace(server.URL, "127.0.0.1", "localhost", 1) })
	if Untrusted(err) == "" || strings.Contains(Untrusted(err), "CACERT") {
		t.Errorf("another host: %v; %s", err, Untrusted(err))
	}
	if err := signIn(func(s *Settings) { s.CACert = ca + "x" }); err == nil || !strings.Contains(err.Error(), ca+"x") || !strings.Contains(err.Error(), "by the cloud x") {
		t.Errorf("no such file: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := signIn(func(s *Settings) { s.CACert = empty }); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("an empty file: %v", err)
	}
	if Untrusted(errors.New("x")) != "" {
		t.Error("any error is about a certificate")
	}
}

func TestPlainHTTP(t *testing.T) {
	for address, want := range map[string]bool{
		"http://swift.example.org:8080": true, "http://172.17.0.1:8080/auth": true, "http://[2001:db8::1]:80": true,
		"https://swift.example.org": false, "http://127.0.0.1:8080": false, "http://127.9.9.9": false, "http://localhost:1": false,
		"http://[::1]:8080": false, "": false, "://": false,
	} {
		if PlainHTTP(address) != want {
			t.Errorf("%q", address)
		}
	}
}
