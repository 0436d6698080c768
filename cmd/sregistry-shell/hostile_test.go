package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile/imagefiletest"
)

// hostileName is what somebody who may write to a container calls an object, and the file that a pull of
// it into a folder makes: none when no verb takes the name.
type hostileName struct{ object, file string }

// hostileNames are sorted as a server lists them. One of them is a path into the folder outside.
func hostileNames(outside string) []hostileName {
	bug := "\U0001f9a0"
	names := []hostileName{
		{"../../escaped.sif", ""}, {"..", ""}, {outside + "/absolute.sif", ""}, {"a/../../b-latest.sif", ""}, {"./dot.sif", ""},
		{".segments/../x-latest.sif", ""}, {"@v1.sif", ""}, {"empty//part.sif", ""},
		{"nul\x00nul.sif", ""}, {"line\nsregistry-shell: forged line.sif", ""}, {"cr\rover.sif", ""}, {"tab\tbed.sif", ""}, {"bell\a.sif", ""},
		{"red\x1b[31m\x1b[2J.sif", ""}, {"title\x1b]0;owned\x07.sif", ""}, {"c1\u009b31m.sif", ""}, {"del\x7f.sif", ""},
		{"rtl\u202efis.exe", ""}, {"isolate\u2066x\u2069.sif", ""}, {"zero\u200bwidth.sif", ""}, {"tag\U000e0041.sif", ""}, {"para\u2029.sif", ""},
		{"\ufeffbom.sif", ""},
		{".hidden.sif", "hidden.sif"}, {"....sif", "sif"}, {"-rf.sif", "rf.sif"}, {"~/.ssh-v1.sif", "ssh-v1.sif"},
		{"-x/--force-v1.sif", "force-v1.sif"}, {"sub/dir/deep.sif", "deep.sif"}, {`back\slash.sif`, "back_slash.sif"}, {`a\..\up-v1.sif`, "a_.._up-v1.sif"},
		{strings.Repeat(bug, 256), strings.Repeat(bug, 50)}, {"latin\ufffd\ufffd.sif", "latin__.sif"},
		{"quote\"'`$(touch owned).sif", "quote\"'`$(touch owned).sif"}, {"percent%s%n%00.sif", "percent%s%n%00.sif"},
		{"json\",\"x\":\".sif", "json\",\"x\"-\".sif"}, {"hash#?q&x=1-v1.sif", "hash#?q&x=1-v1.sif"}, {"semi;colon.sif", "semi;colon.sif"},
		{"space at the end .sif ", "space at the end .sif "}, {"con.sif", "con.sif"}, {"con:v1.sif", "con-v1.sif"}, {"plain-v1.sif", "plain-v1.sif"},
	}
	slices.SortFunc(names, func(a, b hostileName) int { return strings.Compare(a.object, b.object) })
	return names
}

// hostileType is what such an object says of itself: empty for a record that would be believed, but for
// its hash. Some keep it out of listings, some from being pulled.
type hostileType struct {
	said             string
	unlisted, spoilt bool
}

// hostileTypes begin with what other tools write.
var hostileTypes = []hostileType{
	{said: "application/octet-stream"},
	{said: "application/octet-stream; image=\"../../x\"; tag=\"y\"; sha256=" + strings.Repeat("0", 64) + "; size=1"},
	{said: "application/octet-stream; image=\"\x1b[31m\"; tag=\"\u202e\"; sha256=" + strings.Repeat("a", 64) + "; size=9223372036854775807"},
	{said: "application/octet-stream; size=-1; size=1; sha256=zz; image=a; image=b; tag="},
	{said: "application/octet-stream; image=" + strings.Repeat("x", 60000)},
	{said: "\x1b[31mtext/html; charset=\u202e"},
	{said: ";;;==="},
	{said: "application/directory; x", unlisted: true},
	{spoilt: true},
}

// hostile is a Swift service whose objects have hostile names and types, and that answers whatever
// a test says.
type hostile struct {
	*httptest.Server
	names   []hostileName
	content []byte // of each object: a SIF with labels that a terminal would obey
	etag    string

	mu     sync.Mutex
	kind   int                                               // of hostileTypes, which all objects have
	answer func(w http.ResponseWriter, r *http.Request) bool // true: it answered
}

