package client

import (
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// A list that would not fit into memory is an error that says so, and each goes through it.
func TestTooLongAList(t *testing.T) {
	before := mostListed
	mostListed = 10
	t.Cleanup(func() { mostListed = before })
	e := localswifttest.Start(t, localswift.Options{})
	c := New(Config{Settings: signin.Settings{User: e.User, Key: e.Key, URL: e.URL, Source: "the test"}})
	defer c.Close()
	put := func(container, object string) {
		t.Helper()
		err := c.store.CreateContainer(t.Context(), container)
		if err == nil {
			_, err = c.store.Put(t.Context(), store.Key{Container: container, Object: object}, strings.NewReader("x"), 0, 1, store.Header{ContentType: "x/y"})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		put("lab", string(rune('a'+i))+"-v1.sif")
	}
	if images, err := c.List(t.Context(), ListRequest{}); err != nil || len(images) != 10 {
		t.Errorf("%d, %v", len(images), err)
	}
	put("other", "z-v1.sif")
	_, err := c.Search(t.Context(), ListRequest{})
	if CodeOf(err) != Invalid || !strings.Contains(err.Error(), "there are more than 10 images; ask for one collection") {
		t.Error(err)
	}
	n := 0
	for _, err := range c.Each(t.Context(), ListRequest{}) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if images, err := c.List(t.Context(), ListRequest{Query: "lab/"}); err != nil || len(images) != 10 || n != 11 {
		t.Errorf("%d, %d, %v", len(images), n, err)
	}
}
