package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client/localswift"
	"github.com/sregistry-shell/sregistry-shell/client/localswift/localswifttest"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// The test binary is also the process that pulls, with this variable.
const childEnv = "SREGISTRY_SHELL_TEST_PULL"

type childOrder struct {
	User, Key, URL, Image, File string

	Whole bool // it comes by one request
}

// childSizes make 64 ranges of the image of these tests.
var childSizes = sizes{single: 64 << 10, span: 32 << 10, lanes: 4}

const childImage = 2 << 20

// TestPullChild is the process that pulls, and nothing in the process that tests.
func TestPullChild(t *testing.T) {
	text, ok := os.LookupEnv(childEnv)
	if !ok {
		return
	}
	var order childOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		t.Fatal(err)
	}
	c := New(Config{Settings: signin.Settings{User: order.User, Key: order.Key, URL: order.URL}, Reporter: aloud{}, FirstWait: 1})
	defer c.Close()
	sizes := childSizes
	if order.Whole {
		sizes.single = childImage
	}
	if _, err := (puller{c, sizes, nil, nil}).pull(context.Background(), PullRequest{Image: order.Image, File: order.File}); err != nil {
		t.Fatal(err)
	}
}

// aloud is a Reporter that prints its notes.
type aloud struct{ silent }

func (aloud) Note(text string) { fmt.Println(text) }

// service is an endpoint with one image, which counts what is asked of it.
type service struct {
	*testing.T
	order   childOrder
	content []byte
	dir     string
	signins atomic.Int32
	gets    atomic.Int32
	onGet   atomic.Pointer[func(n int32)] // called at each GET of the image
}

func newService(t *testing.T) *service {
	s := &service{T: t, dir: t.TempDir(), content: make([]byte, childImage)}
	rand.NewChaCha8([32]byte{2}).Read(s.content)
	plan := &localswift.Plan{}
	e := localswifttest.Start(t, localswift.Options{Faults: plan})
	s.order = childOrder{User: e.User, Key: e.Key, URL: e.URL, Image: "lab/a:v1", File: filepath.Join(s.dir, "a.sif")}
	source := filepath.Join(t.TempDir(), "a.sif")
	if err := os.WriteFile(source, s.content, 0o600); err != nil {
		t.Fatal(err)
	}
	c := New(Config{Settings: signin.Settings{User: e.User, Key: e.Key, URL: e.URL}})
	defer c.Close()
	if _, err := c.Push(t.Context(), PushRequest{Path: source, Name: s.order.Image}); err != nil {
		t.Fatal(err)
	}
	plan.Add(localswift.Rule{Match: func(r *http.Request) bool {
		switch {
		case strings.HasPrefix(r.URL.Path, "/auth"):
			s.signins.Add(1)
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".sif"):
			n := s.gets.Add(1)
			if f := s.onGet.Load(); f != nil {
				(*f)(n)
			}
		}
		return false
	}})
	return s
}

// child starts a process that pulls. notes gets what it says, until it ends.
func (s *service) child(notes func(string)) *exec.Cmd {
	s.Helper()
	order, err := json.Marshal(s.order)
	if err != nil {
		s.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestPullChild$")
	cmd.Env = append(os.Environ(), childEnv+"="+string(order))
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			notes(lines.Text())
		}
	}()
	return cmd
}

// there tells whether the target is there; it fails when it is not whole.
func (s *service) there() bool {
	s.Helper()
	b, err := os.ReadFile(s.order.File)
	if err == nil && !bytes.Equal(b, s.content) {
		s.Fatal("the file is there and holds other bytes")
	}
	return err == nil
}

func (s *service) left() {
	s.Helper()
	if entries, err := os.ReadDir(s.dir); err != nil || len(entries) != 1 {
		s.Errorf("the folder holds %v, %v", entries, err)
	}
}

