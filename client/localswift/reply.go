package localswift

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"syscall"
)

// failure is an answer that is no success. The dialects share the status and
// differ in the body: OpenStack sends a small HTML page unless text is given,
// RGW one bare word.
type failure struct {
	status int
	word   string // RGW's error code
	text   string // OpenStack's own text, "" for the standard page
	plain  bool   // that text is text/plain
	bare   bool   // OpenStack sends no body at all
	allow  string // the Allow header
	realm  string // in Www-Authenticate, "" for the account
	etag   string // of a body that was refused, which RGW tells

	ofObject bool // the reply still tells of the object: OpenStack keeps its headers
}

func (f *failure) Error() string { return fmt.Sprintf("%d %s %s", f.status, f.word, f.text) }

func fail(status int, word string) error { return &failure{status: status, word: word} }

func failText(status int, word, text string) error {
	return &failure{status: status, word: word, text: text}
}

func failPlain(status int, word, text string) error {
	return &failure{status: status, word: word, text: text, plain: true}
}

// The failures many requests share.
var (
	errNoObject    = fail(http.StatusNotFound, "NoSuchKey")
	errNoContainer = fail(http.StatusNotFound, "NoSuchBucket")

	errMethod error = &failure{status: http.StatusMethodNotAllowed, word: "MethodNotAllowed", allow: "OPTIONS, PUT, HEAD, POST, DELETE, GET"}
)

// failureOf finds the answer for any error.
func failureOf(err error) *failure {
	var f *failure
	var st *storageError
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, errBodyTooLarge):
		return &failure{status: http.StatusRequestEntityTooLarge, word: "EntityTooLarge"}
	case errors.Is(err, errShortBody):
		return &failure{status: 499, word: "RequestTimeout"}
	case errors.As(err, &st) && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)), indexFull(err):
		return &failure{status: http.StatusInsufficientStorage, word: "InsufficientStorage"}
	}
	return &failure{status: http.StatusInternalServerError, word: "InternalError", text: "the embedded endpoint failed: " + err.Error() + "\n"}
}

// reasons are the texts of OpenStack's standard pages (swift/common/swob.py).
var reasons = map[int][2]string{
	202: {"Accepted", "The request is accepted for processing."},
	301: {"Moved Permanently", "The resource has moved permanently."},
	400: {"Bad Request", "The server could not comply with the request since it is either malformed or otherwise incorrect."},
	401: {"Unauthorized", "This server could not verify that you are authorized to access the document you requested."},
	403: {"Forbidden", "Access was denied to this resource."},
	404: {"Not Found", "The resource could not be found."},
	405: {"Method Not Allowed", "The method is not allowed for this resource."},
	406: {"Not Acceptable", "The resource is not available in a format acceptable to your browser."},
	409: {"Conflict", "There was a conflict when trying to complete your request."},
	411: {"Length Required", "Content-Length header required."},
	412: {"Precondition Failed", "A precondition for this request was not met."},
	413: {"Request Entity Too Large", "The body of your request was too large for this server."},
	416: {"Requested Range Not Satisfiable", "The Range requested is not available."},
	422: {"Unprocessable Entity", "Unable to process the contained instructions"},
	499: {"Client Disconnect", "The client was disconnected during request."},
	500: {"Internal Error", "The server has either erred or is incapable of performing the requested operation."},
	507: {"Insufficient Storage", "There was not enough space to save the resource."},
}

// page is OpenStack's standard body of a status.
func page(status int) string {
	r, ok := reasons[status]
	if !ok {
		return ""
	}
	return "<html><h1>" + r[0] + "</h1><p>" + r[1] + "</p></html>"
}

const htmlType = "text/html; charset=UTF-8"

// body is a failure's body and its type in the server's dialect.
func (f *failure) body(p Personality, q *request) (string, string) {
	if p != RGW {
		if f.bare {
			return "", ""
		}
		if f.text != "" && f.plain {
			return f.text, "text/plain"
		}
		if f.text != "" {
			return f.text, htmlType
		}
		return page(f.status), htmlType
	}
	if f.word == "" {
		return "", "text/plain; charset=utf-8"
	}
	if q.auth || wantsJSON(q) {
		b, _ := json.Marshal(struct{ Code, Message, RequestId, HostId string }{f.word, "", q.trans, "localswift"})
		return string(b), "application/json; charset=utf-8"
	}
	return f.word, "text/plain; charset=utf-8"
}

// failed answers with a failure.
func (q *request) failed(err error) {
	if errors.Is(err, errNoRow) {
		err = errNoObject
	}
	f := failureOf(err)
	h := q.w.Header()
	if rgw := q.s.opt.Personality == RGW; rgw || !f.ofObject {
		q.bareHeaders()
		if rgw {
			h.Set("Accept-Ranges", "bytes") // seen with every error
		}
	}
	if f.allow != "" && q.s.opt.Personality != RGW {
		h.Set("Allow", f.allow)
	}
	if f.status == http.StatusUnauthorized && h.Get("Www-Authenticate") == "" && q.s.opt.Personality != RGW {
		realm := cmp.Or(f.realm, q.account, "unknown")
		h.Set("Www-Authenticate", `Swift realm="`+realm+`"`)
	}
	body, kind := f.body(q.s.opt.Personality, q)
	if f.status == http.StatusNotModified {
		body, kind = "", ""
		if q.s.opt.Personality == RGW {
			h.Set("Last-Modified", lastModified(0))
			kind = RGW.defaultType()
		}
	}
	if f.etag != "" {
		h.Set(RGW.etagName(), f.etag)
	}
	q.answer(f.status, kind, body)
}

// bareHeaders takes back what was said of an object or a container.
func (q *request) bareHeaders() {
	h := q.w.Header()
	for name := range h {
		switch name {
		case "X-Trans-Id", "X-Openstack-Request-Id", "Date", "Www-Authenticate":
		default:
			h.Del(name)
		}
	}
}

// done answers a change with OpenStack's standard page, which is empty for 201
// and 204; RGW's is always empty.
func (q *request) done(status int) {
	if q.s.opt.Personality == RGW {
		kind := q.w.Header().Get("Content-Type")
		if kind == "" {
			kind = "text/plain; charset=utf-8"
		}
		q.answer(status, kind, "")
		return
	}
	q.answer(status, htmlType, page(status))
}

// answer sends a whole reply; a HEAD gets everything but the body.
func (q *request) answer(status int, kind, body string) {
	h := q.w.Header()
	if kind != "" {
		h.Set("Content-Type", kind)
	}
	if q.r.Method == http.MethodHead && q.s.opt.Personality != RGW {
		body = ""
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	q.w.WriteHeader(status)
	if q.r.Method != http.MethodHead {
		io.WriteString(q.w, body)
	}
}
