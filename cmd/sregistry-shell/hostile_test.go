package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// hostileNames are what somebody who may write to a container may call an object.
var hostileNames = []string{
	"../../escaped.sif", "..", "/etc/absolute.sif", "a/../../b-latest.sif", "./dot.sif", ".hidden.sif", "-rf.sif",
	"nul\x00nul.sif", "line\nsregistry-shell: forged line.sif", "cr\rover.sif", "tab\tbed.sif", "bell\a.sif",
	"red\x1b[31m\x1b[2J.sif", "title\x1b]0;owned\x07.sif", "c1\u009b31m.sif", "del\x7f.sif",
	"rtl\u202efis.exe", "isolate\u2066x\u2069.sif", "zero\u200bwidth.sif", "tag\U000e0041.sif", "para\u2029.sif", "\ufeffbom.sif",
	strings.Repeat("\U0001f9a0", 256), "quote\"'`$(touch owned).sif", `back\slash.sif`, "percent%s%n%00.sif", "json\",\"x\":\".sif",
	"latin\xff\xfe.sif", ".segments/../x-latest.sif", "semi;colon.sif", "space at the end .sif ", "con.sif",
}

// hostileTypes are what such an object may say of itself.
var hostileTypes = []string{
	"application/octet-stream; image=\"../../x\"; tag=\"y\"; sha256=" + strings.Repeat("0", 64) + "; size=1",
	"application/octet-stream; image=\"\x1b[31m\"; tag=\"\u202e\"; sha256=" + strings.Repeat("a", 64) + "; size=9223372036854775807",
	"application/octet-stream; size=-1; size=1; sha256=zz; image=a; image=b; tag=",
	"application/octet-stream; image=" + strings.Repeat("x", 60000),
	"\x1b[31mtext/html; charset=\u202e", "", ";;;===", "application/directory; x",
}

// hostile is a Swift service whose objects have hostile names and types, and that answers whatever
// a test says.
type hostile struct {
	*httptest.Server
	content []byte

	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request) bool // true: it answered
}

func newHostile(t *testing.T) *hostile {
	h := &hostile{content: []byte("hsqs of somebody else")}
	sum := md5.Sum(h.content)
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		answer := h.answer
		h.mu.Unlock()
		path := strings.TrimPrefix(r.URL.Path, "/v1/a/")
		switch {
		case answer != nil && answer(w, r):
		case strings.HasPrefix(r.URL.Path, "/auth"):
			w.Header().Set("X-Storage-Url", h.URL+"/v1/a")
			w.Header().Set("X-Auth-Token", "geheim-token")
		case r.URL.Path == "/v1/a" || r.URL.Path == "/v1/a/":
			h.list(w, r, []string{"lab", "col\x1b[2J", "..", "\u202ebal"})
		case path == "lab" && r.Method == http.MethodGet:
			h.list(w, r, hostileNames)
		case path == "lab":
		case strings.HasPrefix(path, "lab/"):
			w.Header().Set("Content-Type", hostileTypes[len(path)%len(hostileTypes)])
			w.Header().Set("Etag", `"`+hex.EncodeToString(sum[:])+`"`)
			http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(h.content))
		default:
			http.Error(w, "nothing\x1b[31m here\u202e", http.StatusNotFound)
		}
	}))
	h.Start() // when h is whole, for the handler reads it
	t.Cleanup(h.Close)
	return h
}

func (h *hostile) answers(f func(w http.ResponseWriter, r *http.Request) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = f
}

// list is one page and then an empty one.
func (h *hostile) list(w http.ResponseWriter, r *http.Request, names []string) {
	entries := []map[string]any{}
	q := r.URL.Query()
	for i, name := range sortedBytes(names) {
		if q.Get("marker") == "" && strings.HasPrefix(name, q.Get("prefix")) {
			entries = append(entries, map[string]any{"name": name, "bytes": len(h.content), "count": 1, "hash": "\x1b[31m",
				"content_type": hostileTypes[i%len(hostileTypes)], "last_modified": "2026\x1b[2J"})
		}
	}
	json.NewEncoder(w).Encode(entries)
}

func sortedBytes(names []string) []string {
	out := append([]string(nil), names...)
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// victim runs the program against a hostile service, in a folder within others.
type victim struct {
	*testing.T
	h         *hostile
	root, dir string
}

func newVictim(t *testing.T) *victim {
	v := &victim{T: t, h: newHostile(t), root: t.TempDir()}
	v.dir = filepath.Join(v.root, "a", "b", "work")
	if err := os.MkdirAll(filepath.Join(v.dir, "home"), 0o755); err != nil {
		t.Fatal(err)
	}
	return v
}

// run gives both streams, which hold nothing that a terminal obeys and no secret.
func (v *victim) run(args ...string) (out string, status int) {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.Context(), time.Minute)
	defer cancel()
	// What a server gets wrong for good is tried again for longer than a test has.
	cmd := exec.CommandContext(ctx, "sregistry-shell", append([]string{"--timeout=1s"}, args...)...)
	cmd.Dir = v.dir
	cmd.Env = append(os.Environ(), "HOME="+filepath.Join(v.dir, "home"), "TERM=xterm", "SREGISTRY_DISABLE_CREDENTIAL_CACHE=1", "SREGISTRY_SWIFT_USER=u",
		"SREGISTRY_SWIFT_TOKEN=geheim-key", "SREGISTRY_SWIFT_URL="+v.h.URL)
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err := cmd.Run()
	if ctx.Err() != nil {
		v.Errorf("%q does not end", args)
	}
	if cmd.ProcessState == nil {
		v.Fatal(err)
	}
	out = both.String()
	v.harmless(fmt.Sprintf("%.200q", args), out)
	return out, cmd.ProcessState.ExitCode()
}

