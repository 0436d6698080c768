package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// watched runs scripts of testdata and looks for secrets in all that their commands printed, also in
// what no line of the script looks at.
type watched struct {
	*testing.T
	secrets *secrets
}

// secrets are the keys that one script was given. Tokens and keys made up for a test are told by how
// they look.
type secrets struct {
	mu   sync.Mutex
	keys []string
}

// ours is the key under which a script finds its secrets.
const ours = "secrets"

// secretShapes is what a token of the endpoint looks like, and a key that was made up for a test.
var secretShapes = regexp.MustCompile(`AUTH_tk[0-9a-f]{16,}|geheim`)

// learn adds a key.
func (s *secrets) learn(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, key)
}

// in finds a secret in a text. It is not shown whole.
func (s *secrets) in(text string) (shown string, found bool) {
	if secret := secretShapes.FindString(text); secret != "" {
		return secret[:6] + "...", true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.keys {
		if strings.Contains(text, key) {
			return "the key of the user", true
		}
	}
	return "", false
}

// Run runs one script.
func (w watched) Run(name string, f func(testscript.T)) {
	w.T.Run(name, func(t *testing.T) { f(watched{t, &secrets{}}) })
}

// Verbose has testscript keep the output of every command, not only of the last that failed.
func (w watched) Verbose() bool { return true }

// Log gets the whole log of a script at its end. Lines of the script itself may hold a secret.
func (w watched) Log(args ...any) {
	log := fmt.Sprint(args...)
	w.T.Log(log)
	_, script, _ := strings.Cut(w.Name(), "/")
	source, err := os.ReadFile(filepath.Join("testdata", script+".txt"))
	if err != nil {
		w.T.Fatal(err)
	}
	own := map[string]bool{}
	for line := range strings.SplitSeq(string(source), "\n") {
		own["> "+line] = true
	}
	lines := bufio.NewScanner(strings.NewReader(log))
	lines.Buffer(nil, len(log)+1)
	after := ""
	for lines.Scan() {
		line := lines.Text()
		if own[line] {
			if strings.HasPrefix(line, "> ttyin ") {
				w.T.Errorf("%q: use `tty`, whose terminal is looked at, and whole", line)
			}
			after = line
			continue
		}
		if secret, found := w.secrets.in(line); found {
			w.T.Errorf("after %q a secret is printed: %s", after, secret)
		}
	}
}

// A secret in the output is found, and none in the lines of a script.
func TestASecretIsFound(t *testing.T) {
	s := &secrets{}
	s.learn("k3y-of-this-test")
	for text, want := range map[string]bool{
		"GET /v1/a 200": false, "X-Auth-Token: AUTH_tk0123456789abcdef0123": true, "key=geheim-2": true,
		"as u with k3y-of-this-test": true, "/v1/AUTH_tkx": false,
	} {
		if _, found := s.in(text); found != want {
			t.Errorf("%q: %v", text, found)
		}
	}
}
