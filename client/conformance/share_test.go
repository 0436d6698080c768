package conformance

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

// fetch asks for a URL as anybody would, without an account.
func (x *target) fetch(method, address, part string) (int, string) {
	x.Helper()
	req, err := http.NewRequestWithContext(x.Context(), method, address, nil)
	if err != nil {
		x.Fatal(err)
	}
	if part != "" {
		req.Header.Set("Range", part)
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	defer base.CloseIdleConnections()
	resp, err := (&http.Client{Transport: base}).Do(req)
	if err != nil {
		x.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		x.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func hours(n int) *time.Duration {
	d := time.Duration(n) * time.Hour
	return &d
}

// Whoever has the URL fetches the image, small or large, whatever characters are in its name.
func TestShare(t *testing.T) {
	x := on(t)
	small, large := x.file("small.sif", 300), x.file("large.sif", 3500)
	for image, path := range map[string]string{"a:v1": small, "sub/x y%41+ü?#&;:v1": small, "big:v1": large} {
		x.pushBig(path, image)
		shared, err := x.client.Share(t.Context(), client.ShareRequest{Image: x.name(image), Expires: hours(1), SetKey: true})
		if err != nil {
			t.Fatal(err)
		}
		if status, body := x.fetch("GET", shared, ""); status != 200 || body != x.read(path) {
			t.Errorf("%s: GET %s: %d, %d bytes", image, shared, status, len(body))
		}
		if status, body := x.fetch("GET", shared, "bytes=100-199"); status != 206 || body != x.read(path)[100:200] {
			t.Errorf("%s: a range of it: %d", image, status)
		}
		if status, _ := x.fetch("HEAD", shared, ""); status != 200 {
			t.Errorf("%s: HEAD: %d", image, status)
		}
		if status, _ := x.fetch("DELETE", shared, ""); status != 401 && status != 403 {
			t.Errorf("%s: DELETE: %d", image, status)
		}
		if status, _ := x.fetch("GET", strings.Replace(shared, "temp_url_sig=", "temp_url_sig=0", 1), ""); status != 401 && status != 403 {
			t.Errorf("%s: with another signature: %d", image, status)
		}
	}
	_, err := x.client.Share(t.Context(), client.ShareRequest{Image: x.name("none")})
	x.wants(err, client.NotFound)
	_, err = x.client.Share(t.Context(), client.ShareRequest{Image: x.name("a:v1"), Method: "BREW", SetKey: true})
	x.wants(err, client.Invalid)
	_, err = x.client.Share(t.Context(), client.ShareRequest{Image: x.name("a:v1"), Expires: new(time.Duration)})
	x.wants(err, client.Invalid)
}

// The key is made up only when that is asked for, stays what it is then, and is never told. The
// account of a real server has a key.
func TestShareWithoutAKey(t *testing.T) {
	if os.Getenv("SREGISTRY_TEST_SERVER") != "" {
		return
	}
	x := on(t)
	x.push(x.file("a.sif", 10), "a")
	request := client.ShareRequest{Image: x.name("a"), Expires: hours(1)}
	_, err := x.client.Share(t.Context(), request)
	x.wants(err, client.Invalid)
	if err != nil && !strings.Contains(err.Error(), "set_key=true") {
		t.Errorf("%v does not say what to do", err)
	}
	request.SetKey = true
	dry := x.connect(client.Config{DryRun: true})
	if shared, err := dry.Share(t.Context(), request); err != nil || shared != "" {
		t.Errorf("a dry run gives %q, %v", shared, err)
	}
	request.SetKey = false
	_, err = x.client.Share(t.Context(), request)
	x.wants(err, client.Invalid)
	request.SetKey = true
	first, err := x.client.Share(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.client.Share(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if status, _ := x.fetch("GET", first, ""); status != 200 {
		t.Errorf("after the second one the first URL is %d", status)
	}
}
