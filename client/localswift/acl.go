package localswift

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Header names of the access lists.
const (
	readACL    = "X-Container-Read"
	writeACL   = "X-Container-Write"
	accountACL = "X-Account-Access-Control"
)

// cleanACL checks an access list and writes it in Swift's standard form
// (swift/common/middleware/acl.py, clean_acl).
func cleanACL(header, value string) (string, error) {
	var out []string
	for raw := range strings.SplitSeq(value, ",") {
		item := strings.TrimSpace(raw)
		if item == "" {
			continue
		}
		first, second, colon := strings.Cut(item, ":")
		first, second = strings.TrimSpace(first), strings.TrimSpace(second)
		if !colon || first == "" || first[0] != '.' {
			out = append(out, item)
			continue
		}
		switch first {
		case ".r", ".ref", ".referer", ".referrer":
		default:
			return "", badACL("Unknown designator '%s' in ACL: '%s'", first, raw)
		}
		if strings.Contains(strings.ToLower(header), "write") {
			return "", badACL("Referrers not allowed in write ACL: '%s'", raw)
		}
		not := ""
		if strings.HasPrefix(second, "-") {
			not, second = "-", strings.TrimSpace(second[1:])
		}
		if second != "*" && strings.HasPrefix(second, "*") {
			second = strings.TrimSpace(second[1:])
		}
		if second == "" || second == "." {
			return "", badACL("No host/domain value after referrer designation in ACL: '%s'", raw)
		}
		out = append(out, ".r:"+not+second)
	}
	return strings.Join(out, ","), nil
}

func badACL(format string, a ...any) error {
	return failText(http.StatusBadRequest, "InvalidArgument", fmt.Sprintf(format, a...))
}

// cleanACLs puts the access lists of a request into standard form.
func cleanACLs(h http.Header) error {
	for _, name := range []string{readACL, writeACL} {
		if v, ok := h[name]; ok {
			clean, err := cleanACL(name, v[0])
			if err != nil {
				return err
			}
			h[name] = []string{clean}
		}
	}
	return nil
}

// groups are the names by which access lists can mean the user. On RGW a list
// names accounts only: "account:user" gives nobody anything.
func (q *request) groups() []string {
	if q.user == nil {
		return nil
	}
	account, _, _ := strings.Cut(q.user.Name, ":")
	if q.s.opt.Personality == RGW {
		return []string{account}
	}
	return []string{q.user.Name, account}
}

// allowed tells whether an access list lets the request in. object says
// whether an object is asked for: on OpenStack listing a container takes
// .rlistings too.
func (q *request) allowed(acl string, object bool) bool {
	var groups, referrers []string
	for item := range strings.SplitSeq(acl, ",") {
		if r, ok := strings.CutPrefix(item, ".r:"); ok {
			referrers = append(referrers, r)
		} else if item != "" {
			groups = append(groups, item)
		}
	}
	if referrerAllowed(q.r.Referer(), referrers) && (object || q.s.opt.Personality == RGW || slices.Contains(groups, ".rlistings")) {
		return true
	}
	return q.in(groups)
}

// referrerAllowed follows swift/common/middleware/acl.py: the last entry that
// fits decides.
func referrerAllowed(referer string, list []string) bool {
	host := "unknown"
	if u, err := url.Parse(referer); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	allow := false
	for _, r := range list {
		name, no := strings.CutPrefix(r, "-")
		if name == "*" || name == host || (strings.HasPrefix(name, ".") && strings.HasSuffix(host, name)) {
			allow = !no
		}
	}
	return allow
}

// accountGrants are the lists of X-Account-Access-Control.
type accountGrants struct {
	Admin     []string `json:"admin,omitempty"`
	ReadWrite []string `json:"read-write,omitempty"`
	ReadOnly  []string `json:"read-only,omitempty"`
}

// parseGrants reads X-Account-Access-Control; tempauth knows these three keys.
func parseGrants(value string) (accountGrants, error) {
	var g accountGrants
	if value == "" {
		return g, nil
	}
	bad := func(problem string) error {
		return failPlain(http.StatusBadRequest, "InvalidArgument", "X-Account-Access-Control invalid: "+problem+"\n\nInput: "+value+"\n")
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal([]byte(value), &keys); err != nil {
		return g, bad("Syntax error in input ('" + value + "')")
	}
	for k := range keys {
		if k != "admin" && k != "read-write" && k != "read-only" {
			return g, bad("Key " + jsonString(k) + " not recognized")
		}
	}
	if err := json.Unmarshal([]byte(value), &g); err != nil {
		return g, bad("Value for a key must be a list of strings")
	}
	return g, nil
}

// in tells whether a list names the user.
func (q *request) in(list []string) bool {
	return slices.ContainsFunc(q.groups(), func(g string) bool { return slices.Contains(list, g) })
}

// putBy is the field of an object that another account's user put: on RGW what
// somebody puts is his, whoever has the container.
const putBy = "X-Localswift-Put-By"

// foreign tells whether RGW takes the user for a stranger in the container.
func (q *request) foreign(c *containerRow) bool {
	return q.s.opt.Personality == RGW && q.user != nil && q.user.Account != c.owner
}

// mayRead keeps a container's owner from what others put into it, unless an
// access list gives it to him.
func (q *request) mayRead(c *containerRow, o *objectRow) error {
	by, ok := o.headers[putBy]
	if !ok || q.user == nil || q.user.Account == by || q.signed != nil || q.allowed(c.headers[readACL], true) {
		return nil
	}
	return q.denied()
}

// need is what a request wants to do, as far as rights go.
type need int

const (
	readAccount need = iota
	changeAccount
	ownAccount // create or delete it
	listContainer
	changeContainer
	readObject
	writeObject
)

// list is the header with the access list that can give the right, "" if none.
func (n need) list() string {
	switch n {
	case listContainer, readObject:
		return readACL
	case writeObject:
		return writeACL
	}
	return ""
}

func (n need) reads() bool { return n == readAccount || n == listContainer || n == readObject }

func (n need) inContainer() bool { return n >= listContainer }

// authorize decides whether the request's sender may do n in the account, and
// whether he counts as an owner. acl is the access list that bears on it. The
// order is tempauth's.
func (q *request) authorize(account, acl string, n need) error {
	q.owner = false
	if q.signed != nil {
		return q.signed.authorize(account, n)
	}
	if q.owns(account) && (q.user.Reseller || n != ownAccount) {
		q.owner = true
		return nil
	}
	if q.user != nil && q.user.Reads && q.user.Account == account && n.reads() {
		return nil
	}
	if q.allowed(acl, n != listContainer) {
		return nil
	}
	if q.user == nil {
		return q.denied()
	}
	row, err := getAccount(q.ctx, q.store.read, account)
	if err != nil && !errors.Is(err, errNoRow) {
		return err
	}
	if row == nil || n == ownAccount {
		return q.denied()
	}
	g, err := parseGrants(row.headers[accountACL])
	switch {
	case err != nil:
		return err
	case q.in(g.Admin):
		q.owner = true
	case q.in(g.ReadWrite) && (n.inContainer() || n.reads()):
	case q.in(g.ReadOnly) && n.reads():
	default:
		return q.denied()
	}
	return nil
}
