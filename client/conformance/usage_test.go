package conformance

import (
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
)

func TestUsage(t *testing.T) {
	x := on(t)
	x.push(x.file("a.sif", 700), "a")
	x.push(x.file("b.sif", 300), "b")
	shown := x.setQuota("9000")
	quota := int64(-1)
	if shown {
		quota = 9000
	}
	want := client.Usage{Collection: x.collection, Bytes: 1000, Quota: quota, Objects: 2, MaxObjects: -1, Untold: !shown}
	all, err := x.client.Usage(t.Context(), client.UsageRequest{})
	if err != nil || len(all) < 2 || all[0].Collection != "" || all[0].Bytes < 0 {
		t.Fatalf("%+v, %v", all, err)
	}
	found := false
	for _, u := range all[1:] {
		found = found || u == want
	}
	if !found {
		t.Errorf("%+v lacks %+v", all, want)
	}
	if one, err := x.client.Usage(t.Context(), client.UsageRequest{Collection: x.collection}); err != nil || len(one) != 1 || one[0] != want {
		t.Errorf("%+v, %v", one, err)
	}
	_, err = x.client.Usage(t.Context(), client.UsageRequest{Collection: x.collection + "-none"})
	x.wants(err, client.NotFound)
}
