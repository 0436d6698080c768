package store

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// Refused ends a connection on which an upload was refused before its body was sent. RGW leaves it
// open, but takes what comes next for the body, and answers 400 without a word to a request that
// nothing is wrong with.
type Refused struct{ Base http.RoundTripper }

// RoundTrip passes on a request, and looks at the answer of those that wait for a 100.
func (t Refused) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Header.Get("Expect") == "" {
		return t.Base.RoundTrip(req)
	}
	var conn atomic.Pointer[net.Conn]
	var went atomic.Bool
	resp, err := t.Base.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn:        func(i httptrace.GotConnInfo) { conn.Store(&i.Conn) },
		Got100Continue: func() { went.Store(true) },
	})))
	if err != nil || resp.StatusCode < 300 || went.Load() || conn.Load() == nil {
		return resp, err
	}
	// All but the last byte, so that nobody is given the connection meanwhile.
	first, err := io.ReadAll(io.LimitReader(resp.Body, max(0, resp.ContentLength-1)))
	(*conn.Load()).Close()
	last, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // what has arrived
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(append(first, last...)))
	return resp, nil
}
