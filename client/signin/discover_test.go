package signin

import "testing"

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
