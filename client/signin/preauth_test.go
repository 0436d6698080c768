package signin

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

func TestPreauth(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	s.token = "given"
	env := map[string]string{envType: "preauth", envAuthToken: "given", envStorageURL: s.URL + "/v1/AUTH_x/"}
	settings, err := FromEnvironment(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	tr := &Transport{Base: http.DefaultTransport, SignIn: func(ctx context.Context) (Session, error) {
		return SignIn(ctx, settings, http.DefaultTransport)
	}}
	if status, text, err := get(tr, "/c", nil); err != nil || status != 200 || text != "/v1/AUTH_x/c" {
		t.Fatalf("%d %s %v", status, text, err)
	}
	s.deny = http.StatusForbidden
	if status, _, err := get(tr, "/c", nil); err != nil || status != 403 {
		t.Errorf("what is forbidden: %d %v", status, err)
	}
	s.kill()
	_, _, err = get(tr, "/c", nil)
	var e *Error
	if !errors.As(err, &e) || !e.Refused() || !errors.Is(err, ErrExpired) || e.Error() != "token expired" {
		t.Errorf("a dead token: %v", err)
	}
	if n := s.signIns.Load(); n != 0 {
		t.Errorf("%d sign-ins", n)
	}
}

// Where the objects are can be told apart from where one signs in: the account of a colleague. It
// stays so when the token is renewed.
func TestStorageURLSurvivesRenewal(t *testing.T) {
	s := newService(t, "/auth/v1.0")
	env := map[string]string{envUser: "a:b", envKey: "secret", envURL: s.URL, envStorageURL: s.URL + "/v1/AUTH_x/elsewhere/AUTH_colleague"}
	settings, err := FromEnvironment(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	tr := &Transport{Base: http.DefaultTransport, SignIn: func(ctx context.Context) (Session, error) {
		return SignIn(ctx, settings, http.DefaultTransport)
	}}
	for range 2 {
		if _, text, err := get(tr, "/c", nil); err != nil || text != "/v1/AUTH_x/elsewhere/AUTH_colleague/c" {
			t.Fatalf("%s %v", text, err)
		}
		s.kill()
	}
	if n := s.signIns.Load(); n != 2 {
		t.Errorf("%d sign-ins, want 2", n)
	}
}
