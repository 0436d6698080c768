package conformance

import (
	"reflect"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
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
