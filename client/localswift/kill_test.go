package localswift_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
)

// The test binary is also the server that is killed: with this variable it
// serves the directory the variable names, and says where.
const killDir, killNoSync = "LOCALSWIFT_KILL_DIR", "LOCALSWIFT_KILL_NOSYNC"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		fmt.Fprintln(os.Stderr, serveForKill(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func serveForKill(dir string) error {
	s, err := localswift.Open(localswift.Options{Dir: dir, Users: testUsers, NoSync: os.Getenv(killNoSync) != ""})
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + ln.Addr().String())
	return s.Serve(context.Background(), ln)
}

// intEnv is a number from the environment, for longer runs than usual.
func intEnv(t *testing.T, name string, usual int) int {
	v := os.Getenv(name)
	if v == "" {
		return usual
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// killBinary names, in the environment, the program whose serve is killed
// instead of the test binary.
const killBinary = "LOCALSWIFT_KILL_BINARY"

// TestKill kills the server with SIGKILL at random moments under writes, and
// checks the directory each time: what was acknowledged is there and whole,
// what was not is as before or as it would have become, nothing half there is
// listed, and no file is left that no object has. LOCALSWIFT_KILLS=50 makes it
// longer, LOCALSWIFT_SEED repeats a run.
func TestKill(t *testing.T) {
	kills := intEnv(t, "LOCALSWIFT_KILLS", 8)
	seed := intEnv(t, "LOCALSWIFT_SEED", 1)
	if os.Getenv(killBinary) != "" {
		t.Logf("kills %s serve", os.Getenv(killBinary))
	}
	rng := rand.New(rand.NewPCG(uint64(seed), 0))
	dir := t.TempDir()
	var writers []*writer
	for i := range 4 {
		writers = append(writers, &writer{id: i, rng: rand.New(rand.NewPCG(uint64(seed), uint64(i+1))), may: map[string][]string{}})
	}
	done := 0
	for kill := range kills {
		done += killOnce(t, dir, writers, time.Duration(rng.IntN(150)+5)*time.Millisecond, kill)
		checkAfterKill(t, dir, writers)
		if t.Failed() {
			t.Fatalf("after kill %d of seed %d", kill+1, seed)
		}
	}
	t.Logf("%d kills, %d acknowledged changes, seed %d", kills, done, seed)
}

// killOnce starts a server, lets the writers write, kills it after d and
// returns how many changes were acknowledged. Every other time the test binary
// does not sync, which a kill cannot tell, and is far quicker at writing.
func killOnce(t *testing.T, dir string, writers []*writer, d time.Duration, kill int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killDir+"="+dir)
	if kill%2 == 1 {
		cmd.Env = append(cmd.Env, killNoSync+"=1")
	}
	if binary := os.Getenv(killBinary); binary != "" {
		cmd = exec.Command(binary, "serve", "--addr", "127.0.0.1:0", "--data", dir)
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	a := signInThere(t, bufio.NewReader(out))
	if kill == 0 {
		a.want(201, "PUT", "/c", "")
	}
	timer := time.AfterFunc(d, func() { cmd.Process.Kill() })
	defer timer.Stop()
	var wg sync.WaitGroup
	for _, w := range writers {
		wg.Go(func() { w.run(a) })
	}
	wg.Wait()
	total := 0
	for _, w := range writers {
		total += w.acknowledged
		w.acknowledged = 0
	}
	return total
}

// signInThere signs in at the server that prints its URL, or that and its user
// as exports.
func signInThere(t *testing.T, out *bufio.Reader) *as {
	t.Helper()
	user := testUsers[0]
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name {
		case "export SREGISTRY_SWIFT_USER":
			user.Name = value
		case "export SREGISTRY_SWIFT_TOKEN":
			user.Key = value
		case "export SREGISTRY_SWIFT_URL":
			name = value
			fallthrough
		default:
			e := &localswifttest.Endpoint{URL: name}
			token, storage := e.SignIn(t, user.Name, user.Key)
			return &as{t, storage, token}
		}
	}
}

// gone stands for an object that is not there.
const gone = "\x00gone"

// writer changes objects of its own until the server dies. may holds, for each
// name, the bodies it may have: one, or after an unanswered change two.
type writer struct {
	id           int
	rng          *rand.Rand
	may          map[string][]string
	acknowledged int
}

func (w *writer) run(a *as) {
	for {
		name := fmt.Sprintf("w%d/o%d", w.id, w.rng.IntN(6))
		before := w.may[name]
		if before == nil {
			before = []string{gone}
		}
		becomes, status, err := w.change(a, name, before)
		if err != nil {
			w.may[name] = append(slices.Clone(before), becomes)
			return
		}
		switch {
		case status/100 == 2:
			w.may[name] = []string{becomes}
			w.acknowledged++
		case status == 404 && becomes == gone:
			w.may[name] = []string{gone}
		case status == 404: // nothing to copy from
		default:
			a.t.Errorf("%s: status %d", name, status)
			return
		}
	}
}

// change asks for one change, and tells what the object becomes by it.
func (w *writer) change(a *as, name string, before []string) (becomes string, status int, err error) {
	var r reply
	switch n := w.rng.IntN(10); {
	case n < 2:
		r, err = a.try("DELETE", "/c/"+name, nil)
		return gone, r.status, err
	case n < 4:
		from := fmt.Sprintf("w%d/o%d", w.id, w.rng.IntN(6))
		bodies := w.may[from]
		if len(bodies) == 1 && bodies[0] != gone {
			r, err = a.try("PUT", "/c/"+name, nil, "X-Copy-From: c/"+from)
			return bodies[0], r.status, err
		}
	}
	body := make([]byte, w.rng.IntN(1<<uint(w.rng.IntN(19))))
	for i := range body {
		body[i] = byte(w.rng.Uint32())
	}
	becomes = string(body)
	r, err = a.try("PUT", "/c/"+name, strings.NewReader(becomes), "Etag: "+md5hex(becomes))
	return becomes, r.status, err
}

// checkAfterKill opens the directory and looks at everything in it. What an
// unanswered change came to is settled now.
func checkAfterKill(t *testing.T, dir string, writers []*writer) {
	t.Helper()
	users := testUsers
	if os.Getenv(killBinary) != "" {
		users = nil // serve's own
	}
	s, err := localswift.Open(localswift.Options{Dir: dir, Users: users, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := &localswifttest.Endpoint{URL: newServer(t, s.Handler())}
	owner := s.Users()[0]
	token, storage := e.SignIn(t, owner.Name, owner.Key)
	a := &as{t, storage, token}
	listed := map[string]map[string]any{}
	for _, entry := range a.entries("/c") {
		listed[entry["name"].(string)] = entry
	}
	var bytes float64
	for _, w := range writers {
		for name, may := range w.may {
			r := a.do("GET", "/c/"+name, "")
			body := r.body
			if r.status == 404 {
				body = gone
			}
			if !slices.Contains(may, body) {
				t.Errorf("%s: status %d, %d bytes, none of the %d it may be", name, r.status, len(r.body), len(may))
			}
			w.may[name] = []string{body}
			entry := listed[name]
			delete(listed, name)
			if (entry == nil) != (body == gone) {
				t.Errorf("%s: listed %v, status %d", name, entry, r.status)
			} else if entry != nil {
				is(t, name+"'s listed hash", entry["hash"].(string), md5hex(body))
				is(t, name+"'s listed size", entry["bytes"].(float64), float64(len(body)))
				is(t, name+"'s ETag", r.header.Get("Etag"), md5hex(body))
				bytes += float64(len(body))
			}
		}
	}
	is(t, "objects nobody wrote", len(listed), 0)
	is(t, "bytes used", a.want(204, "HEAD", "/c", "").header.Get("X-Container-Bytes-Used"), fmt.Sprintf("%.0f", bytes))
	files, orphans, unfinished, err := localswift.Files(s)
	if err != nil {
		t.Fatal(err)
	}
	named, err := localswift.Named(s)
	if err != nil {
		t.Fatal(err)
	}
	is(t, "files", files, named)
	is(t, "files no row names", orphans, 0)
	is(t, "unfinished files", unfinished, 0)
}
