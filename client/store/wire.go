package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// The order of the RoundTrippers, from the caller to the wire, is
//
//	Status      answers that are no success become errors
//	signin.Transport  the token and the real storage URL; renews the token
//	Clock       how far the server's clock is from ours
//	Log         what was asked and answered, without secrets
//	Stall       gives up on a connection on which nothing moves
//	Limit       bounds the bytes a second; only when asked for
//	Refused     ends connections on which an upload was refused
//	Wire        HTTP/1.1 connections, proxies from the environment
//
// Signing in itself goes through Log, Stall, Limit, Refused and Wire.

// Silence is how long a connection may stand still while bytes should move, and Patience how long
// the answer to a request may take: a server-side look through a huge container takes minutes.
const (
	Silence  = time.Minute
	Patience = 5 * time.Minute
)

// Wire is the transport at the bottom. HTTP/1.1 only: one HTTP/2 connection would carry all
// parallel transfers. No compression: images are hashed as they are stored.
func Wire() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		TLSHandshakeTimeout:    20 * time.Second,
		ExpectContinueTimeout:  time.Second, // some sites never say 100; those that do save us the body of a refused upload
		DisableCompression:     true,
		Protocols:              onlyHTTP1(),
		MaxIdleConns:           128,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        50 * time.Second, // RGW closes after 65
		MaxResponseHeaderBytes: maxHead,
	}
}

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{Timeout: 20 * time.Second, KeepAlive: 30 * time.Second}).DialContext(ctx, network, address)
	if tcp, ok := c.(*net.TCPConn); ok {
		return conn{tcp}, err
	}
	return c, err
}

func onlyHTTP1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

// Status turns answers that are no success into *StatusError, and failures into *BrokenError.
type Status struct{ Base http.RoundTripper }

// RoundTrip returns an answer of 2xx, or an error.
func (t Status) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.Base.RoundTrip(req)
	if err != nil {
		return nil, broken(req.Context(), err)
	}
	if resp.StatusCode < 300 {
		if req.Method != http.MethodGet {
			resp.Body = &short{io.LimitReader(resp.Body, maxAnswer), resp.Body}
		}
		return resp, nil
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	e := &StatusError{Method: req.Method, Path: strings.TrimPrefix(req.URL.Path, placeholderPath), Status: resp.StatusCode}
	e.Reason = reason(resp.Header.Get("Content-Type"), body)
	if to, err := resp.Location(); err == nil {
		e.Reason = "a redirect to " + reason("", []byte(to.Scheme+"://"+to.Host))
	}
	e.RetryAfter = retryAfter(resp.Header)
	return nil, e
}

// retryAfter is how long an answer asks to wait: seconds, or until a date by the server's clock, as what
// stands before servers may write it.
func retryAfter(h http.Header) time.Duration {
	said := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(said, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), 1<<32)) * time.Second // more does not fit
	}
	until, err := http.ParseTime(said)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, until.Sub(now))
}

// maxHead is how many bytes of the head of an answer are read. Swift allows 4 KiB of metadata.
const maxHead = 256 << 10

// maxAnswer is how much is read of the answer to a request that asks for no bytes: libraries read
// such an answer to its end, and it may have none.
const maxAnswer = 1 << 20

// short is a body of which the begin is read.
type short struct {
	io.Reader
	io.Closer
}

var placeholderPath = func() string {
	u, err := url.Parse(signin.Placeholder)
	if err != nil {
		panic(err)
	}
	return u.Path
}()

// broken says what kind of failure it is, for those that have no type yet.
func broken(ctx context.Context, err error) error {
	var source *SourceError
	var in *signin.Error
	var settings *signin.SettingsError
	var is *BrokenError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &source):
		return source
	case errors.As(err, &in), errors.As(err, &settings), errors.As(err, &is), errors.Is(err, signin.ErrRenewed), errors.Is(err, ErrGarbled):
		return err
	}
	return &BrokenError{err}
}

