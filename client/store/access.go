package store

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ncw/swift/v2"
)

// Grants say who may use a container besides its owner. A name is an account, or account:user where
// the server tells users apart; with Keystone, both are ids, and account:* or *:user are names too.
type Grants struct {
	Public  bool     // anybody may read its objects, without signing in
	Listing bool     // and list it
	Read    []string // these may read and list it
	Write   []string // these may store and delete objects in it

	// Accounts tells, after they were set, that the server gives rights to whole accounts only.
	Accounts bool
}

// String says it in words.
func (g Grants) String() string {
	var readers []string
	switch {
	case g.Public && g.Listing:
		readers = append(readers, "everybody")
	case g.Public:
		readers = append(readers, "everybody who knows a name")
	}
	readers = append(readers, g.Read...)
	if len(readers) == 0 {
		readers = []string{"nobody else"}
	}
	writers := g.Write
	if len(writers) == 0 {
		writers = []string{"nobody else"}
	}
	return "read by " + strings.Join(readers, ", ") + " and written by " + strings.Join(writers, ", ")
}

// The access lists, and what in them means everybody.
const (
	readList   = "X-Container-Read"
	writeList  = "X-Container-Write"
	everybody  = ".r:*"
	anyListing = ".rlistings"
)

// ErrHidden says that only the owner of a container may see who else may use it.
var ErrHidden = errors.New("only the owner sees who may use it")

// Access writes both lists at once, also an empty one: RGW has no other way to remove one. Where a
// list means whole accounts, account:user is written as account; where a word alone is a role of
// Keystone's, an account is written as account:*. What is returned is what the server has then.
func (s *Swift) Access(ctx context.Context, container string, set *Grants) (Grants, error) {
	whole := false
	if set != nil {
		read, write := slices.Clone(set.Read), slices.Clone(set.Write)
		a, err := s.abilities(ctx)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrDenied):
			// A service that keeps to itself what it can do is taken by its word.
		case err != nil:
			return Grants{}, err
		case a.grantsAccounts():
			read, write, whole = accounts(read), accounts(write), true
		case a.grantsProjects():
			there, err := s.call(ctx, http.MethodHead, Key{Container: container}, nil, nil)
			if err != nil {
				return Grants{}, err
			}
			read, write = projects(read, names(there[readList])), projects(write, names(there[writeList]))
		}
		if set.Listing {
			read = append([]string{anyListing}, read...)
		}
		if set.Public {
			read = append([]string{everybody}, read...)
		}
		_, err = s.call(ctx, http.MethodPost, Key{Container: container}, swift.Headers{
			readList: strings.Join(read, ","), writeList: strings.Join(write, ","),
		}, nil)
		if err != nil {
			return Grants{}, err
		}
	}
	h, err := s.call(ctx, http.MethodHead, Key{Container: container}, nil, nil)
	if err != nil {
		return Grants{}, err
	}
	g := grants(h[readList], h[writeList])
	g.Accounts = whole
	if set == nil && h[readList] == "" && h[writeList] == "" {
		// OpenStack Swift shows the lists to the owner alone; so it does the account.
		if _, err := s.call(ctx, http.MethodHead, Key{}, nil, nil); errors.Is(err, ErrDenied) {
			return Grants{}, ErrHidden
		}
	}
	return g, nil
}

// grants reads the lists as servers write them.
func grants(read, write string) Grants {
	g := Grants{Write: names(write)}
	for _, name := range names(read) {
		switch name {
		case everybody:
			g.Public = true
		case anyListing:
			g.Listing = true
		default:
			g.Read = append(g.Read, name)
		}
	}
	slices.Sort(g.Read) // as RGW gives them
	slices.Sort(g.Write)
	return g
}

func names(list string) []string {
	var out []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// accounts are the accounts of names.
func accounts(all []string) []string {
	var out []string
	for _, name := range all {
		if account, _, ok := strings.Cut(name, ":"); ok && account != "*" && !strings.HasPrefix(name, ".") {
			name = account
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// projects are the names with every account as account:*; a word that is there already is a role,
// which somebody gave rights to by other means, and stays.
func projects(all, there []string) []string {
	out := slices.Clone(all)
	for i, name := range out {
		if !strings.Contains(name, ":") && !slices.Contains(there, name) {
			out[i] += ":*"
		}
	}
	return out
}
