package client

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// warnings is a Reporter that keeps what it is warned of.
type warnings struct {
	silent
	all []string
}

func (w *warnings) Warn(s string) { w.all = append(w.all, s) }

// Names that a server took for other than they say, or that give nobody anything, are told.
func TestAccessIsExplained(t *testing.T) {
	project, user := strings.Repeat("0a", 16), strings.Repeat("b1", 32)
	v1 := signin.Session{StorageURL: "http://127.0.0.1"}
	keystone, apart := v1, v1
	keystone.ID, keystone.Domain = project+":"+user, "default"
	apart.ID, apart.Domain = project+":"+user, project
	for _, c := range []struct {
		session  signin.Session
		set, got []string
		accounts bool
		want     []string // what each warning begins with
	}{
		{v1, []string{"lab", "lab:ann"}, []string{"lab", "lab:ann"}, false, nil},
		{v1, []string{"lab:ann"}, []string{"lab"}, true, []string{"this server gives rights to whole accounts"}},
		{keystone, []string{"lab"}, []string{"lab:*"}, false, []string{"with Keystone a word alone is a role: lab is"}},
		{keystone, []string{"lab:ann", "*:ann", project + ":*"}, []string{"lab:ann", "*:ann", project + ":*"}, false, nil},
		{apart, []string{project + ":" + user, "*:" + user, project + ":*"}, []string{project + ":" + user, "*:" + user, project + ":*"}, false, nil},
		{apart, []string{"lab:" + user, project + ":ann"}, []string{"lab:" + user, project + ":ann"}, false, []string{"lab:", project + ":ann gives nobody"}},
		{keystone, []string{"lab"}, []string{"lab"}, true, []string{"lab gives nobody anything"}},
		{keystone, []string{project}, []string{project}, true, nil},
	} {
		told := &warnings{}
		x := &Client{report: told, token: &signin.Transport{SignIn: func(context.Context) (signin.Session, error) { return c.session, nil }}}
		x.explain(t.Context(), store.Grants{Read: c.set}, store.Grants{Read: c.got, Accounts: c.accounts})
		if !slices.EqualFunc(told.all, c.want, strings.HasPrefix) {
			t.Errorf("%v, which became %v: %q, want %q", c.set, c.got, told.all, c.want)
		}
	}
}
