package conformance

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// historic are the object names under which releases of sregistry-cli left tags of the image x.
var historic = []string{
	"x-v1.simg", "x-v2.sif", "x:v3.sif", "x:v4.simg", "x-v5.img", "x-v6@abc123.simg", "x:v7@abc123.sif",
}

// foreign stores a large object as other tools do: segments in a container beside it, no record.
func (x *target) foreign(object string, parts ...string) {
	x.Helper()
	beside := x.collection + "_segments"
	if err := x.store.CreateContainer(x.Context(), beside); err != nil {
		x.Fatal(err)
	}
	x.Cleanup(func() { x.store.Delete(context.Background(), store.Key{Container: beside}) })
	var segments []store.Segment
	for i, part := range parts {
		s := store.Segment{Key: store.Key{Container: beside, Object: fmt.Sprintf("%s/1/%08d", object, i)}, MD5: sumOf(part), Size: int64(len(part))}
		if _, err := x.store.Put(x.Context(), s.Key, strings.NewReader(part), 0, s.Size, store.Header{ContentType: "application/octet-stream"}); err != nil {
			x.Fatal(err)
		}
		x.Cleanup(func() { x.store.Delete(context.Background(), s.Key) })
		segments = append(segments, s)
	}
	if _, err := x.store.PutManifest(x.Context(), store.Key{Container: x.collection, Object: object}, segments, store.Header{ContentType: "application/octet-stream"}); err != nil {
		x.Fatal(err)
	}
}

func TestAllTagsOfAnImage(t *testing.T) {
	x := on(t)
	for _, object := range historic {
		x.object(object, "old", store.Header{})
	}
	x.object("xy-v1.simg", "another", store.Header{})
	x.object("x/y-v1.simg", "another", store.Header{})
	x.foreign("x-v8.sif", "in two", " segments")
	x.push(x.file("a.sif", 10), "x:v9")
	x.pushBig(x.file("b.sif", 3500), "x:18.04-cuda")
	versions := func(image string) string {
		t.Helper()
		images, err := x.client.Versions(t.Context(), client.VersionsRequest{Image: x.name(image)})
		if err != nil {
			t.Fatal(err)
		}
		tags := []string{}
		for i, image := range images {
			tags = append(tags, image.Tag)
			if image.Name != "x" || image.Modified.IsZero() || image.ETag == "" && image.SHA256 == "" || image.Size < 0 {
				t.Errorf("%+v", image)
			}
			if recorded := image.SHA256 != ""; recorded != (i < 2) {
				t.Errorf("%s is at place %d", image, i+1)
			}
		}
		return fmt.Sprint(tags)
	}
	for _, name := range []string{"x", "x:v3", "x-v2.sif", "X"} {
		if got := versions(name); got != "[18.04-cuda v9 v8 v7 v6 v5 v4 v3 v2 v1]" {
			t.Errorf("%s: %s", name, got)
		}
	}
	_, err := x.client.Versions(t.Context(), client.VersionsRequest{Image: x.name("none")})
	x.wants(err, client.NotFound)
	_, err = x.client.Versions(t.Context(), client.VersionsRequest{Image: x.collection + "-none/x"})
	x.wants(err, client.NotFound)
}

// A name that is read as another image's is a tag of this one where it has no others.
func TestTagsOfANameWithDashes(t *testing.T) {
	x := on(t)
	x.object("x-v2-rc1.sif", "old", store.Header{})
	for image, want := range map[string]string{"x": "x:v2-rc1", "x-v2": "x-v2:rc1"} {
		images, err := x.client.Versions(t.Context(), client.VersionsRequest{Image: x.name(image)})
		if err != nil || len(images) != 1 || images[0].URI != x.name(want) || images[0].Object != "x-v2-rc1.sif" {
			t.Errorf("%s: %+v, %v", image, images, err)
		}
	}
	x.object("x-v1.sif", "old", store.Header{})
	x.push(x.file("a.sif", 10), "y:1-2")
	for image, want := range map[string]string{"x": "x:v1", "y": "y:1-2"} {
		images, err := x.client.Versions(t.Context(), client.VersionsRequest{Image: x.name(image)})
		if err != nil || len(images) != 1 || images[0].URI != x.name(want) {
			t.Errorf("%s: %+v, %v", image, images, err)
		}
	}
	_, err := x.client.Versions(t.Context(), client.VersionsRequest{Image: x.name("y-1")})
	x.wants(err, client.NotFound)
}

// What sregistry-cli left can be pulled, listed and deleted by its image and tag, and so it can be
// by the object's own name.
func TestHistoricNames(t *testing.T) {
	x := on(t)
	for i, object := range historic {
		for _, name := range []string{fmt.Sprintf("x:v%d", i+1), object} {
			x.object(object, "content of "+object, store.Header{})
			if list, err := x.client.List(t.Context(), client.ListRequest{Query: x.name("")}); err != nil || len(list) != 1 || list[0].Name != "x" || list[0].Tag != fmt.Sprintf("v%d", i+1) {
				t.Errorf("%s is listed as %+v, %v", object, list, err)
			}
			out := x.dir + "/out"
			if _, err := x.client.Pull(t.Context(), client.PullRequest{Image: x.name(name), File: out, Force: true}); err != nil || x.read(out) != "content of "+object {
				t.Errorf("%s: pull: %v", name, err)
			}
			if gone, err := x.client.Delete(t.Context(), client.DeleteRequest{Image: x.name(name)}); err != nil || gone.Object != object {
				t.Errorf("%s: delete: %+v, %v", name, gone, err)
			}
		}
	}
}