func (v *victim) harmless(what, out string) {
	v.Helper()
	if !utf8.ValidString(out) {
		v.Errorf("%s writes what is no UTF-8: %.300q", what, out)
	}
	for _, r := range out {
		if r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && r != '\u200c' && r != '\u200d' {
			v.Errorf("%s writes %U: ...%.300q", what, r, out[max(0, strings.IndexRune(out, r)-100):])
			break
		}
	}
	for _, bad := range []string{"geheim", "panic:", "goroutine ", "\nsregistry-shell: forged"} {
		if strings.Contains(out, bad) {
			v.Errorf("%s writes %q: %.300q", what, bad, out)
		}
	}
}

// contained fails when anything lies outside of the folder.
func (v *victim) contained(what string) {
	v.Helper()
	err := filepath.WalkDir(v.root, func(path string, d os.DirEntry, err error) error {
		rel, relErr := filepath.Rel(v.root, path)
		if err != nil || relErr != nil {
			return err
		}
		if rel != "." && rel != "a" && rel != "a/b" && rel != "a/b/work" && !strings.HasPrefix(rel, "a/b/work/") {
			v.Errorf("%s makes %q", what, rel)
		}
		return nil
	})
	if err != nil {
		v.Error(err)
	}
}

// Whatever objects are called and say of themselves, nothing reaches the terminal that it would
// obey, and no file is made outside of the folder that was meant, or hidden in it.
func TestHostileNames(t *testing.T) {
	v := newVictim(t)
	for _, args := range [][]string{
		{"search"}, {"search", "--json"}, {"list"}, {"list", "--json"}, {"list", "lab/"}, {"collections"}, {"collections", "--json"},
		{"versions", "lab/red"}, {"usage"}, {"clean"}, {"__complete", "pull", "lab/"}, {"__complete", "pull", ""}, {"--debug", "search", "lab/"},
		{"-e", `for i in client.each() do print(i, i.object) io.stderr:write(tostring(i), "\n") end`},
		{"-e", `print(json.encode(client.list()))`}, {"-e", `for _, n in ipairs(client.search()) do log.warn(n) end`},
		{"--json", "-e", `error(client.list()[1].uri)`},
		{"run", "audit"}, {"run", "report"},
	} {
		v.run(args...)
	}
	for i, name := range hostileNames {
		if strings.ContainsRune(name, 0) || i%4 > 0 {
			continue // no argument of a program can hold NUL; the others go by one script
		}
		for _, args := range [][]string{
			{"stat", "lab/" + name}, {"pull", "lab/" + name}, {"pull", "--json", "--name", "in/", "lab/" + name}, {"delete", "--yes", "lab/" + name},
		} {
			v.run(args...)
		}
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(v.dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	names, err := json.Marshal(hostileNames)
	if err != nil {
		t.Fatal(err)
	}
	write("names.json", string(names))
	write("all.lua", `
for _, name in ipairs(json.decode(fs.read("names.json"))) do
  name = "lab/" .. name
  for _, verb in ipairs{"stat", "exists", "pull", "inspect", "versions", "delete", "list"} do
    print(verb, pcall(client[verb], name))
  end
  print(pcall(client.pull, name, {file = "in/"}))
  print(pcall(client.push, "names.json", name))
end`)
	if out, status := v.run("run", "all.lua"); status != 0 {
		t.Errorf("exits %d: %.2000s", status, out)
	}
	v.contained("all verbs on all names")
	// A script that pulls whatever a listing gives.
	v.run("-e", `for i in client.each() do local ok, err = pcall(client.pull, i, {file="all/"}) if not ok then print(err) end end`)
	v.run("-e", `for _, n in ipairs(client.search()) do pcall(client.pull, n, {force=true}) end`)
	v.contained("pulling all")
	made := 0
	for _, folder := range []string{v.dir, filepath.Join(v.dir, "in"), filepath.Join(v.dir, "all")} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Error(err)
		}
		for _, e := range entries {
			made++
			if strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "-") || e.Name() == "owned" {
				t.Errorf("there is a file %q", e.Name())
			}
			v.harmless("a file's name", e.Name())
		}
	}
	if made < 5 {
		t.Errorf("%d files were made", made)
	}
}

// Whatever a service answers, what is shown is harmless, and the program ends in good order.
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
		out, code := v.run("stat", "lab/a")
		if code != 4 || strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, "sregistry-shell: stat lab/a: ") {
			t.Errorf("exit %d: %s", code, out)
		}
	}
	if refused.Load() == 0 {
		t.Error("nothing was refused")
	}
}

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
				io.WriteString(w, "\x1b]0;owned\x07\x1b[2J\u202e\nsregistry-shell: forged\r"+strings.Repeat("x", 1<<20))
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
		"a megabyte of headers": func(w http.ResponseWriter, r *http.Request) bool {
			for i := range 1024 {
				w.Header().Set(fmt.Sprintf("X-Object-Meta-%d", i), strings.Repeat("x", 1024))
			}
			return storage(r)
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
				out, status := v.run(append([]string{"--debug", "--timeout=0.2s"}, args...)...)
				if status == 0 && args[0] == "pull" {
					t.Errorf("%q: done: %s", args, out)
				}
				if status < 0 || status == 1 {
					t.Errorf("%q exits %d: %.500s", args, status, out)
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
