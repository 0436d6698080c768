package localswift

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// signature is a TempURL that let a request in.
type signature struct {
	account, container string // what it is good for; container "" is the whole account
	expires            time.Time
	filename           string
	inline             bool
	object             string
}

// authorize lets in what the signature is good for.
func (s *signature) authorize(account string, n need) error {
	if account != s.account || (n != readObject && n != writeObject) {
		return errTempURL
	}
	return nil
}

// errTempURL is OpenStack's answer to every TempURL that is not good.
var errTempURL error = &failure{
	status: http.StatusUnauthorized, word: "AccessDenied", text: "401 Unauthorized: Temp URL invalid\n", realm: "unknown",
}

// checkTempURL lets a request in that carries a good signature, and refuses it
// when the signature is not good. Without one nothing changes.
func (q *request) checkTempURL() error {
	if !q.query.Has("temp_url_sig") && !q.query.Has("temp_url_expires") {
		return nil
	}
	p := q.s.opt.Personality
	forbidden := errTempURL
	if p == RGW {
		forbidden = fail(http.StatusForbidden, "AccessDenied")
	}
	if p == RGW && !q.query.Has("temp_url_expires") {
		return fail(http.StatusUnauthorized, "AccessDenied")
	}
	expires, ok := tempExpiry(q.query.Get("temp_url_expires"))
	if ok && expires.Before(q.now.Truncate(time.Second)) {
		return errTempURL
	}
	digest, sum := tempDigest(q.query.Get("temp_url_sig"), p)
	if !ok || sum == nil || q.object == "" || !tempMethod(q.r.Method) {
		return forbidden
	}
	c, err := q.findContainer(q.store.read, q.account, q.container)
	if err != nil && !errors.Is(err, errNoContainer) {
		return err
	}
	owner := q.account
	if c != nil {
		owner = c.owner
	}
	keys, err := q.tempKeys(owner, c)
	if err != nil {
		return err
	}
	paths, ok := q.tempPaths()
	if !ok {
		return forbidden
	}
	for _, k := range keys {
		for _, method := range tempMethods(q.r.Method) {
			for _, signed := range paths {
				h := hmac.New(digest, []byte(k.key))
				fmt.Fprintf(h, "%s\n%d\n%s", method, expires.Unix(), signed)
				if hmac.Equal(h.Sum(nil), sum) {
					return q.letIn(&signature{
						account: owner, container: k.container, expires: expires, object: q.object,
						filename: q.query.Get("filename"), inline: q.query.Has("inline"),
					})
				}
			}
		}
	}
	return forbidden
}

// letIn replaces who the sender is by the signature. What else the query says
// is dropped, as Swift does.
func (q *request) letIn(s *signature) error {
	q.signed, q.user = s, nil
	q.query = url.Values{}
	if q.r.Method != http.MethodGet && q.r.Method != http.MethodHead && q.r.Header.Get("X-Object-Manifest") != "" {
		return failText(http.StatusBadRequest, "InvalidArgument", "The header 'X-Object-Manifest' is not allowed in this tempurl")
	}
	if s.container != "" && (q.r.Header.Get("X-Copy-From") != "" || q.r.Header.Get("X-Copy-From-Account") != "") {
		return errTempURL
	}
	return nil
}

// tempExpiry reads temp_url_expires: Unix seconds or ISO 8601.
func tempExpiry(v string) (time.Time, bool) {
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return time.Unix(n, 0), true
	}
	t, err := time.Parse("2006-01-02T15:04:05Z", v)
	return t, err == nil
}

// tempDigest finds the hash a signature was made with: by its length in hex, or
// by name in "sha256:BASE64". RGW 16.2 knows SHA-1 in lower-case hex only.
func tempDigest(v string, p Personality) (func() hash.Hash, []byte) {
	if name, rest, ok := strings.Cut(v, ":"); ok && p != RGW {
		b, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(rest) + strings.Repeat("=", (4-len(rest)%4)%4))
		if h := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}[name]; h != nil && err == nil {
			return h, b
		}
		return nil, nil
	}
	b, err := hex.DecodeString(v)
	if err != nil || (p == RGW && (len(b) != sha1.Size || v != strings.ToLower(v))) {
		return nil, nil
	}
	switch len(b) {
	case sha1.Size:
		return sha1.New, b
	case sha256.Size:
		return sha256.New, b
	case sha512.Size:
		return sha512.New, b
	}
	return nil, nil
}

func tempMethod(method string) bool {
	for _, m := range tempURLMethods {
		if m == method {
			return true
		}
	}
	return false
}

// tempMethods are the methods whose signature is good for this one.
func tempMethods(method string) []string {
	if method == http.MethodHead {
		return []string{"HEAD", "GET", "POST", "PUT"}
	}
	return []string{method}
}

// tempKey is a signing key and what it is good for.
type tempKey struct{ key, container string }

func (q *request) tempKeys(account string, c *containerRow) ([]tempKey, error) {
	var out []tempKey
	add := func(f fields, prefix, container string) {
		for _, name := range []string{"Temp-Url-Key", "Temp-Url-Key-2"} {
			if k := f[prefix+name]; k != "" {
				out = append(out, tempKey{k, container})
			}
		}
	}
	a, err := getAccount(q.ctx, q.store.read, account)
	if err != nil && !errors.Is(err, errNoRow) {
		return nil, err
	}
	if a != nil {
		add(a.headers, metaPrefix("Account"), "")
	}
	if c != nil && q.s.opt.Personality != RGW { // seen: a container's keys do not work
		add(c.headers, metaPrefix("Container"), c.name)
	}
	return out, nil
}

// tempPaths are the texts that may have been signed for the request's path.
func (q *request) tempPaths() ([]string, bool) {
	rest := "/" + q.container + "/"
	if q.s.opt.Personality == RGW {
		if prefix := q.query.Get("temp_url_prefix"); q.query.Has("temp_url_prefix") {
			return []string{"prefix:/swift/v1" + rest + prefix}, strings.HasPrefix(q.object, prefix)
		}
		return []string{"/v1" + rest + q.object, "/swift/v1" + rest + q.object}, true
	}
	rest = "/v1/" + q.account + rest
	if !q.query.Has("temp_url_prefix") {
		return []string{rest + q.object}, true
	}
	prefix := q.query.Get("temp_url_prefix")
	return []string{"prefix:" + rest + prefix}, strings.HasPrefix(q.object, prefix)
}

// present makes a reply one to a TempURL: it is to be saved as a file, lasts
// as long as the URL, and tells no metadata but the public.
func (s *signature) present(q *request, h http.Header) {
	for name := range h {
		if strings.HasPrefix(name, "X-Object-Meta-") && !strings.HasPrefix(name, "X-Object-Meta-Public-") && q.s.opt.Personality != RGW {
			h.Del(name)
		}
	}
	how := "attachment"
	if s.inline {
		how = "inline"
	}
	name := s.filename
	if name == "" {
		name = path.Base(strings.TrimRight(s.object, "/"))
	}
	switch {
	case s.inline && s.filename == "":
		h.Set("Content-Disposition", how)
	case s.filename == "" && h.Get("Content-Disposition") != "":
	default:
		quoted := strings.ReplaceAll(percentEncode(name), "%20", " ")
		h.Set("Content-Disposition", fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, how, quoted, percentEncode(name)))
	}
	if q.s.opt.Personality != RGW {
		h.Set("Expires", s.expires.UTC().Format(http.TimeFormat))
	}
}
