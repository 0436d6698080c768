package localswift

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

type queryValues = url.Values

// changeQuery changes the request's query.
func changeQuery(change func(queryValues)) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			own, u := *r, *r.URL
			v := u.Query()
			change(v)
			u.RawQuery = v.Encode()
			own.URL = &u
			next.ServeHTTP(w, &own)
		})
	}
}

// Reply is a finished reply that a fault may change.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// recordedReply collects a reply.
type recordedReply struct {
	Reply
	buf bytes.Buffer
}

func (r *recordedReply) Header() http.Header { return r.Reply.Header }

func (r *recordedReply) WriteHeader(status int) {
	if r.Status == 0 && status >= 200 {
		r.Status = status
	}
}

func (r *recordedReply) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.buf.Write(p)
}

// Edit changes the finished reply. The Content-Length is made to fit the body
// again, so that what arrives is good HTTP. The body is held in memory.
func Edit(change func(*Reply)) Fault {
	return recordThen(func(w http.ResponseWriter, r *http.Request, reply *Reply) {
		change(reply)
		if reply.Header.Get("Content-Length") != "" && r.Method != http.MethodHead {
			reply.Header.Set("Content-Length", strconv.Itoa(len(reply.Body)))
		}
		sendReply(w, r, reply)
	})
}

func recordThen(send func(http.ResponseWriter, *http.Request, *Reply)) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := &recordedReply{Reply: Reply{Header: http.Header{}}}
			next.ServeHTTP(rec, r)
			rec.Body = rec.buf.Bytes()
			send(w, r, &rec.Reply)
		})
	}
}

func sendReply(w http.ResponseWriter, r *http.Request, reply *Reply) {
	for name, v := range reply.Header {
		w.Header()[name] = v
	}
	w.WriteHeader(reply.Status)
	if r.Method != http.MethodHead {
		w.Write(reply.Body)
	}
}

// SetHeader puts a header into the reply: a wrong ETag, a Retry-After. An empty
// value removes it.
func SetHeader(name, value string) Fault {
	return Edit(func(r *Reply) {
		if value == "" {
			r.Header.Del(name)
		} else {
			r.Header.Set(name, value)
		}
	})
}

// Corrupt changes the byte at offset off of the reply's body.
func Corrupt(off int) Fault {
	return Edit(func(r *Reply) {
		if off < len(r.Body) {
			r.Body[off] ^= 0x20
		}
	})
}

// Extend adds bytes to the reply's body, and says so in its Content-Length.
func Extend(more string) Fault {
	return Edit(func(r *Reply) { r.Body = append(r.Body, more...) })
}

// Shorten takes the last n bytes off the reply's body, and says so in its
// Content-Length.
func Shorten(n int) Fault {
	return Edit(func(r *Reply) { r.Body = r.Body[:max(0, len(r.Body)-n)] })
}

// InvalidJSON cuts a reply's body in the middle, so that it does not parse.
func InvalidJSON() Fault {
	return Edit(func(r *Reply) { r.Body = r.Body[:len(r.Body)/2] })
}

// Truncate ends the connection in good order after n bytes of the reply's body,
// though its Content-Length promises all.
func Truncate(n int64) Fault {
	return cut(n, func(w http.ResponseWriter) { panic(http.ErrAbortHandler) })
}

// ResetReply resets the connection after n bytes of the reply's body.
func ResetReply(n int64) Fault { return cut(n, reset) }

// StallReply sends n bytes of the reply's body and then nothing, until the
// client gives up or the server stops.
func StallReply(n int64) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			cut(n, func(http.ResponseWriter) {
				select {
				case <-r.Context().Done():
				case <-stopping(r.Context()):
				}
				panic(http.ErrAbortHandler)
			})(next).ServeHTTP(w, r)
		})
	}
}

// cut passes n bytes of the reply's body on, then calls end.
func cut(n int64, end func(http.ResponseWriter)) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := &cutWriter{ResponseWriter: w, left: n}
			func() {
				// The server gives up with a panic when it cannot write on.
				defer func() {
					if v := recover(); v != nil && v != http.ErrAbortHandler {
						panic(v)
					}
				}()
				next.ServeHTTP(c, r)
			}()
			http.NewResponseController(w).Flush()
			end(w)
		})
	}
}

// cutWriter lets some bytes of a body through.
type cutWriter struct {
	http.ResponseWriter
	left int64
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		n, err := c.ResponseWriter.Write(p[:c.left])
		c.left = 0
		if err == nil {
			err = io.ErrClosedPipe
		}
		return n, err
	}
	n, err := c.ResponseWriter.Write(p)
	c.left -= int64(n)
	return n, err
}

// WrongLength sends the reply with a Content-Length that is off by delta, and
// closes the connection.
func WrongLength(delta int) Fault {
	return recordThen(func(w http.ResponseWriter, r *http.Request, reply *Reply) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer conn.Close()
		reply.Header.Set("Content-Length", strconv.Itoa(len(reply.Body)+delta))
		reply.Header.Set("Connection", "close")
		io.WriteString(rw, "HTTP/1.1 "+strconv.Itoa(reply.Status)+" "+http.StatusText(reply.Status)+"\r\n")
		reply.Header.Write(rw)
		io.WriteString(rw, "\r\n")
		if r.Method != http.MethodHead {
			rw.Write(reply.Body)
		}
		rw.Flush()
	})
}
