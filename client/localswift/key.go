package localswift

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// loadKey returns the key of the default user, making it at the first start.
// Two processes that start at once agree on one: the file appears whole, under
// its name, once.
func loadKey(dir string) (string, error) {
	path := filepath.Join(dir, "key")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKey(path); err == nil || errors.Is(err, fs.ErrExist) {
			b, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(string(b))
	if key == "" {
		return "", fmt.Errorf("%w: the file key is empty", ErrDamaged)
	}
	return key, nil
}

func makeKey(path string) error {
	tmp := path + "." + newID()
	defer os.Remove(tmp)
	if err := os.WriteFile(tmp, []byte(hex.EncodeToString(randomBytes(16))+"\n"), 0o600); err != nil {
		return err
	}
	err := os.Link(tmp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(tmp, path) // a file system without hard links
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// tokenSecret derives what signs the tokens, so that they hold through a
// restart and for every process that has the directory open.
func tokenSecret(key string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte("tokens"))
	return h.Sum(nil)
}
