package localswift

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// On matches requests by method ("" is any) and by a part of the path or query
// ("" is any).
func On(method, part string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return (method == "" || r.Method == method) && strings.Contains(r.URL.RequestURI(), part)
	}
}

// Answer answers with a status and a body instead of doing anything. Headers
// are given as "Name: value".
func Answer(status int, body string, headers ...string) Fault {
	return answerWith(status, int64(len(body)), strings.NewReader(body), headers)
}

// AnswerSize is Answer with a body of size bytes, made as it is sent.
func AnswerSize(status int, size int64, headers ...string) Fault {
	return answerWith(status, size, zeros{}, headers)
}

// zeros is a body without end.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func answerWith(status int, size int64, body io.ReaderAt, headers []string) Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			for _, h := range headers {
				name, value, _ := strings.Cut(h, ": ")
				w.Header().Set(name, value)
			}
			w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
			w.WriteHeader(status)
			if r.Method != http.MethodHead {
				io.Copy(w, io.NewSectionReader(body, 0, size))
			}
		})
	}
}

// Redirect sends the client to another URL.
func Redirect(status int, location string) Fault {
	return Answer(status, "", "Location: "+location)
}

// Delay waits before the request is looked at.
func Delay(d time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-t.C:
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
			case <-stopping(r.Context()):
			}
		})
	}
}

// Silence takes the whole request and never answers, until the client gives up
// or the server stops.
func Silence() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			select {
			case <-r.Context().Done():
			case <-stopping(r.Context()):
			}
			panic(http.ErrAbortHandler)
		})
	}
}

// ResetBefore resets the connection as soon as the request's head is there.
func ResetBefore() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reset(w) })
	}
}

// ResetUpload resets the connection after n bytes of the request's body; what
// had come is not stored.
func ResetUpload(n int64) Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.CopyN(io.Discard, r.Body, n)
			reset(w)
		})
	}
}

// ResetAfter does what is asked and resets the connection instead of
// answering.
func ResetAfter() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&discard{h: http.Header{}}, r)
			reset(w)
		})
	}
}

// discard swallows a reply.
type discard struct{ h http.Header }

func (d *discard) Header() http.Header         { return d.h }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

// reset ends the connection with RST.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// CorruptUpload changes one byte of the request's body on its way, at offset
// off.
func CorruptUpload(off int64) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			own := *r
			own.Body = &corruptBody{ReadCloser: r.Body, left: off}
			next.ServeHTTP(w, &own)
		})
	}
}

type corruptBody struct {
	io.ReadCloser
	left int64
}

func (b *corruptBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left >= 0 && b.left < int64(n) {
		p[b.left] ^= 0x20
	}
	b.left -= int64(n)
	return n, err
}

// ShortPages answers listings with at most n names though more are there, as
// servers may.
func ShortPages(n int) Fault {
	return changeQuery(func(v queryValues) { v.Set("limit", strconv.Itoa(n)) })
}

// RepeatPage answers a listing as if it had no marker: the first page again.
func RepeatPage() Fault {
	return changeQuery(func(v queryValues) { v.Del("marker") })
}