// Kill -9 at any request of a pull: the target is not there or whole, and what was fetched is not
// fetched again.
func TestPullThatIsKilled(t *testing.T) {
	s := newService(t)
	rng := rand.New(rand.NewPCG(1, 1))
	const kills = 6
	killed := 0
	for round := range kills {
		var cmd *exec.Cmd
		var ready sync.WaitGroup
		ready.Add(1)
		at := s.gets.Load() + rng.Int32N(14) + 1
		kill := func(n int32) {
			if n == at {
				ready.Wait()
				cmd.Process.Kill()
			}
		}
		s.onGet.Store(&kill)
		cmd = s.child(func(string) {})
		ready.Done()
		if cmd.Wait() != nil {
			killed++
		}
		if s.there() {
			t.Fatalf("it was whole after round %d", round)
		}
	}
	s.onGet.Store(nil)
	if err := s.child(func(string) {}).Wait(); err != nil || !s.there() {
		t.Errorf("the last one fails: %v", err)
	}
	s.left()
	if most := int32(64 + kills*childSizes.lanes); killed != kills || s.gets.Load() > most {
		t.Errorf("%d killed, %d requests, want at most %d", killed, s.gets.Load(), most)
	}
}

// What a pull by one request left that was killed goes with the next one, also when that finds the image
// there or brings a larger one.
func TestPullByOneRequestThatIsKilled(t *testing.T) {
	for _, next := range []string{"pulls", "finds it there", "pulls by ranges"} {
		s := newService(t)
		s.order.Whole = true
		var cmd *exec.Cmd
		var ready sync.WaitGroup
		ready.Add(1)
		kill := func(int32) {
			ready.Wait()
			cmd.Process.Kill()
		}
		s.onGet.Store(&kill)
		cmd = s.child(func(string) {})
		ready.Done()
		if cmd.Wait() == nil || s.there() {
			t.Fatal("it was not killed")
		}
		if parts, err := filepath.Glob(s.order.File + ".*.part"); err != nil || len(parts) != 1 {
			t.Fatalf("it left %v, %v", parts, err)
		}
		s.onGet.Store(nil)
		switch next {
		case "finds it there":
			if err := os.WriteFile(s.order.File, s.content, 0o600); err != nil {
				t.Fatal(err)
			}
		case "pulls by ranges":
			s.order.Whole = false
		}
		if err := s.child(func(string) {}).Wait(); err != nil || !s.there() {
			t.Errorf("the next one fails: %v", err)
		}
		s.left()
	}
}

// Processes that pull one image into one place make one download, and only one of them signs in.
// When that one is killed, one other takes over. SREGISTRY_SHELL_TEST_PROCESSES says how many.
func TestPullByManyProcesses(t *testing.T) {
	processes := 32
	if more, err := strconv.Atoi(os.Getenv("SREGISTRY_SHELL_TEST_PROCESSES")); err == nil {
		processes = more
	}
	for _, killed := range []bool{false, true} {
		for _, file := range []string{"a.sif", ""} {
			t.Run(fmt.Sprintf("to %q, killed %v", file, killed), func(t *testing.T) {
				s := newService(t)
				s.order.File = s.dir + "/" + file
				cmds := make([]*exec.Cmd, processes)
				waits := make([]atomic.Bool, processes)
				var waiting, started sync.WaitGroup
				waiting.Add(processes - 1)
				started.Add(1)
				var once sync.Once
				hold := func(int32) {
					once.Do(func() {
						started.Wait()
						waiting.Wait()
						for i := range cmds {
							if killed && !waits[i].Load() {
								cmds[i].Process.Kill()
							}
						}
					})
				}
				s.onGet.Store(&hold)
				for i := range cmds {
					cmds[i] = s.child(func(note string) {
						if strings.HasPrefix(note, "waiting for another pull of lab/a:v1") && !waits[i].Swap(true) {
							waiting.Done()
						}
					})
				}
				started.Done()
				failed := 0
				for _, cmd := range cmds {
					if cmd.Wait() != nil {
						failed++
					}
				}
				if file == "" {
					s.order.File = filepath.Join(s.dir, "a-v1.sif")
				}
				if !s.there() {
					t.Error("there is no file")
				}
				s.left()
				signins, gets := s.signins.Load(), s.gets.Load()
				switch {
				case !killed && (failed != 0 || signins != 1 || gets != 64):
					t.Errorf("%d failed, %d sign-ins, %d requests", failed, signins, gets)
				case killed && (failed != 1 || signins != 2 || gets > 64+int32(childSizes.lanes)):
					t.Errorf("after a kill: %d failed, %d sign-ins, %d requests", failed, signins, gets)
				}
			})
			processes = 8
		}
	}
}
