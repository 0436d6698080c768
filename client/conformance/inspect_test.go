package conformance

import (
	"context"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/imagefile/imagefiletest"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// What an image says of itself is the same here and there, whoever put it there.
func TestInspect(t *testing.T) {
	x := on(t)
	old, err := os.ReadFile("../imagefile/testdata/gzip.squashfs")
	if err != nil {
		t.Fatal(err)
	}
	for rest, content := range map[string]string{
		"sif:v1":    string(imagefiletest.SIF(t, imagefiletest.Options{Arch: []string{"arm64", "amd64"}, Sign: imagefiletest.Key(), PGP: true})),
		"bare:v1":   string(imagefiletest.SIF(t, imagefiletest.Options{Bare: true, System: old})),
		"squash:v1": string(old),
		"simg:v1":   "#!/usr/bin/env run-singularity\n" + string(old),
	} {
		path := x.write("image.sif", []byte(content))
		here, err := client.InspectFile(path)
		if err != nil {
			t.Fatal(err)
		}
		x.push(path, rest)
		x.object("other-"+strings.Replace(rest, ":", "-", 1)+".sif", content, store.Header{})
		for _, image := range []string{x.name(rest), x.name("other-" + rest)} {
			there, err := x.client.Inspect(t.Context(), client.InspectRequest{Image: image})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(here, there); diff != "" || there.Format == "" {
				t.Errorf("%s: %s", image, diff)
			}
		}
	}
	_, err = x.client.Inspect(t.Context(), client.InspectRequest{Image: x.name("none")})
	x.wants(err, client.NotFound)
	x.object("text-v1.sif", "no image", store.Header{})
	_, err = x.client.Inspect(t.Context(), client.InspectRequest{Image: x.name("text:v1")})
	x.wants(err, client.Invalid)
	x.object("broken-v1.sif", string(imagefiletest.SetCount(imagefiletest.SIF(t, imagefiletest.Options{}), 1, -1)), store.Header{})
	_, err = x.client.Inspect(t.Context(), client.InspectRequest{Image: x.name("broken:v1")})
	x.wants(err, client.Corrupt)
}

// An image of 10 GiB is inspected with a few requests and some kilobytes, wherever in it things stand:
// its signature is behind the partition.
func TestInspectLargeIsCheap(t *testing.T) {
	x := on(t)
	if err := x.store.CreateContainer(t.Context(), x.collection); err != nil {
		t.Fatal(err)
	}
	const filling, count = 11 << 20, 940
	image := imagefiletest.SIF(t, imagefiletest.Options{Sign: imagefiletest.Key()})
	head, tail := imagefiletest.Stretch(image, filling*count)
	var segments []store.Segment
	for _, part := range []struct {
		object, content string
		times           int
	}{{"1", string(head), 1}, {"2", strings.Repeat("\x00", filling), count}, {"3", string(tail), 1}} {
		s := store.Segment{Key: store.Key{Container: x.collection, Object: ".segments/" + part.object}, MD5: sumOf(part.content), Size: int64(len(part.content))}
		if _, err := x.store.Put(t.Context(), s.Key, strings.NewReader(part.content), 0, s.Size, store.Header{ContentType: "application/octet-stream", MD5: s.MD5}); err != nil {
			t.Fatal(err)
		}
		for range part.times {
			segments = append(segments, s)
		}
	}
	if _, err := x.store.PutManifest(t.Context(), store.Key{Container: x.collection, Object: "big-v1.sif"}, segments, store.Header{ContentType: "application/octet-stream"}); err != nil {
		t.Fatal(err)
	}
	var traffic atomic.Int64
	c := x.connect(client.Config{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return &counting{conn, &traffic}, err
	}})
	if _, err := c.Exists(t.Context(), client.StatRequest{Image: x.name("warm")}); err != nil {
		t.Fatal(err) // it signs in
	}
	x.report.take()
	traffic.Store(0)
	info, err := c.Inspect(t.Context(), client.InspectRequest{Image: x.name("big:v1")})
	if err != nil {
		t.Fatal(err)
	}
	_, _, requests, _ := x.report.take()
	if info.Size < 10<<30 || info.Arch != "amd64" || info.Labels["maintainer"] != "vanessa" || len(info.Signers) != 1 || len(info.Partitions) != 1 || info.Partitions[0].Size < 10<<30 {
		t.Errorf("%+v", info)
	}
	if n := traffic.Load(); n > 256<<10 || len(requests) > 6 {
		t.Errorf("%d bytes in %d requests:\n%s", n, len(requests), strings.Join(requests, "\n"))
	}
	t.Logf("%d bytes in %d requests", traffic.Load(), len(requests))
}

// counting counts what a connection moves, both ways.
type counting struct {
	net.Conn
	n *atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// A push records what the image is, where a listing shows it; what other tools pushed has no such
// record, and is read all the same.
func TestPushRecordsArchitectureAndID(t *testing.T) {
	x := on(t)
	path := x.write("a.sif", imagefiletest.SIF(t, imagefiletest.Options{Arch: []string{"arm64"}}))
	pushed := x.push(path, "a:v1")
	large, err := x.client.Push(t.Context(), client.PushRequest{Path: path, Name: x.name("large:v1"), Segment: 20000})
	if err != nil {
		t.Fatal(err)
	}
	x.object("other-v1.sif", x.read(path), store.Header{})
	images, err := x.client.List(t.Context(), client.ListRequest{Query: x.name("")})
	if err != nil || len(images) != 3 {
		t.Fatalf("%v, %v", images, err)
	}
	stat, err := x.client.Stat(t.Context(), client.StatRequest{Image: x.name("large:v1")})
	if err != nil {
		t.Fatal(err)
	}
	for what, i := range map[string]client.Image{"pushed": pushed, "pushed large": large, "listed": images[0], "listed large": images[1], "stat": stat} {
		if i.Arch != "arm64" || i.ID != imagefiletest.ID {
			t.Errorf("%s: %q %q", what, i.Arch, i.ID)
		}
	}
	if i := images[2]; i.Object != "other-v1.sif" || i.Arch != "" || i.ID != "" {
		t.Errorf("%+v", i)
	}
}
