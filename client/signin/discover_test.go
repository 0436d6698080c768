package signin

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestInfoURL(t *testing.T) {
	for storage, want := range map[string]string{
		"http://h:8080/v1/AUTH_test":         "http://h:8080/info",
		"http://h:8080/swift/v1":             "http://h:8080/swift/info",
		"https://h/swift/v1/AUTH_v1":         "https://h/swift/info",
		"https://h/object/swift/v1/AUTH_%41": "https://h/object/swift/info",
		"https://h/v1/AUTH_a/v1/":            "https://h/info",
	} {
		if got := infoURL(storage); got != want {
			t.Errorf("%s: %s, want %s", storage, got, want)
		}
	}
}

// A token that was asked for by https goes to no other host by plain http, unless that is this
// machine or the user says so.
func TestTokenIsNotExposed(t *testing.T) {
	for _, c := range []struct {
		auth, storage string
		want          bool
	}{
		{"https://a/auth", "http://b/v1", true},
		{"https://a:5000/v3", "http://b:8080/v1", true},
		{"https://a/auth", "http://a.evil/v1", true},
		{"https://a/auth", "https://b/v1", false},
		{"https://a/auth", "http://A:8080/v1", false},
		{"https://a/auth", "http://127.0.0.1:8080/v1", false},
		{"http://a/auth", "http://b/v1", false},
	} {
		if got := exposed(c.auth, c.storage); got != c.want {
			t.Errorf("signed in at %s, objects at %s: %v", c.auth, c.storage, got)
		}
	}
	var sent atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		w.Header().Set("X-Storage-Url", "http://elsewhere.invalid/v1/a\x1b[2J")
		w.Header().Set("X-Auth-Token", "geheim")
	}))
	defer server.Close()
	s := Settings{User: "u", Key: "geheim", URL: server.URL + "/auth/v1.0"}
	_, err := SignIn(t.Context(), s, server.Client().Transport)
	var refused *Error
	if !errors.As(err, &refused) || sent.Load() != 1 || strings.ContainsAny(err.Error(), "\x1b") || strings.Contains(err.Error(), "geheim") {
		t.Errorf("%v after %d requests", err, sent.Load())
	}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Storage-Url", "http://elsewhere.invalid/v1/a")
		w.Header().Set("X-Auth-Token", "geheim")
	})
	if _, err := SignIn(t.Context(), s, server.Client().Transport); !errors.Is(err, ErrExposed) || strings.Contains(err.Error(), "geheim") {
		t.Errorf("%v", err)
	}
	s.StorageURL = "http://elsewhere.invalid/v1/a"
	if session, err := SignIn(t.Context(), s, server.Client().Transport); err != nil || session.StorageURL != s.StorageURL {
		t.Errorf("%+v, %v", session, err)
	}
}
