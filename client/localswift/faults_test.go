package localswift_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

// faulty starts an endpoint with a plan and /c/o in it.
func faulty(t *testing.T) (*localswift.Plan, *as) {
	t.Helper()
	plan := &localswift.Plan{}
	_, a := start(t, localswift.Options{Faults: plan})
	a.want(201, "PUT", "/c", "")
	a.want(201, "PUT", "/c/o", "0123456789")
	return plan, a
}

func TestFaultsAreCounted(t *testing.T) {
	plan, a := faulty(t)
	struck := plan.Add(localswift.Rule{
		Match: localswift.On("GET", "/c/o"), Skip: 1, Count: 2,
		Fault: localswift.Answer(503, "busy", "Retry-After: 7"),
	})
	a.want(200, "GET", "/c/o", "")
	a.want(200, "HEAD", "/c/o", "")
	r := a.want(503, "GET", "/c/o", "")
	is(t, "answer", r.body+r.header.Get("Retry-After"), "busy7")
	a.want(503, "GET", "/c/o", "")
	a.want(200, "GET", "/c/o", "")
	is(t, "struck", struck(), 2)
	plan.Add(localswift.Rule{Fault: localswift.AnswerSize(500, 3<<20)})
	is(t, "size", len(a.want(500, "PUT", "/c/o", "x").body), 3<<20)
	plan.Clear()
	is(t, "body", a.want(200, "GET", "/c/o", "").body, "0123456789")
}

func TestFaultsOfReplies(t *testing.T) {
	plan, a := faulty(t)
	strike := func(f localswift.Fault) {
		plan.Clear()
		plan.Add(localswift.Rule{Fault: f})
	}
	strike(localswift.SetHeader("Etag", "wrong"))
	is(t, "etag", a.want(200, "GET", "/c/o", "").header.Get("Etag"), "wrong")
	strike(localswift.Corrupt(3))
	is(t, "corrupt", a.want(200, "GET", "/c/o", "").body, "012\x13456789")
	strike(localswift.Extend("xyz"))
	is(t, "extended", a.want(200, "GET", "/c/o", "").body, "0123456789xyz")
	strike(localswift.Shorten(4))
	is(t, "shortened", a.want(200, "GET", "/c/o", "").body, "012345")
	strike(localswift.InvalidJSON())
	is(t, "JSON", strings.HasSuffix(a.want(200, "GET", "/c?format=json", "").body, "]"), false)
	strike(localswift.Redirect(307, "http://elsewhere.invalid/"))
	is(t, "redirect", a.want(307, "GET", "/c/o", "").header.Get("Location"), "http://elsewhere.invalid/")
	strike(localswift.WrongLength(-4))
	is(t, "wrong length", a.want(200, "GET", "/c/o", "").body, "012345")
	strike(localswift.WrongLength(4))
	if _, err := a.try("GET", "/c/o", nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("too long a length: %v", err)
	}
	strike(localswift.Truncate(4))
	if r, err := a.try("GET", "/c/o", nil); !errors.Is(err, io.ErrUnexpectedEOF) || r.body != "0123" {
		t.Errorf("truncated: %q %v", r.body, err)
	}
	strike(localswift.ResetReply(4))
	if r, err := a.try("GET", "/c/o", nil); !errors.Is(err, syscall.ECONNRESET) || r.status != 200 {
		t.Errorf("reset: %+v %v", r, err)
	}
}

func TestFaultsOfConnections(t *testing.T) {
	plan, a := faulty(t)
	for _, c := range []struct {
		fault  localswift.Fault
		stored string
	}{
		{localswift.ResetBefore(), "0123456789"},
		{localswift.ResetUpload(2), "0123456789"},
		{localswift.ResetAfter(), "new"},
	} {
		plan.Clear()
		plan.Add(localswift.Rule{Match: localswift.On("PUT", ""), Fault: c.fault})
		if r, err := a.try("PUT", "/c/o", strings.NewReader("new")); err == nil {
			t.Errorf("answered %d", r.status)
		}
		is(t, "stored", a.want(200, "GET", "/c/o", "").body, c.stored)
	}
	plan.Clear()
	plan.Add(localswift.Rule{Fault: localswift.CorruptUpload(1)})
	a.want(422, "PUT", "/c/o", "abc", "Etag: "+md5hex("abc"))
	plan.Clear()
	plan.Add(localswift.Rule{Fault: localswift.Delay(time.Millisecond)})
	a.want(200, "GET", "/c/o", "")
	for _, f := range []localswift.Fault{localswift.Silence(), localswift.StallReply(2)} {
		plan.Clear()
		plan.Add(localswift.Rule{Fault: f})
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		req, err := http.NewRequestWithContext(ctx, "GET", a.base+"/c/o", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Auth-Token", a.token)
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("silence: %v", err)
		}
		cancel()
	}
}

func TestFaultsOfListings(t *testing.T) {
	plan, a := faulty(t)
	a.want(201, "PUT", "/c/p", "")
	a.want(201, "PUT", "/c/q", "")
	plan.Add(localswift.Rule{Match: localswift.On("GET", "/c?"), Fault: localswift.ShortPages(1)})
	is(t, "short", strings.Join(a.names("/c?marker=o"), " "), "p")
	plan.Clear()
	plan.Add(localswift.Rule{Match: localswift.On("GET", "/c?"), Fault: localswift.RepeatPage()})
	is(t, "repeated", strings.Join(a.names("/c?marker=o"), " "), "o p q")
}
