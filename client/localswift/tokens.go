package localswift

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// tokenPrefix begins every token, as with tempauth.
const tokenPrefix = "AUTH_tk"

// A token is tokenPrefix and the hex of: when it expires in Unix microseconds
// (8 bytes), its generation (4), a random number (4), and a keyed hash of these
// with the user's name and key (16). So nothing has to be remembered to check
// one, and a changed key makes it void.
const tokenBody, tokenMAC = 16, 16

type issued struct {
	token      string
	expires    time.Time
	generation int64
}

// token returns the user's token: the one given out before while it is good,
// as tempauth does, else a new one.
func (s *Server) token(u *User, now time.Time) (string, time.Time) {
	gen := s.generation.Load()
	if v, ok := s.tokens.Load(u.Name); ok {
		if t := v.(issued); t.generation == gen && t.expires.After(now) {
			return t.token, t.expires
		}
	}
	expires := now.Add(s.opt.TokenLife)
	b := binary.BigEndian.AppendUint64(nil, uint64(expires.UnixMicro()))
	b = binary.BigEndian.AppendUint32(b, uint32(gen))
	b = append(b, randomBytes(4)...)
	t := issued{tokenPrefix + hex.EncodeToString(append(b, s.tokenMAC(u, b)...)), expires, gen}
	s.tokens.Store(u.Name, t)
	return t.token, t.expires
}

func (s *Server) tokenMAC(u *User, body []byte) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write(body)
	h.Write([]byte(u.Name + "\x00" + u.Key))
	return h.Sum(nil)[:tokenMAC]
}

// userOf returns the user a token was given to, nil when it is not good.
func (s *Server) userOf(token string, now time.Time) *User {
	hexed, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok {
		return nil
	}
	b, err := hex.DecodeString(hexed)
	if err != nil || len(b) != tokenBody+tokenMAC {
		return nil
	}
	body, mac := b[:tokenBody], b[tokenBody:]
	if int64(binary.BigEndian.Uint64(body)) <= now.UnixMicro() || int64(binary.BigEndian.Uint32(body[8:])) < s.generation.Load() {
		return nil
	}
	for i := range s.users {
		if hmac.Equal(mac, s.tokenMAC(&s.users[i], body)) {
			return &s.users[i]
		}
	}
	return nil
}

// ExpireTokens makes every token given out so far void, as a restart of
// tempauth's cache does. For tests of signing in again.
func (s *Server) ExpireTokens() { s.generation.Add(1) }

// sameKey compares keys in constant time.
func sameKey(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
