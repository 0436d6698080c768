package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

func TestSearch(t *testing.T) {
	x := on(t)
	for _, n := range []string{"blueberry:v1", "sub/Pancake:v2", "zebra"} {
		x.push(x.file("a.sif", 5), n)
	}
	x.object(".segments/zebra-latest.sif/1/5/5/00000000-x", "segment", store.Header{})
	x.object(".hidden-v1.sif", "no segment", store.Header{})
	all := []string{".hidden-v1.sif", "blueberry-v1.sif", "sub/pancake-v2.sif", "zebra-latest.sif"}
	for query, want := range map[string][]string{
		x.name(""):                        all,
		"swift://" + x.name(""):           all,
		strings.ToUpper(x.collection[5:]): all,
		x.name("BLUE"):                    all[1:2],
		x.name("pancake"):                 nil, // the whole is matched: collection/sub/pancake
		x.name("sub/pan"):                 all[2:3],
		x.name("nothing"):                 nil,
		x.collection + "-nothing":         nil,
	} {
		found, err := x.client.Search(t.Context(), client.ListRequest{Query: query})
		if err != nil {
			t.Errorf("%s: %v", query, err)
		}
		var objects []string
		for _, f := range found {
			objects = append(objects, strings.TrimPrefix(f, x.collection+"/"))
		}
		if !slices.Equal(objects, want) {
			t.Errorf("%s: %q, want %q", query, objects, want)
		}
	}
	_, err := x.client.Search(t.Context(), client.ListRequest{Query: x.collection + "-nothing/"})
	x.wants(err, client.NotFound)
	everything, err := x.client.Search(t.Context(), client.ListRequest{})
	if err != nil || !slices.Contains(everything, x.name("zebra-latest.sif")) || !slices.IsSorted(everything) {
		t.Errorf("%q, %v", everything, err)
	}
}

func TestEachIsList(t *testing.T) {
	x := on(t)
	for i := range 5 {
		x.object(fmt.Sprintf("i%d-v1.sif", i), "x", store.Header{})
	}
	list, err := x.client.List(t.Context(), client.ListRequest{Query: x.name("")})
	if err != nil {
		t.Fatal(err)
	}
	var each []client.Image
	for image, err := range x.client.Each(t.Context(), client.ListRequest{Query: x.name("")}) {
		if err != nil {
			t.Fatal(err)
		}
		each = append(each, image)
	}
	if len(list) != 5 || !slices.Equal(list, each) {
		t.Errorf("list %v, each %v", list, each)
	}
	for _, err := range x.client.Each(t.Context(), client.ListRequest{Query: x.collection + "-none/"}) {
		x.wants(err, client.NotFound)
	}
}

func TestCollections(t *testing.T) {
	x := on(t)
	x.push(x.file("a.sif", 5), "a")
	segments := x.collection + "_segments"
	if err := x.store.CreateContainer(t.Context(), segments); err != nil {
		t.Fatal(err)
	}
	defer x.store.Delete(t.Context(), store.Key{Container: segments})
	all, err := x.client.Collections(t.Context(), client.CollectionsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]client.Collection{}
	for _, c := range all {
		names[c.Name] = c
	}
	if _, ok := names[x.collection]; !ok {
		t.Errorf("%v lacks %s", all, x.collection)
	}
	if _, ok := names[segments]; ok {
		t.Errorf("%v has the segments of another tool", all)
	}
}

func TestDelete(t *testing.T) {
	x := on(t)
	x.push(x.file("a.sif", 5), "a")
	x.push(x.file("a.sif", 5), "b")
	gone, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("a")})
	if err != nil || gone.Object != "a-latest.sif" {
		t.Fatalf("%+v, %v", gone, err)
	}
	if got := x.objects(); got != "[b-latest.sif]" {
		t.Errorf("left: %s", got)
	}
	_, err = x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name("a")})
	x.wants(err, client.NotFound)
	_, err = x.client.DeleteAll(t.Context(), []client.DeleteRequest{{Image: x.name("a")}, {Image: x.name("b")}})
	x.wants(err, client.Partial)
	if got := x.objects(); got != "[]" {
		t.Errorf("left: %s", got)
	}
}

// A name that could be a pattern means the image that is there under it, in whatever form; and an image, which
// is no pattern, means no other one when it is gone.
func TestDeleteWhatCouldBeAPattern(t *testing.T) {
	x := on(t)
	path := x.file("a.sif", 10)
	for _, image := range []string{"a", "b", "[ab]", "[ab]:v1", "a:v1", "*"} {
		x.push(path, image)
	}
	means := func(written, want string) {
		t.Helper()
		requests, _, err := x.client.Matches(t.Context(), []client.DeleteRequest{{Image: written}})
		var got []string
		for _, r := range requests {
			got = append(got, strings.TrimPrefix(r.Image, x.collection+"/"))
		}
		if want == "" {
			x.wants(err, client.NotFound)
		} else if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s means %q, %v", written, got, err)
		}
	}
	means(x.name("[ab]"), "[ab]-latest.sif")
	means("swift://"+x.name("[ab]:v1"), "[ab]-v1.sif")
	means(x.name("*"), "*-latest.sif")
	means(x.name("[ab]:*"), "a-latest.sif a-v1.sif b-latest.sif")
	means(client.Literal(x.name("[ab]-latest.sif")), "[ab]-latest.sif")
	means(client.Literal(x.name("*-latest.sif")), "*-latest.sif")
	for _, object := range []string{"[ab]-latest.sif", "*-latest.sif"} {
		if err := x.store.Delete(t.Context(), store.Key{Container: x.collection, Object: object}); err != nil {
			t.Fatal(err)
		}
		means(client.Literal(x.name(object)), "")
	}
	means(x.name("[ab]"), "a-latest.sif a-v1.sif b-latest.sif")
}

func TestWrongSecret(t *testing.T) {
	x := on(t)
	settings := x.settings
	settings.Key = "not-the-secret"
	wrong := x.connect(client.Config{Settings: settings})
	_, err := wrong.Search(t.Context(), client.ListRequest{})
	x.wants(err, client.Denied)
	if err != nil && (strings.Contains(err.Error(), "not-the-secret") || !strings.Contains(err.Error(), x.settings.User)) {
		t.Errorf("%v", err)
	}
}

func TestNothingSecretIsTold(t *testing.T) {
	x := on(t)
	x.push(x.file("a.sif", 5), "a")
	notes, warns, requests, _ := x.report.take()
	if len(requests) == 0 {
		t.Error("no request was told of")
	}
	for _, line := range append(append(notes, warns...), requests...) {
		if strings.Contains(line, x.settings.Key) {
			t.Errorf("told: %s", line)
		}
	}
}

// What no verb takes by its name is in no listing, where a script would stumble over it.
func TestNamesThatNoImageHas(t *testing.T) {
	x := on(t)
	x.object("good-v1.sif", "x", store.Header{})
	for _, odd := range []string{"\x1b[31mred-v1.sif", "../../out-v1.sif", "a/../b-v1.sif", "/abs-v1.sif", "a//b-v1.sif", "\u202egpj.sif", "a\nb.sif"} {
		x.object(odd, "x", store.Header{})
	}
	found, err := x.client.Search(t.Context(), client.ListRequest{Query: x.name("")})
	if err != nil || len(found) != 1 || found[0] != x.name("good-v1.sif") {
		t.Errorf("%q, %v", found, err)
	}
	if _, warns, _, _ := x.report.take(); len(warns) != 1 || !strings.Contains(warns[0], "7 objects are left out") || strings.Contains(warns[0], "\x1b") {
		t.Errorf("warnings: %q", warns)
	}
}