// reason finds the words in an error's body: RGW sends one word, or JSON with a Code, Swift HTML.
func reason(contentType string, body []byte) string {
	text := string(body)
	var coded struct{ Code, Message string }
	switch {
	case json.Unmarshal(body, &coded) == nil && coded.Code != "":
		text = coded.Code + " " + coded.Message
	case strings.Contains(contentType, "html") || strings.Contains(contentType, "xml"):
		text = stripTags(text)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 200 {
		cut := 200
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "..."
	}
	return text
}

func stripTags(html string) string {
	var b strings.Builder
	depth := 0
	for _, r := range html {
		switch {
		case r == '<':
			depth++
		case r == '>' && depth > 0:
			depth--
			b.WriteByte(' ')
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Log tells of each request and its answer: method, path, status, time. No headers: they hold
// tokens.
type Log struct {
	Base http.RoundTripper
	To   func(line string)
}

// RoundTrip tells and passes on.
func (t Log) RoundTrip(req *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, err := t.Base.RoundTrip(req)
	shown := url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: req.URL.Path}
	line := fmt.Sprintf("%s %s", req.Method, shown.String())
	if r := req.Header.Get("Range"); r != "" {
		line += " " + r
	}
	took := time.Since(start).Round(time.Millisecond)
	if err != nil {
		t.To(fmt.Sprintf("%s: %v (%s)", line, err, took))
	} else {
		t.To(fmt.Sprintf("%s: %d (%s)", line, resp.StatusCode, took))
	}
	return resp, err
}

// errHeader is a failure to read the head of an answer. What net/http says of it quotes the server,
// which may have said a token.
var errHeader = errors.New("the server's answer has a header that cannot be read")

// errLongHead is a head of more than maxHead. Whoever sends one may always do.
var errLongHead = fmt.Errorf("%w: its headers are longer than %d KiB", ErrGarbled, maxHead>>10)

// discreet is err without words of the server's, and with those of this program where net/http has
// nothing but words.
func discreet(err error) error {
	var quoting textproto.ProtocolError
	switch {
	case errors.As(err, &quoting):
		return errHeader
	case strings.Contains(err.Error(), "server response headers exceeded"):
		return errLongHead
	}
	return err
}

// errStalled is why Stall gave up.
var errStalled = errors.New("nothing moved for too long")

// Stall ends a request whose bytes stop moving, in either direction, or whose answer does not come.
// As the one that sees the wire's errors first, it keeps what a server said out of them.
type Stall struct {
	Base              http.RoundTripper
	Silence, Patience time.Duration
}

// RoundTrip passes on a request whose body and answer are watched.
func (t Stall) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	watch := &watch{silence: t.Silence, patience: t.Patience, cancel: cancel}
	watch.timer = time.AfterFunc(t.Patience, func() { cancel(errStalled) })
	req = req.Clone(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &watched{ReadCloser: req.Body, watch: watch, sending: true}
	}
	resp, err := t.Base.RoundTrip(req)
	if err != nil {
		watch.stop()
		if context.Cause(ctx) == errStalled {
			err = errStalled
		}
		return nil, discreet(err)
	}
	watch.reset(t.Silence)
	resp.Body = &watched{ReadCloser: resp.Body, watch: watch, ctx: ctx}
	return resp, nil
}

type watch struct {
	silence, patience time.Duration
	mu                sync.Mutex
	timer             *time.Timer
	stopped           bool
	cancel            context.CancelCauseFunc
}

func (w *watch) reset(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.timer.Reset(d)
	}
}

func (w *watch) stop() {
	w.mu.Lock()
	w.stopped = true
	w.timer.Stop()
	w.mu.Unlock()
	w.cancel(nil)
}

type watched struct {
	io.ReadCloser
	watch   *watch
	ctx     context.Context
	sending bool // a request's body: at its end the answer may take its time
}

func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case b.sending && err == io.EOF:
		b.watch.reset(b.watch.patience)
	case b.sending || err == nil:
		b.watch.reset(b.watch.silence)
	case context.Cause(b.ctx) == errStalled:
		err = errStalled
	}
	return n, err
}

func (b *watched) send(to *net.TCPConn, n int64) (int64, error) {
	sent, err := send(b.ReadCloser, to, n)
	b.watch.reset(b.watch.silence)
	return sent, err
}

func (b *watched) Close() error {
	err := b.ReadCloser.Close()
	if !b.sending {
		b.watch.stop()
	}
	return err
}
