package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// many is how many images a collection has here.
const many = 10_000

// A collection of 10,000 images, of another tool, is listed once by each script that reads listings.
func TestScriptsOnTenThousandImages(t *testing.T) {
	b := newBench(t)
	if err := b.endpoint.Server.Fill("AUTH_lab", "many", func(yield func(string) bool) {
		for i := range many {
			if !yield(fmt.Sprintf("tools/image%d-v1.sif", i)) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"run report many --html page.html --json": fmt.Sprintf(`"images":%d,`, many),
		"-v run prune many --keep 1":              fmt.Sprintf("%d objects without a recorded tag are kept", many),
	} {
		got := b.run("sregistry-shell --debug " + command)
		if n := strings.Count(got, "/many: 200"); !strings.Contains(got, want) || n > 8 {
			t.Errorf("%s: %d listings, and not %q in\n%.2000s", command, n, want, got)
		}
	}
}

// BenchmarkSyncTenThousandImages pushes a folder of 10,000 small images by sync.lua, then finds it
// unchanged, which must take one listing and nothing else.
func BenchmarkSyncTenThousandImages(b *testing.B) {
	for b.Loop() {
		bench := newBench(b)
		for i := range many {
			folder := filepath.Join(bench.dir, "images", fmt.Sprint(i%50))
			if err := os.MkdirAll(folder, 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("image%d.sif", i)), fmt.Appendf(nil, "hsqs%d", i), 0o644); err != nil {
				b.Fatal(err)
			}
		}
		if got := bench.run("sregistry-shell run sync images many --json"); !strings.Contains(got, fmt.Sprintf(`"moved":%d,"same":0`, many)) {
			b.Fatal(got)
		}
		got := bench.run("sregistry-shell --debug run sync images many --json")
		if !strings.Contains(got, fmt.Sprintf(`"moved":0,"same":%d`, many)) || strings.Count(got, `"debug"`) > 8 {
			b.Fatal(got)
		}
	}
}