func newHostile(t *testing.T, names []hostileName) *hostile {
	h := &hostile{names: names, content: imagefiletest.SIF(t, imagefiletest.Options{Labels: map[string]string{
		"maintainer": "red\x1b[31m title\x1b]0;owned\a rtl\u202e bell\a", "key\x1b[2J\nsregistry-shell: forged": "tag\U000e0041\u2029\r",
	}})}
	sum := md5.Sum(h.content)
	h.etag = hex.EncodeToString(sum[:])
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		answer := h.answer
		h.mu.Unlock()
		path := strings.TrimPrefix(r.URL.Path, "/v1/a/")
		object, inLab := strings.CutPrefix(path, "lab/")
		there := slices.ContainsFunc(h.names, func(n hostileName) bool { return n.object == object })
		switch {
		case answer != nil && answer(w, r):
		case strings.HasPrefix(r.URL.Path, "/auth"):
			w.Header().Set("X-Storage-Url", h.URL+"/v1/a")
			w.Header().Set("X-Auth-Token", "geheim-token")
		case r.URL.Path == "/v1/a" || r.URL.Path == "/v1/a/":
			h.list(w, r, []hostileName{{object: ".."}, {object: "col\x1b[2J"}, {object: "lab"}, {object: "\u202ebal"}})
		case path == "lab" && r.Method == http.MethodGet:
			h.list(w, r, h.names)
		case path == "lab":
		case inLab && there:
			h.serve(w, r, object)
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

// turns makes all objects of one kind of hostileTypes.
func (h *hostile) turns(kind int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kind = kind
}

func (h *hostile) typeOf(object string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if said := hostileTypes[h.kind].said; said != "" {
		return said
	}
	return mime.FormatMediaType("application/octet-stream", map[string]string{
		"image": object, "tag": "", "sha256": strings.Repeat("0", 64), "size": fmt.Sprint(len(h.content))})
}

// serve answers for an object. Its type has no characters that end the reading of headers: those come
// by listings.
func (h *hostile) serve(w http.ResponseWriter, r *http.Request, object string) {
	w.Header().Set("Content-Type", strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, h.typeOf(object)))
	w.Header().Set("Etag", `"`+h.etag+`"`)
	switch match := strings.Trim(r.Header.Get("If-Match"), `"`); {
	case match != "" && match != h.etag:
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	case r.Method == http.MethodPut:
		w.WriteHeader(http.StatusForbidden)
		return
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	r.Header.Del("If-Match") // Swift takes it without quotes, too
	http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(h.content))
}

// list is one page and then an empty one. Every second entry has a hash, size and date that are none.
func (h *hostile) list(w http.ResponseWriter, r *http.Request, names []hostileName) {
	entries := []map[string]any{}
	q := r.URL.Query()
	for i, n := range names {
		if n.object <= q.Get("marker") || q.Get("end_marker") != "" && n.object >= q.Get("end_marker") || !strings.HasPrefix(n.object, q.Get("prefix")) {
			continue
		}
		e := map[string]any{"name": n.object, "bytes": len(h.content), "count": 1, "hash": h.etag, "content_type": h.typeOf(n.object),
			"last_modified": "2026-01-02T03:04:05.000000"}
		if i%2 == 1 {
			e["bytes"], e["hash"], e["last_modified"] = int64(1)<<58, "\x1b[31m", "2026\x1b[2J"
		}
		entries = append(entries, e)
	}
	json.NewEncoder(w).Encode(entries)
}

// victim runs the program against a hostile service, in a folder within others.
type victim struct {
	*testing.T
	h                  *hostile
	root, dir, outside string
}

func newVictim(t *testing.T) *victim {
	v := &victim{T: t, root: t.TempDir(), outside: t.TempDir()}
	v.h = newHostile(t, hostileNames(v.outside))
	v.dir = filepath.Join(v.root, "a", "b", "work")
	if err := os.MkdirAll(filepath.Join(v.dir, "home"), 0o755); err != nil {
		t.Fatal(err)
	}
	return v
}

// run gives both streams, which hold nothing that a terminal obeys and no secret.
func (v *victim) run(args ...string) (out, errs string, status int) {
	v.Helper()
	// A busy machine takes a minute for a script of a thousand calls, with the race detector in the program.
	ctx, cancel := context.WithTimeout(v.Context(), 5*time.Minute)
	defer cancel()
	// What a server gets wrong for good is tried again for longer than a test has.
	cmd := exec.CommandContext(ctx, "sregistry-shell", append([]string{"--timeout=30s"}, args...)...)
	cmd.Dir = v.dir
	cmd.Env = append(os.Environ(), "HOME="+filepath.Join(v.dir, "home"), "TERM=xterm", "SREGISTRY_DISABLE_CREDENTIAL_CACHE=1", "SREGISTRY_SWIFT_USER=u",
		"SREGISTRY_SWIFT_TOKEN=geheim-key", "SREGISTRY_SWIFT_URL="+v.h.URL)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		v.Errorf("%q does not end", args)
	}
	if cmd.ProcessState == nil {
		v.Fatal(err)
	}
	for _, text := range []string{stdout.String(), stderr.String()} {
		v.harmless(fmt.Sprintf("%.200q", args), text)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
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
	for _, root := range []string{v.root, v.outside} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err == nil && path != root && path != filepath.Dir(v.dir) && path != filepath.Dir(filepath.Dir(v.dir)) && path != v.dir &&
				!strings.HasPrefix(path, v.dir+"/") {
				v.Errorf("%s makes %q", what, path)
			}
			return err
		})
		if err != nil {
			v.Error(err)
		}
	}
}
