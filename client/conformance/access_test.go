package conformance

import (
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// access sets and shows who may use the case's collection.
func (x *target) access(r client.AccessRequest) client.Access {
	x.Helper()
	r.Collection = x.collection
	a, err := x.client.Access(x.Context(), r)
	if err != nil {
		x.Fatal(err)
	}
	return a
}

func to[T any](v T) *T { return &v }

func TestAccessIsSetAndShown(t *testing.T) {
	x := on(t)
	x.push(x.file("a.sif", 10), "a")
	none := client.Access{Collection: x.collection, Read: []string{}, Write: []string{}}
	for _, c := range []struct {
		set  client.AccessRequest
		want client.Access
	}{
		{client.AccessRequest{}, none},
		{client.AccessRequest{Public: to(true)}, client.Access{Public: true, Listing: true}},
		{client.AccessRequest{Read: to([]string{"physics", "chemistry"})}, client.Access{Public: true, Listing: true, Read: []string{"chemistry", "physics"}}},
		{client.AccessRequest{Listing: to(false)}, client.Access{Public: true, Read: []string{"chemistry", "physics"}}},
		{client.AccessRequest{Public: to(false)}, client.Access{Read: []string{"chemistry", "physics"}}},
		{client.AccessRequest{Write: to([]string{"physics"})}, client.Access{Read: []string{"chemistry", "physics"}, Write: []string{"physics"}}},
		{client.AccessRequest{}, client.Access{Read: []string{"chemistry", "physics"}, Write: []string{"physics"}}},
		{client.AccessRequest{Read: to([]string{})}, client.Access{Write: []string{"physics"}}},
		{client.AccessRequest{Write: to([]string{})}, none},
	} {
		got := x.access(c.set)
		c.want.Collection = x.collection
		for _, names := range [][]string{c.want.Read, c.want.Write} {
			for i, name := range names {
				names[i] = x.granted(name)
			}
		}
		if got.String() != c.want.String() {
			t.Errorf("%+v: %s, want %s", c.set, got, c.want)
		}
	}
	dry := x.connect(client.Config{DryRun: true})
	if _, err := dry.Access(t.Context(), client.AccessRequest{Collection: x.collection, Public: to(true)}); err != nil {
		t.Error(err)
	}
	if got := x.access(client.AccessRequest{}); !reflect.DeepEqual(got, none) {
		t.Errorf("after a dry run: %+v", got)
	}
	for _, bad := range []string{".r:*", "a,b", "", "a b", "a\nb"} {
		_, err := x.client.Access(t.Context(), client.AccessRequest{Collection: x.collection, Read: to([]string{bad})})
		x.wants(err, client.Invalid)
	}
	_, err := x.client.Access(t.Context(), client.AccessRequest{Collection: x.collection + "-none"})
	x.wants(err, client.NotFound)
}

// granted is how an account's name stands in an access list.
func (x *target) granted(account string) string {
	if servers[os.Getenv("SREGISTRY_TEST_SERVER")].Keystone {
		return account + ":*"
	}
	return account
}

// An account alone is all its users, everywhere; where it is written in another way, a warning says
// so, once.
func TestAccessOfAnAccount(t *testing.T) {
	x, guest, id := withGuest(t)
	x.push(x.file("a.sif", 10), "a")
	account, _, _ := strings.Cut(id, ":")
	if project := os.Getenv("SREGISTRY_TEST_PROJECT2"); project != "" {
		account = project // by its name: that is what people know
	}
	search := func() error {
		_, err := guest.Search(t.Context(), client.ListRequest{Query: x.name("")})
		return err
	}
	x.wants(search(), client.Denied)
	x.report.take()
	got := x.access(client.AccessRequest{Read: to([]string{account})})
	if want := []string{x.granted(account)}; !slices.Equal(got.Read, want) {
		t.Errorf("%s may read is shown as %v, want %v", account, got.Read, want)
	}
	_, warns, _, _ := x.report.take()
	if translated := x.granted(account) != account; translated != (len(warns) == 1 && strings.Contains(warns[0], account+":*")) || !translated && len(warns) > 0 {
		t.Errorf("warnings: %q", warns)
	}
	if err := search(); err != nil {
		t.Error(err)
	}
	x.access(client.AccessRequest{Write: to([]string{x.granted(account)})})
	if warns := x.namesWarned(); len(warns) > 0 {
		t.Errorf("a second time: %q", warns)
	}
	x.access(client.AccessRequest{Read: to([]string{})})
	x.wants(search(), client.Denied)
}

// What other tools wrote into an access list stays as it is when somebody else gets rights: with
// Keystone a word alone is a role.
func TestAccessKeepsOthersWords(t *testing.T) {
	raw(t, func(e *endpoint) {
		e.steps(step{does: "POST .", head: "X-Container-Read: operators", status: 204})
		x := &target{T: e.T, report: &record{}, collection: e.container}
		x.client = x.connect(client.Config{Settings: signin.Settings{
			Way: signin.Preauth, URL: e.owner.url, StorageURL: e.owner.url, Token: e.owner.token, Source: "the test",
		}})
		got := x.access(client.AccessRequest{Write: to([]string{e.guest.all})})
		if !slices.Equal(got.Read, []string{"operators"}) || !slices.Equal(got.Write, []string{e.guest.all}) {
			t.Errorf("read by %v and written by %v", got.Read, got.Write)
		}
		if warns := x.namesWarned(); len(warns) > 0 {
			t.Errorf("warnings: %q", warns)
		}
	})
}

// namesWarned are the warnings about names, of those since it was asked last.
func (x *target) namesWarned() []string {
	_, warns, _, _ := x.report.take()
	return slices.DeleteFunc(warns, func(s string) bool {
		return strings.Contains(s, "may also change who may use it") || strings.Contains(s, "what they push is theirs")
	})
}

// Where a service does not tell what it can do, names are written as they are given.
func TestAccessWhereNothingIsTold(t *testing.T) {
	if repeated() {
		return
	}
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound} {
		x, plan, _ := onFaults(t)
		x.push(x.file("a.sif", 10), "a")
		struck := plan.Add(localswift.Rule{Match: localswift.On(http.MethodGet, "/info"), Fault: localswift.Answer(status, "no")})
		if got := x.access(client.AccessRequest{Read: to([]string{"lab", "lab:ann"})}); !slices.Equal(got.Read, []string{"lab", "lab:ann"}) || struck() == 0 {
			t.Errorf("%d: %v may read; asked %d times", status, got.Read, struck())
		}
	}
}
