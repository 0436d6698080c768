package localswift

import (
	"net"
	"net/http"
	"strconv"
	"strings"
)

// signIn answers v1 authentication: X-Auth-User and X-Auth-Key for a token and
// the storage URL.
func (q *request) signIn() error {
	p := q.s.opt.Personality
	if q.r.Method != http.MethodGet {
		return errMethod
	}
	h := q.r.Header
	name, key := h.Get("X-Auth-User"), h.Get("X-Auth-Key")
	if p != RGW {
		if name == "" {
			name = h.Get("X-Storage-User")
		}
		if key == "" {
			key = h.Get("X-Storage-Pass")
		}
	}
	if name == "" || key == "" {
		return fail(http.StatusUnauthorized, "AccessDenied")
	}
	var u *User
	for i := range q.s.users {
		if q.s.users[i].Name == name {
			u = &q.s.users[i]
		}
	}
	switch {
	case u == nil && p == RGW:
		return fail(http.StatusForbidden, "AccessDenied")
	case u == nil || !sameKey(u.Key, key):
		return fail(http.StatusUnauthorized, "AccessDenied")
	}
	q.user = u
	token, expires := q.s.token(u, q.now)
	out := q.w.Header()
	out.Set("X-Storage-Url", q.baseURL()+p.storagePath(u))
	out.Set("X-Storage-Token", token)
	out.Set("X-Auth-Token", token)
	if p == RGW {
		q.answer(http.StatusNoContent, "application/json; charset=utf-8", "")
		return nil
	}
	out.Set("X-Auth-Token-Expires", strconv.FormatInt(int64(expires.Sub(q.now).Seconds()), 10))
	q.answer(http.StatusOK, htmlType, "")
	return nil
}

// storagePath is the path of the user's storage URL. RGW's has no account.
func (p Personality) storagePath(u *User) string {
	if p == RGW {
		return "/swift/v1"
	}
	return "/v1/" + pathEscape(u.Account)
}

// baseURL is where the client reached us: it follows the Host header.
func (q *request) baseURL() string {
	host := q.r.Host
	if host == "" {
		if a, ok := q.r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			host = a.String()
		}
	}
	if q.r.TLS != nil {
		return "https://" + host
	}
	return "http://" + host
}

// identify finds out who sends the request. A token that is not ours, or
// empty, is nobody's; one of ours that is not good is refused at once.
func (q *request) identify() error {
	token := q.r.Header.Get("X-Auth-Token")
	if token == "" && q.s.opt.Personality != RGW {
		token = q.r.Header.Get("X-Storage-Token")
	}
	if token == "" || (q.s.opt.Personality != RGW && !strings.HasPrefix(token, "AUTH_")) {
		return nil
	}
	if q.user = q.s.userOf(token, q.now); q.user == nil {
		return fail(http.StatusUnauthorized, "AccessDenied")
	}
	return nil
}

// denied is the answer to somebody who may not: 401 asks to sign in.
func (q *request) denied() error {
	if q.user == nil {
		return fail(http.StatusUnauthorized, "AccessDenied")
	}
	return fail(http.StatusForbidden, "AccessDenied")
}

// owns tells whether the user owns the account.
func (q *request) owns(account string) bool {
	return q.user != nil && (q.user.Reseller || (q.user.Admin && q.user.Account == account))
}
