package signin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Whatever the clocks say, a token is renewed shortly before its end, and not for every request:
// v1 tells how many seconds a token lives, Keystone when it ends by its own clock.
func TestClocksThatDiffer(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Hour, -time.Hour, 24 * time.Hour} {
		for _, way := range []Way{Legacy, KeystoneV3} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				now := time.Now().Add(ahead).UTC()
				w.Header().Set("Date", now.Format(http.TimeFormat))
				if way == Legacy {
					w.Header().Set("X-Storage-Url", "http://"+r.Host+"/v1/a")
					w.Header().Set("X-Auth-Token", "tk")
					w.Header().Set("X-Auth-Token-Expires", "3600")
					return
				}
				w.Header().Set("X-Subject-Token", "tk")
				w.WriteHeader(http.StatusCreated)
				fmt.Fprintf(w, `{"token": {"expires_at": %q, "catalog": [{"type": "object-store", "endpoints": [
					{"interface": "public", "region": "r", "url": "http://%s/v1/a"}]}]}}`,
					now.Add(time.Hour).Format("2006-01-02T15:04:05.000000Z"), r.Host)
			}))
			s := Settings{Way: way, User: "u", Key: "k", URL: server.URL + "/auth/v1.0"}
			if way == KeystoneV3 {
				s.URL, s.Keystone = server.URL+"/v3", Keystone{UserDomain: "Default", Project: "lab"}
			}
			session, err := SignIn(t.Context(), s, http.DefaultTransport)
			left := time.Until(session.renewAt)
			if err != nil || left < 58*time.Minute || left > time.Hour {
				t.Errorf("%s, the server %v ahead: renewed in %v, %v", way, ahead, left, err)
			}
			server.Close()
		}
	}
	if at := renewal(time.Now(), time.Now().Add(-time.Minute)); !at.IsZero() {
		t.Errorf("a token that seems to have ended is renewed at %v", at)
	}
}
