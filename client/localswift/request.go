package localswift

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	idleTimeout    = 65 * time.Second // what RGW was seen to use
	maxHeaderBytes = 64 << 10
)

// quietLog swallows net/http's remarks about clients that went away.
var quietLog = log.New(io.Discard, "", 0)

// request is one request on its way.
type request struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	store *store
	ctx   context.Context
	now   time.Time
	trans string
	query url.Values
	auth  bool // it is one to /auth

	account, container, object string

	user   *User      // nil: nobody signed in
	owner  bool       // may see and change what only owners may
	signed *signature // a TempURL, when one let the request in
	stale  bool       // objects that have expired are found, too
}

// Handler returns the endpoint as a handler. It wants the request's path
// untouched: no ServeMux before it, which would clean "a//b".
func (s *Server) Handler() http.Handler {
	var h http.Handler = http.HandlerFunc(s.serve)
	if s.opt.Faults != nil {
		h = s.opt.Faults.wrap(h)
	}
	return h
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	now := s.opt.Now()
	q := &request{s: s, w: w, r: r, ctx: r.Context(), now: now}
	q.trans = fmt.Sprintf("tx%021x-%010x", s.trans.Add(1), now.Unix())
	h := w.Header()
	h.Set("X-Trans-Id", q.trans)
	h.Set("X-Openstack-Request-Id", q.trans)
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	body := &countingBody{ReadCloser: r.Body}
	own := *r // net/http looks at its own request's Body when it answers
	own.Body = body
	q.r = &own
	rec := &recorder{ResponseWriter: w, early: q.early(body)}
	q.w = rec
	start := time.Now()
	s.running.Add(1)
	defer s.running.Add(-1)
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler {
			s.tell(q, rec, body, start, fmt.Sprint(v))
			panic(v)
		} else if v != nil {
			s.tell(q, rec, body, start, "connection cut")
			panic(v)
		}
		s.tell(q, rec, body, start, "")
	}()
	if err := q.route(); err != nil {
		if rec.status != 0 {
			// The reply has begun; only a broken connection can tell.
			panic(http.ErrAbortHandler)
		}
		q.failed(err)
	}
	q.drain(rec, body)
}

// tell gives Options.Log the line of a request.
func (s *Server) tell(q *request, rec *recorder, body *countingBody, start time.Time, note string) {
	if s.opt.Log == nil {
		return
	}
	line := fmt.Sprintf("%s %s: %d", q.r.Method, logPath(q.r.URL), rec.status)
	if q.user != nil {
		line += " for " + q.user.Name
	}
	line += fmt.Sprintf(", %d bytes in, %d out (%s)", body.n, rec.n, time.Since(start).Round(100*time.Microsecond))
	if note != "" {
		line += ", " + note
	}
	s.opt.Log(line)
}

// logPath is the target as a log may show it: without a TempURL's signature.
func logPath(u *url.URL) string {
	if u.RawQuery == "" {
		return u.EscapedPath()
	}
	v := u.Query()
	if v.Has("temp_url_sig") || strings.Contains(u.RawQuery, "temp_url_sig") {
		v.Set("temp_url_sig", "hidden")
		return u.EscapedPath() + "?" + v.Encode()
	}
	return u.EscapedPath() + "?" + u.RawQuery
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	early  func() bool // whether some of the request's body is still to come
	status int
	n      int64
}

func (r *recorder) WriteHeader(status int) {
	if status >= 200 && r.status == 0 {
		r.status = status
		if r.early() {
			// Else net/http reads the body before it sends the answer.
			http.NewResponseController(r.ResponseWriter).EnableFullDuplex()
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	n, err := r.ResponseWriter.Write(p)
	r.n += int64(n)
	return n, err
}

// ReadFrom keeps sendfile for whole files.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(r.ResponseWriter, src)
	r.n += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// countingBody counts what was read of a request's body.
type countingBody struct {
	io.ReadCloser
	n   int64
	end bool
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	if err != nil {
		b.end = true
	}
	return n, err
}

// split takes the path apart. It works on the decoded path, as the servers do:
// an encoded slash is a slash. Without an account in the path it is the user's.
func (q *request) split(path string, account bool) error {
	if !utf8.ValidString(path) || strings.ContainsRune(path, 0) {
		return q.s.opt.Personality.badPath()
	}
	if account {
		q.account, path, _ = strings.Cut(path, "/")
	} else if q.user != nil {
		q.account = q.user.Account
	}
	q.container, q.object, _ = strings.Cut(path, "/")
	if (account && q.account == "") || (q.container == "" && q.object != "") {
		if q.s.opt.Personality == RGW {
			return errNoObject
		}
		return errBadURL
	}
	return nil
}

// route finds out what is asked for, and by whom, and does it.
func (q *request) route() error {
	p := q.s.opt.Personality
	path := q.r.URL.Path
	// A query that does not parse in part is used as far as it goes.
	q.query, _ = url.ParseQuery(q.r.URL.RawQuery)
	switch {
	case p.isAuth(path):
		q.auth = true
		return q.signIn()
	case path == p.root()+"/info":
		return q.info()
	case path == p.root()+"/healthcheck":
		kind, body := p.healthy()
		q.answer(http.StatusOK, kind, body)
		return nil
	}
	rest, ok := strings.CutPrefix(path, p.root()+"/v1")
	if !ok || (rest != "" && rest[0] != '/') {
		return p.stranger(q)
	}
	rest = strings.TrimPrefix(rest, "/")
	if err := q.identify(); err != nil {
		q.account, _, _ = strings.Cut(rest, "/")
		return err
	}
	if err := q.split(rest, p != RGW); err != nil {
		return err
	}
	var err error
	if q.store, err = q.s.data(); err != nil {
		return err
	}
	if q.r.Method == http.MethodOptions && p != RGW {
		q.w.Header().Set("Allow", failureOf(errMethod).allow)
		q.answer(http.StatusOK, htmlType, "")
		return nil
	}
	q.s.expire(q.ctx, q.store, q.now)
	if err := q.checkTempURL(); err != nil {
		return err
	}
	switch {
	case q.isBulkDelete():
		return q.bulkDelete()
	case q.container == "":
		return q.serveAccount()
	case q.object == "":
		return q.serveContainer()
	}
	return q.serveObject()
}

// early tells whether an answer now comes before the end of the request's
// body. A client that waits for "100 Continue" has sent nothing and will not.
func (q *request) early(body *countingBody) func() bool {
	return func() bool {
		waits := body.n == 0 && q.r.Header.Get("Expect") != ""
		return !body.end && q.r.ContentLength != 0 && !waits
	}
}

// drain reads what the client still sends after an early answer, so that it
// gets to read that answer and can use the connection again. Both servers do.
func (q *request) drain(rec *recorder, body *countingBody) {
	if !rec.early() {
		return
	}
	c := http.NewResponseController(rec.ResponseWriter)
	if err := c.Flush(); err != nil {
		return
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	for !body.end {
		if err := c.SetReadDeadline(time.Now().Add(idleTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return
		}
		body.Read(*buf)
	}
	c.SetReadDeadline(time.Time{})
}
