package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// The test binary is also the process that is killed: with killFile it pushes the file which that
// names, or pulls the image to it, or copies the image to the name that it holds, as killVerb says.
// With killAt it dies of SIGKILL at that event, so that the moment does not depend on how busy the
// machine is, or killAfter later; without, it writes how many events there were and how long they took.
const (
	killFile  = "CONFORMANCE_KILL_FILE"
	killName  = "CONFORMANCE_KILL_NAME"
	killVerb  = "CONFORMANCE_KILL_VERB"
	killAt    = "CONFORMANCE_KILL_AT"
	killAfter = "CONFORMANCE_KILL_AFTER"
)

// killSegment is the size of the segments that are pushed and copied.
const killSegment = 16 << 10

func TestMain(m *testing.M) {
	if path := os.Getenv(killFile); path != "" {
		os.Exit(client.ExitStatus(untilKilled(path)))
	}
	os.Exit(everywhere(m))
}

func untilKilled(path string) error {
	settings, err := signin.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	l := &mortal{record: &record{}}
	if at := os.Getenv(killAt); at != "" {
		if l.at, err = strconv.ParseInt(at, 10, 64); err != nil {
			return err
		}
		if l.after, err = time.ParseDuration(os.Getenv(killAfter)); err != nil {
			return err
		}
	}
	begun, c := time.Now(), client.New(client.Config{Settings: settings, Reporter: l, Debug: true})
	defer c.Close()
	switch ctx := context.Background(); os.Getenv(killVerb) {
	case "pull":
		_, err = c.Pull(ctx, client.PullRequest{Image: os.Getenv(killName), File: path, Force: true})
	case "copy":
		_, err = c.Copy(ctx, client.CopyRequest{Source: os.Getenv(killName), Target: path})
	default:
		_, err = c.Push(ctx, client.PushRequest{Path: path, Name: os.Getenv(killName), Segment: killSegment})
	}
	if err == nil && l.at == 0 {
		fmt.Println(l.events.Load(), int64(time.Since(begun)))
	}
	return err
}

// mortal is the reporter of a process that dies at an event: an answer to a request, bytes that were
// moved, or the end of them.
type mortal struct {
	*record
	events atomic.Int64
	at     int64 // 0: it lives
	after  time.Duration
}

func (l *mortal) Debug(string)                       { l.event() }
func (l *mortal) Begin(client.Transfer) client.Meter { return l }
func (l *mortal) Add(int64)                          { l.event() }
func (l *mortal) End(error)                          { l.event() }

func (l *mortal) event() {
	if l.events.Add(1) == l.at {
		time.AfterFunc(l.after, func() {
			if p, err := os.FindProcess(os.Getpid()); err != nil || p.Kill() != nil {
				panic("it cannot be killed")
			}
		})
	}
}

// killing is what is killed again and again.
type killing struct {
	*target
	verb        string
	kills, seed int
	rng         *rand.Rand
	events      int64         // that it has when it is not killed
	each        time.Duration // how long one takes
	died        int
	middle      int // how many left something to go on from
}

// killed prepares kills of a verb. CONFORMANCE_KILLS says how many instead of the usual number, and
// CONFORMANCE_SEED repeats a run.
func (x *target) killed(verb string, usual, onServer int) *killing {
	x.Helper()
	if os.Getenv("SREGISTRY_TEST_SERVER") != "" {
		usual = onServer
	}
	k := &killing{target: x, verb: verb, kills: intEnv(x.T, "CONFORMANCE_KILLS", usual), seed: intEnv(x.T, "CONFORMANCE_SEED", 1)}
	k.rng = rand.New(rand.NewPCG(uint64(k.seed), uint64(verb[1])))
	return k
}

// process is the one that does something with an image, and is killed.
func (k *killing) process(file, rest string, more ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), more...), killVerb+"="+k.verb, killFile+"="+file, killName+"="+k.name(rest))
	if os.Getenv("SREGISTRY_TEST_SERVER") == "" { // else the environment says it already
		cmd.Env = append(cmd.Env, "SREGISTRY_SWIFT_USER="+k.settings.User,
			"SREGISTRY_SWIFT_TOKEN="+k.settings.Key, "SREGISTRY_SWIFT_URL="+k.settings.URL)
	}
	cmd.Stderr = os.Stderr
	return cmd
}

// unharmed lets the process be, and counts its events.
func (k *killing) unharmed(file, rest string) {
	k.Helper()
	out, err := k.process(file, rest).Output()
	var took int64
	if err == nil {
		_, err = fmt.Sscan(string(out), &k.events, &took)
	}
	if err != nil || k.events == 0 {
		k.Fatalf("what is not killed fails, or tells of nothing: %v, %q", err, out)
	}
	k.each = time.Duration(took / k.events)
}

// kill runs the process and kills it at one of its events, or while it goes on to the next two. It
// tells which event that was, and whether the process was not done before it.
func (k *killing) kill(file, rest string) (at int64, dead bool) {
	k.Helper()
	at = k.rng.Int64N(k.events) + 1
	after := time.Duration(k.rng.Int64N(int64(2*k.each) + 1))
	cmd := k.process(file, rest, fmt.Sprint(killAt, "=", at), fmt.Sprint(killAfter, "=", after))
	err := cmd.Run()
	if err != nil && (cmd.ProcessState == nil || cmd.ProcessState.Exited()) {
		k.Fatalf("what was to be killed failed by itself: %v", err)
	}
	if err != nil {
		k.died++
	}
	return at, err != nil
}

// fair fails when most kills came too late, or too many when there was nothing to go on from yet.
func (k *killing) fair() {
	k.Helper()
	k.Logf("%d of %d died in a %s of %d events, %d of them in the middle, seed %d", k.died, k.kills, k.verb, k.events, k.middle, k.seed)
	if k.died < k.kills/2 || k.middle < k.kills/8 {
		k.Errorf("the kills are not spread over the %s", k.verb)
	}
}

// sent are the segments that requests stored.
func sent(requests []string) (n int) {
	for _, r := range requests {
		if strings.HasPrefix(r, "PUT ") && strings.Contains(r, "/.segments/") {
			n++
		}
	}
	return n
}

// kept counts the segments below a name that were made of a file.
func (x *target) kept(object, path string) (n int) {
	x.Helper()
	for _, name := range x.segments() {
		if strings.HasPrefix(name, ".segments/"+object+"/") && strings.Contains(name, x.dateOf(path)) {
			n++
		}
	}
	return n
}

// nothingLeft fails when there is more than the images and their segments. What was killed when the
// new image was complete leaves the segments of the old one to clean.
func (x *target) nothingLeft(clean bool, segments int) {
	x.Helper()
	zero := time.Duration(0)
	left, err := x.client.Clean(x.Context(), client.CleanRequest{Collection: x.collection, Older: &zero, Remove: clean})
	if err != nil || len(left) > 0 && !clean {
		x.Errorf("left over: %+v, %v", left, err)
	}
	if got := len(x.segments()); got != segments {
		x.Errorf("%d segments are there, want %d", got, segments)
	}
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
