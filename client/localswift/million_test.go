package localswift_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

// BenchmarkMillionListing lists a container of a million objects as JSON, page
// by page. s/100k is the time for 100,000 names, cpu-s/100k the processor time
// of both sides in it, which a busy machine does not change, and heap-MB the
// largest heap seen after a page: it does not grow with the container.
func BenchmarkMillionListing(b *testing.B) {
	const objects = 1_000_000
	e, a := start(b, localswift.Options{})
	if err := e.Server.Fill("AUTH_test", "big", func(yield func(string) bool) {
		for i := range objects {
			if !yield(fmt.Sprintf("collection/image-number-%07d-latest.sif", i)) {
				return
			}
		}
	}); err != nil {
		b.Fatal(err)
	}
	var peak uint64
	began := processorTime(b)
	for b.Loop() {
		names, marker := 0, ""
		for {
			n, last := countNames(b, a, "/big?format=json&marker="+url.QueryEscape(marker))
			if n == 0 {
				break
			}
			names, marker = names+n, last
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
		if names != objects {
			b.Fatalf("listed %d names", names)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(objects/100_000), "s/100k")
	b.ReportMetric((processorTime(b)-began).Seconds()/float64(b.N)/(objects/100_000), "cpu-s/100k")
	b.ReportMetric(float64(peak)/(1<<20), "heap-MB")
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// countNames counts the names of one JSON page and returns the last, without
// the cost of decoding.
func countNames(b *testing.B, a *as, path string) (n int, last string) {
	req, err := http.NewRequest("GET", a.base+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", a.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	sc := bufio.NewScanner(resp.Body)
	sc.Split(func(data []byte, end bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, '}'); i >= 0 {
			return i + 1, data[:i], nil
		}
		if end {
			return len(data), nil, nil
		}
		return 0, nil, nil
	})
	for sc.Scan() {
		_, rest, ok := strings.Cut(sc.Text(), `"name": "`)
		if !ok {
			b.Fatalf("no name in %q", sc.Text())
		}
		last, _, _ = strings.Cut(rest, `"`)
		n++
	}
	if err := sc.Err(); err != nil {
		b.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	return n, last
}
