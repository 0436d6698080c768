package client

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// AccessRequest asks who may use a collection, and sets it where an option is given.
type AccessRequest struct {
	Collection string    `arg:"collection" complete:"collection" help:"the collection"`
	Read       *[]string `opt:"read" help:"who may read and list it: accounts, or account:user; none takes it from everybody"`
	Write      *[]string `opt:"write" help:"who may push and delete"`
	Public     *bool     `opt:"public" help:"whether anybody may read it without signing in"`
	Listing    *bool     `opt:"listing" help:"whether anybody may list it, too (default: as public)"`
}

// Access says who may use a collection besides its owner. The json names are the fields of the Lua
// table.
type Access struct {
	Collection string   `json:"collection"`
	Public     bool     `json:"public"`  // anybody may read it, without signing in
	Listing    bool     `json:"listing"` // and list it
	Read       []string `json:"read"`    // accounts, or account:user
	Write      []string `json:"write"`
}

// String says it in words.
func (a Access) String() string {
	return a.Collection + ": " + store.Grants{Public: a.Public, Listing: a.Listing, Read: a.Read, Write: a.Write}.String()
}

// changes tells whether the request sets anything.
func (r AccessRequest) changes() bool {
	return r.Read != nil || r.Write != nil || r.Public != nil || r.Listing != nil
}

// Access shows who may use a collection, and sets what the request names first; the rest stays.
// Where a server gives rights to whole accounts only, account:user becomes account, and where an
// account alone would be a role of Keystone's, it becomes account:*; both with a warning.
// Denied for who does not own the collection.
func (c *Client) Access(ctx context.Context, r AccessRequest) (Access, error) {
	access, err := c.access(ctx, r)
	return access, fail("access", r.Collection, err)
}

func (c *Client) access(ctx context.Context, r AccessRequest) (Access, error) {
	collection := strings.TrimSuffix(strings.TrimPrefix(r.Collection, "swift://"), "/")
	if err := name.CheckCollection(collection); err != nil {
		return Access{}, refuse(Invalid, err, "")
	}
	for _, list := range []*[]string{r.Read, r.Write} {
		if err := checkNames(list); err != nil {
			return Access{}, refuse(Invalid, err, "public=true lets everybody read")
		}
	}
	g, err := c.store.Access(ctx, collection, nil)
	if err == nil && r.changes() {
		set, before := merged(g, r), g.Write
		if g, err = c.store.Access(ctx, collection, &set); err == nil {
			c.explain(ctx, set, g)
			if g.Accounts && slices.ContainsFunc(g.Write, func(who string) bool { return !slices.Contains(before, who) }) {
				c.trust(ctx, collection, g)
			}
		}
	}
	switch {
	case errors.Is(err, store.ErrHidden):
		return Access{}, refuse(Denied, errOwner, "")
	case errors.Is(err, store.ErrDenied):
		return Access{}, refuse(Denied, fmt.Errorf("%w (%w)", errOwner, err), "")
	case errors.Is(err, store.ErrNotFound):
		return Access{}, notFound(place{name: name.Name{Collection: collection}, missing: true})
	case err != nil:
		return Access{}, err
	}
	return Access{Collection: collection, Public: g.Public, Listing: g.Listing, Read: list(g.Read), Write: list(g.Write)}, nil
}

var errOwner = errors.New("only the owner of a collection sees and sets who may use it")

// trust says how far somebody who may write now is trusted where rights go to whole accounts.
func (c *Client) trust(ctx context.Context, collection string, g store.Grants) {
	c.report.Warn(fmt.Sprintf("on this server whoever may write to %s may also change who may use it, and its quota", collection))
	session, err := c.token.Session(ctx)
	account, _, named := strings.Cut(session.User, ":")
	if err == nil && named && !g.Public && !slices.Contains(g.Read, account) {
		c.report.Warn(fmt.Sprintf("and what they push is theirs: you can pull and delete it when %s, your own account, is among those who may read", account))
	}
}

// merged is what is there with what a request changes.
func merged(g store.Grants, r AccessRequest) store.Grants {
	if r.Read != nil {
		g.Read = *r.Read
	}
	if r.Write != nil {
		g.Write = *r.Write
	}
	if r.Public != nil {
		g.Public, g.Listing = *r.Public, *r.Public
	}
	if r.Listing != nil {
		g.Listing = *r.Listing
	}
	return g
}

// explain warns of names that the server took for other than they say, and of those that give nobody
// anything.
func (c *Client) explain(ctx context.Context, set, got store.Grants) {
	now := slices.Concat(got.Read, got.Write)
	for _, who := range slices.Concat(set.Read, set.Write) {
		account, _, user := strings.Cut(who, ":")
		switch {
		case slices.Contains(now, who):
		case user && slices.Contains(now, account):
			c.report.Warn(fmt.Sprintf("this server gives rights to whole accounts: %s stands for everybody of %s", who, account))
		case slices.Contains(now, who+":*"):
			c.report.Warn(fmt.Sprintf("with Keystone a word alone is a role: %s is written as %s:*, everybody of that project", who, who))
		}
	}
	session, err := c.token.Session(ctx)
	if err != nil || session.ID == "" || !got.Accounts && (session.Domain == "" || session.Domain == "default") {
		return // names count, or there are no others
	}
	for _, who := range now {
		account, user, _ := strings.Cut(who, ":")
		if !isID(account) || user != "" && !isID(user) {
			c.report.Warn(who + " gives nobody anything: here access lists know projects and users of Keystone by their ids only, which whoami tells whoever signs in")
		}
	}
}

// isID tells whether a word looks like an id of Keystone's, or is any of them.
func isID(word string) bool {
	_, err := hex.DecodeString(word)
	return word == "*" || err == nil && (len(word) == 32 || len(word) == 64) // 64: users of an LDAP directory
}

// checkNames refuses what would mean something else in an access list.
func checkNames(names *[]string) error {
	if names == nil {
		return nil
	}
	for _, who := range *names {
		if err := name.CheckText(who); err != nil {
			return err
		}
		if who == "" || strings.HasPrefix(who, ".") || strings.ContainsAny(who, ", \t") {
			return fmt.Errorf("%q is no account and no account:user", who)
		}
	}
	return nil
}

// list is a list that is never nil.
func list(names []string) []string { return append([]string{}, names...) }
