package conformance

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRawInfo(t *testing.T) {
	raw(t, func(x *endpoint) {
		c := x.caps
		root := x.owner.url[:strings.Index(x.owner.url, "/v1")]
		a := x.ask(step{does: "GET " + root + "/info", by: nobody})
		var info map[string]map[string]any
		if err := json.Unmarshal([]byte(a.body), &info); err != nil || a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Fatalf("%d %v %q", a.status, err, a.body)
		}
		for where, want := range map[string]any{
			"swift/max_file_size":           float64(c.MaxFileSize),
			"swift/container_listing_limit": 10000.0,
			"slo/max_manifest_segments":     1000.0,
		} {
			section, key, _ := strings.Cut(where, "/")
			if info[section][key] != want {
				t.Errorf("%s is %v, want %v", where, info[section][key], want)
			}
		}
		for _, section := range []string{"bulk_delete", "container_quotas", "account_quotas", "tempurl", "slo"} {
			if info[section] == nil {
				t.Errorf("no %s", section)
			}
		}
		if _, ok := info["slo"]["min_segment_size"]; ok != c.SegmentReport {
			t.Errorf("min_segment_size told: %v", ok)
		}
		if _, ok := info["tempurl"]["allowed_digests"]; ok != c.TempURLDigests {
			t.Errorf("TempURL digests told: %v", ok)
		}
		if (info["tempauth"] == nil) != c.Keystone {
			t.Errorf("tempauth: %v", info["tempauth"])
		}
		x.steps(step{does: "HEAD " + root + "/info", by: nobody, status: c.HeadInfo})
	})
}
