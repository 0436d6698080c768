package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// Bytes behind an answer, as OpenStack Swift behind Keystone sends them when it refuses a HEAD, end the
// connection, and nobody is told.
func TestBytesBehindAnAnswer(t *testing.T) {
	v := newVictim(t)
	var refused atomic.Int32
	v.h.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodHead {
			return false
		}
		c, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return true
		}
		defer c.Close()
		refused.Add(1)
		io.WriteString(c, "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n0\r\n\r\n")
		buffered.ReadByte() // until the client closes
		return true
	})
	for range 3 {
		out, errs, code := v.run("stat", "lab/con.sif")
		if code != 4 || out != "" || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "sregistry-shell: stat lab/con.sif: ") {
			t.Errorf("exit %d: %s%s", code, out, errs)
		}
	}
	if refused.Load() == 0 {
		t.Error("nothing was refused")
	}
}

// What a server says when it refuses is shown in one line, with what a terminal would obey escaped or
// left out.
func TestHostileWords(t *testing.T) {
	v := newVictim(t)
	v.h.answers(func(w http.ResponseWriter, r *http.Request) bool {
		object := strings.HasPrefix(r.URL.Path, "/v1/a/lab")
		if object {
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, "red\x1b[31m zero\u200bwidth tag\U000e0041 rtl\u202efis para\u2029 c1\u009b line\nsregistry-shell: forged")
		}
		return object
	})
	const said = `red [31m zero\u200bwidth tag\U000e0041 rtl fis para c1 line sregistry-shell: forged`
	for _, args := range [][]string{
		{"search", "lab/"}, {"--json", "search", "lab/"}, {"-e", `client.search("lab/")`}, {"-e", `print(select(2, pcall(client.search, "lab/")).message:gsub("[^ -~]", "?"))`},
	} {
		out, errs, status := v.run(args...)
		json, script := args[0] == "--json", strings.HasPrefix(out, "search ")
		if want := map[bool]int{false: 4}[script]; status != want || !json && !script && !strings.Contains(errs, said) || json && !strings.Contains(errs, `zero\u200bwidth`) {
			t.Errorf("%q exits %d: %s%s", args, status, out, errs)
		}
	}
}

// Headers of a megabyte are refused in words, and soon.
func TestHostileHeaders(t *testing.T) {
	v := newVictim(t)
	v.h.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/v1/") {
			return false
		}
		for i := range 1024 {
			w.Header().Set(fmt.Sprintf("X-Object-Meta-%d", i), strings.Repeat("x", 1024))
		}
		return true
	})
	for _, args := range [][]string{{"stat", "lab/con.sif"}, {"pull", "--name", "x.sif", "lab/con.sif"}, {"search", "lab/"}} {
		out, errs, status := v.run(args...)
		if status != 5 || out != "" || !strings.Contains(errs, "its headers are longer than 256 KiB") {
			t.Errorf("%q exits %d: %s%s", args, status, out, errs)
		}
	}
}

// Whatever a service answers, what is shown is harmless, and the program ends in good order.
func TestHostileAnswers(t *testing.T) {
	v := newVictim(t)
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	storage := func(r *http.Request) bool { return !strings.HasPrefix(r.URL.Path, "/auth") }
	for what, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"a redirect": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", other.URL+"/\x1b[31m?token=x")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		},
		"a redirect of storage": func(w http.ResponseWriter, r *http.Request) bool {
			if storage(r) {
				w.Header().Set("Location", other.URL+"/v1/a")
				w.WriteHeader(http.StatusMovedPermanently)
			}
			return storage(r)
		},
		"words that move the cursor": func(w http.ResponseWriter, r *http.Request) bool {
			if storage(r) {
				w.WriteHeader(http.StatusForbidden)
				io.WriteString(w, "zero\u200bwidth tag\U000e0041 para\u2029 \x1b]0;owned\x07\x1b[2J\u202e\nsregistry-shell: forged\r"+strings.Repeat("x", 1<<20))
			}
			return storage(r)
		},
		"a storage URL that is none": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("X-Storage-Url", "\x1b[31m\u202egopher://x")
			w.Header().Set("X-Auth-Token", "geheim-token")
			return true
		},
		"a file as storage": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("X-Storage-Url", "file:///etc")
			w.Header().Set("X-Auth-Token", "geheim-token")
			return true
		},
		"a token that is a header": func(w http.ResponseWriter, r *http.Request) bool {
			if !storage(r) {
				w.Header().Set("X-Storage-Url", v.h.URL+"/v1/a")
				w.Header().Set("X-Auth-Token", "geheim\u202e\x01 x")
			}
			return !storage(r)
		},
		"no HTTP": func(w http.ResponseWriter, r *http.Request) bool {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				io.WriteString(conn, "\x1b[2J\x1b[31m not HTTP\u202e\r\n\r\n")
				conn.Close()
			}
			return true
		},
		"a body without end": func(w http.ResponseWriter, r *http.Request) bool {
			for storage(r) && r.Method != http.MethodHead {
				if _, err := w.Write(bytes.Repeat([]byte("["), 1<<16)); err != nil {
					break
				}
			}
			return storage(r)
		},
		"an object of an exabyte": func(w http.ResponseWriter, r *http.Request) bool {
			if object := strings.HasPrefix(r.URL.Path, "/v1/a/lab/"); !object {
				return false
			}
			w.Header().Set("Content-Length", "1152921504606846976")
			w.Header().Set("Etag", "\"\x1b[31m\"")
			if r.Method == http.MethodGet {
				w.Write(make([]byte, 1<<16))
			}
			return true
		},
		"an object without a length": func(w http.ResponseWriter, r *http.Request) bool {
			object := strings.HasPrefix(r.URL.Path, "/v1/a/lab/") && r.Method == http.MethodGet
			for object {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					break
				}
			}
			return object
		},
	} {
		t.Run(what, func(t *testing.T) {
			v.T = t
			v.h.answers(answer)
			for _, args := range [][]string{
				{"search"}, {"--json", "search"}, {"pull", "--name", "x.sif", "lab/con.sif"}, {"stat", "lab/con.sif"}, {"delete", "lab/con.sif"},
			} {
				out, errs, status := v.run(append([]string{"--debug", "--timeout=0.2s"}, args...)...)
				if status == 0 && args[0] == "pull" {
					t.Errorf("%q: done: %s%s", args, out, errs)
				}
				if status < 0 || status == 1 {
					t.Errorf("%q exits %d: %.500s%.500s", args, status, out, errs)
				}
			}
			if _, err := os.Stat(filepath.Join(v.dir, "x.sif")); err == nil {
				t.Error("a file was made")
			}
			v.contained(what)
		})
	}
	if elsewhere > 0 {
		t.Errorf("another host was asked %d times", elsewhere)
	}
}
