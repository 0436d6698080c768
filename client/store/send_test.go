package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// sending is a body that sends itself up to a place, and has to be read from there on.
type sending struct {
	*bytes.Reader
	content []byte
	until   int64
	sent    atomic.Int64
}

func (b *sending) SendAt(to *net.TCPConn, off, n int64) (int64, error) {
	if off+n > b.until {
		return 0, errors.ErrUnsupported
	}
	k, err := to.Write(b.content[off : off+n])
	b.sent.Add(int64(k))
	return int64(k), err
}

// signed sends requests for the placeholder to a server.
type signed struct {
	base http.RoundTripper
	to   string
}

func (s signed) RoundTrip(req *http.Request) (*http.Response, error) {
	u, err := url.Parse(s.to + strings.TrimPrefix(req.URL.String(), signin.Placeholder))
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.URL, req.Host = u, ""
	return s.base.RoundTrip(req)
}

func TestBodiesSendThemselves(t *testing.T) {
	var got []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
	}))
	defer server.Close()
	content := make([]byte, 2<<20+5)
	rand.NewChaCha8([32]byte{1}).Read(content)
	for _, until := range []int64{0, 1 << 20, 1 << 40} {
		for _, limit := range []int64{0, 1 << 40} {
			wire := Wire()
			defer wire.CloseIdleConnections()
			var base http.RoundTripper = wire
			if limit > 0 {
				base = NewLimit(base, limit)
			}
			s := NewSwift(Status{signed{Stall{Base: base, Silence: time.Minute, Patience: time.Minute}, server.URL}})
			body := &sending{Reader: bytes.NewReader(content), content: content, until: until}
			const off = 7
			n := int64(len(content) - off)
			if _, err := s.Put(context.Background(), Key{"c", "o"}, body, off, n, Header{}); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, content[off:]) {
				t.Fatalf("until %d: other bytes arrived", until)
			}
			switch sent := body.sent.Load(); {
			case until == 0 && sent != 0, until == 1<<20 && (sent == 0 || sent > until), until > n && sent != n:
				t.Errorf("until %d of %d: %d bytes sent themselves", until, n, sent)
			}
		}
	}
}
