package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ncw/swift/v2"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// ErrNoKey says that there is no key to sign URLs with.
var ErrNoKey = errors.New("the account has no key to sign URLs with")

// ErrNoTempURL says that the server takes no signed URLs, or not for this.
var ErrNoTempURL = errors.New("the server takes no such signed URL")

// tempKeys are the headers that hold the keys of an account.
var tempKeys = []string{"X-Account-Meta-Temp-Url-Key", "X-Account-Meta-Temp-Url-Key-2"}

// TempURL signs with SHA-256 where the server says that it takes it, else with SHA-1, the only one
// that RGW 16 knows; and with the account's key: RGW stores one of the container's and does not
// use it. The name is signed as it is, and escaped in the URL.
func (s *Swift) TempURL(ctx context.Context, key Key, method string, ends time.Time) (string, error) {
	a, err := s.abilities(ctx)
	if err != nil {
		return "", err
	}
	if a.TempURL == nil || !slices.Contains(a.TempURL.Methods, method) {
		return "", ErrNoTempURL
	}
	digest := sha1.New
	if slices.Contains(a.TempURL.Digests, "sha256") {
		digest = sha256.New
	}
	storage, secret, err := s.signing(ctx)
	if err != nil {
		return "", err
	}
	storage.Path = strings.TrimRight(storage.Path, "/") + "/" + key.String()
	storage.RawPath = ""
	until := strconv.FormatInt(ends.Unix(), 10)
	query := url.Values{"temp_url_sig": {sign(digest, secret, method, until, storage.Path)}, "temp_url_expires": {until}}
	storage.RawQuery = query.Encode()
	return storage.String(), nil
}

func sign(digest func() hash.Hash, secret, method, until, path string) string {
	h := hmac.New(digest, []byte(secret))
	fmt.Fprintf(h, "%s\n%s\n%s", method, until, path)
	return hex.EncodeToString(h.Sum(nil))
}

// signing is the real storage URL and the key of the account.
func (s *Swift) signing(ctx context.Context) (*url.URL, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, signin.Placeholder, nil)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("User-Agent", signin.UserAgent)
	resp, err := s.http.Do(req)
	if err = plain(ctx, err); err != nil {
		return nil, "", err
	}
	resp.Body.Close()
	for _, name := range tempKeys {
		if secret := resp.Header.Get(name); secret != "" {
			storage := *resp.Request.URL
			return &storage, secret, nil
		}
	}
	return nil, "", ErrNoKey
}

// SetTempURLKey gives the account a random key, unless it has one.
func (s *Swift) SetTempURLKey(ctx context.Context) error {
	_, _, err := s.signing(ctx)
	if !errors.Is(err, ErrNoKey) {
		return err
	}
	_, err = s.call(ctx, http.MethodPost, Key{}, swift.Headers{tempKeys[0]: rand.Text() + rand.Text()}, nil)
	return err
}
