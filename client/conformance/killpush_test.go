package conformance

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// The test binary is also the pusher that is killed: with this variable it pushes the file the
// variable names, and writes a line whenever bytes were read to be sent.
// For another verb, CONFORMANCE_KILL_VERB says so: it pulls the image to the file, or copies it to
// the name that the file's variable has.
const killFile, killName, killVerb = "CONFORMANCE_KILL_FILE", "CONFORMANCE_KILL_NAME", "CONFORMANCE_KILL_VERB"

// killSegment is the size of the segments that the killed pushes send.
const killSegment = 16 << 10

func TestMain(m *testing.M) {
	if path := os.Getenv(killFile); path != "" {
		os.Exit(client.ExitStatus(pushForKill(path)))
	}
	os.Exit(everywhere(m))
}

func pushForKill(path string) error {
	settings, err := signin.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	c := client.New(client.Config{Settings: settings, Reporter: tells{&record{}}})
	defer c.Close()
	switch ctx := context.Background(); os.Getenv(killVerb) {
	case "pull":
		_, err = c.Pull(ctx, client.PullRequest{Image: os.Getenv(killName), File: path, Force: true})
	case "copy":
		_, err = c.Copy(ctx, client.CopyRequest{Source: os.Getenv(killName), Target: path})
	default:
		_, err = c.Push(ctx, client.PushRequest{Path: path, Name: os.Getenv(killName), Segment: killSegment})
	}
	return err
}

// tells writes a line for each piece of a push, straight to the pipe.
type tells struct{ *record }

func (t tells) Begin(tr client.Transfer) client.Meter {
	if tr.Verb == "push" {
		return t
	}
	return t.record.Begin(tr)
}
func (tells) Add(int64) { os.Stdout.WriteString("moved\n") }
func (tells) End(error) { os.Stdout.WriteString("sent\n") }

// TestKillPush kills pushes with SIGKILL at random moments of their progress, and each time goes on
// with another push: the image that was there before can be read until the new one is complete,
// only what is missing is sent, and nothing is left over. CONFORMANCE_KILLS=50 makes it longer,
// CONFORMANCE_SEED repeats a run.
func TestKillPush(t *testing.T) {
	if repeated() {
		return
	}
	usual := 6
	if os.Getenv("SREGISTRY_TEST_SERVER") != "" {
		usual = 1 // each is a hundred requests, and some servers take a minute for them
	}
	kills, seed := intEnv(t, "CONFORMANCE_KILLS", usual), intEnv(t, "CONFORMANCE_SEED", 1)
	rng := rand.New(rand.NewPCG(uint64(seed), 0))
	x := on(t)
	const size = 40*killSegment - 100
	old := x.file("old.sif", size)
	x.pushKilled(old)
	for kill := range kills {
		fresh := x.file(fmt.Sprintf("new%d.sif", kill), size)
		lines := rng.IntN(46) + 1 // there are 40 pieces, and then the manifest
		read := x.reads("a", old, fresh)
		dead := x.killPush(fresh, lines)
		out := x.pulled("a")
		complete := out == x.read(fresh)
		if !complete && out != x.read(old) {
			t.Fatalf("killed after %d pieces, the image is neither the old nor the new one (seed %d)", lines, seed)
		}
		kept := 0
		for _, name := range x.segments() {
			if strings.Contains(name, x.dateOf(fresh)) {
				kept++
			}
		}
		x.report.take()
		x.pushKilled(fresh)
		reads := read()
		_, _, requests, _ := x.report.take()
		sent := 0
		for _, r := range requests {
			if strings.HasPrefix(r, "PUT ") && strings.Contains(r, "/.segments/") {
				sent++
			}
		}
		if sent > 40-kept || complete && sent > 0 {
			t.Errorf("killed after %d pieces, %d of 40 segments were there and %d were sent", lines, kept, sent)
		}
		t.Logf("killed %v after %d pieces: complete %v, %d segments kept, %d sent; read %d times meanwhile", dead, lines, complete, kept, sent, reads)
		if x.pulled("a") != x.read(fresh) {
			t.Fatalf("killed after %d pieces and pushed again, the image has other bytes (seed %d)", lines, seed)
		}
		x.nothingLeft(complete)
		os.Remove(old)
		old = fresh
	}
}

// nothingLeft fails when there is more than the image and its 40 segments. A push that was killed
// when the new image was complete leaves the segments of the old one to clean.
func (x *target) nothingLeft(clean bool) {
	x.Helper()
	zero := time.Duration(0)
	left, err := x.client.Clean(x.Context(), client.CleanRequest{Collection: x.collection, Older: &zero, Remove: clean})
	if err != nil || len(left) > 0 && !clean {
		x.Errorf("left over: %+v, %v", left, err)
	}
	if got := len(x.segments()); got != 40 {
		x.Errorf("%d segments are there, want 40", got)
	}
}

func (x *target) pushKilled(path string) {
	x.Helper()
	if _, err := x.client.Push(x.Context(), client.PushRequest{Path: path, Name: x.name("a"), Segment: killSegment}); err != nil {
		x.Fatal(err)
	}
}

// killPush pushes in another process and kills it after so many lines; it tells whether it died.
func (x *target) killPush(path string, lines int) (dead bool) {
	x.Helper()
	cmd := x.killed("push", path, "a")
	out, err := cmd.StdoutPipe()
	if err != nil {
		x.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		x.Fatal(err)
	}
	for s := bufio.NewScanner(out); lines > 0 && s.Scan(); lines-- {
	}
	cmd.Process.Kill()
	return x.died(cmd)
}

// killed is the process that does something with an image and is killed.
func (x *target) killed(verb, file, rest string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killVerb+"="+verb, killFile+"="+file, killName+"="+x.name(rest))
	if os.Getenv("SREGISTRY_TEST_SERVER") == "" { // else the environment says it already
		cmd.Env = append(cmd.Env, "SREGISTRY_SWIFT_USER="+x.settings.User,
			"SREGISTRY_SWIFT_TOKEN="+x.settings.Key, "SREGISTRY_SWIFT_URL="+x.settings.URL)
	}
	cmd.Stderr = os.Stderr
	return cmd
}

// died waits for the process, and tells whether it was killed before it was done.
func (x *target) died(cmd *exec.Cmd) bool {
	x.Helper()
	err := cmd.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		x.Fatalf("what was to be killed failed by itself: %v", err)
	}
	return err != nil
}

// pulled is the image's bytes.
func (x *target) pulled(rest string) string {
	x.Helper()
	out := x.dir + "/pulled"
	defer os.Remove(out)
	if _, err := x.client.Pull(x.Context(), client.PullRequest{Image: x.name(rest), File: out, Force: true}); err != nil {
		x.Fatal(err)
	}
	return x.read(out)
}

// dateOf is the part of a segment's name that tells a file's date.
func (x *target) dateOf(path string) string {
	x.Helper()
	info, err := os.Stat(path)
	if err != nil {
		x.Fatal(err)
	}
	return "/" + strconv.FormatInt(info.ModTime().UnixNano(), 10) + "/"
}

// intEnv is a number from the environment, for longer runs than usual.
func intEnv(t *testing.T, name string, usual int) int {
	t.Helper()
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
