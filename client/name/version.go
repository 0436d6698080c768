package name

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Digest is a hash that a version pins an image to.
type Digest struct {
	SHA256 string // lower-case hex; empty when the version is an MD5
	MD5    string // lower-case hex; empty when the version is a SHA-256
}

// IsSHA256 tells whether a version is the 64 hex digits of one.
func IsSHA256(version string) bool {
	d, err := ParseDigest(version)
	return err == nil && d.SHA256 == version
}

// ParseDigest reads a version: sha256:<64 hex>, <64 hex>, or the 32 hex digits of an MD5 ETag.
func ParseDigest(version string) (Digest, error) {
	hexed := strings.ToLower(strings.TrimPrefix(version, "sha256:"))
	raw, err := hex.DecodeString(hexed)
	switch {
	case err == nil && len(raw) == 32:
		return Digest{SHA256: hexed}, nil
	case err == nil && len(raw) == 16 && hexed == strings.ToLower(version):
		return Digest{MD5: hexed}, nil
	}
	return Digest{}, fmt.Errorf("%q is no version; it is sha256: with 64 hex digits, or the 32 of an MD5", version)
}
