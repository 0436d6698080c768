package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile/imagefiletest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sregistry-shell": main})
}

// TestScripts runs testdata/*.txt: what a user types, and what comes of it. No command may print a
// secret (see watched). Beside the commands of
// testscript there are
//
//	swift              an embedded endpoint for this script, named by SREGISTRY_SWIFT_*
//	clock [AGE]        stops the clock of that endpoint that long ago, or lets it go on
//	put OBJECT FILE    stores a file there as another tool does: collection/object, and no record
//	image FILE SIZE    a file of SIZE bytes that begins like a SIF
//	sif FILE [ARCH]    a SIF with definition file, labels and a signature
//	status N CMD...    runs a command that must exit with N
//	tty FILE CMD...    runs a command on a terminal, types FILE there; stdout is what it shows
//	served             runs `sregistry-shell serve`, takes its exports, stops it at the end
func TestScripts(t *testing.T) {
	testscript.RunT(watched{t, nil}, testscript.Params{
		Condition: func(cond string) (bool, error) {
			if cond != "race" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			return raceDetector, nil
		},
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir+"/home")
			e.Setenv("TERM", "xterm")
			e.Values[endpoint] = &clocked{}
			e.Values[ours] = e.T().(watched).secrets
			return os.Mkdir(e.WorkDir+"/home", 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"swift": func(ts *testscript.TestScript, _ bool, _ []string) { swiftCommand(t, ts) },
			"sif":   func(ts *testscript.TestScript, _ bool, args []string) { sifCommand(t, ts, args) },
			"put":   func(ts *testscript.TestScript, _ bool, args []string) { putCommand(t, ts, args) },
			"clock": clockCommand,
			"image": imageCommand, "status": statusCommand, "tty": ttyCommand, "served": servedCommand,
		},
	})
}

func imageCommand(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	seed := sha256.Sum256([]byte(args[0]))
	content := bytes.Repeat(seed[:], size/len(seed)+1)[:size]
	copy(content, "#!/usr/bin/env run-singularity\n\x00SIF_MAGIC\x0001\x00")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o644))
}

func sifCommand(t *testing.T, ts *testscript.TestScript, args []string) {
	image := imagefiletest.SIF(t, imagefiletest.Options{Arch: args[1:], Sign: imagefiletest.Key(), PGP: true})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), image, 0o644))
}

func statusCommand(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s exits %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func servedCommand(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("sregistry-shell", append([]string{"serve", "--addr", "127.0.0.1:0", "--data", ts.MkAbs("served")}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 143 {
			ts.Logf("serve ended with %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for range 3 {
		if !lines.Scan() {
			ts.Fatalf("serve prints no exports: %v", lines.Err())
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		if !ok {
			ts.Fatalf("serve prints %q", lines.Text())
		}
		if strings.HasSuffix(name, "_TOKEN") {
			ts.Value(ours).(*secrets).learn(strings.Trim(value, "'"))
		}
		ts.Setenv(name, value)
	}
}

// half is a Swift service with one image, of which it sends the first half and then nothing.
func half(t *testing.T) (url string, sent <-chan struct{}) {
	t.Helper()
	content := bytes.Repeat([]byte("x"), 1<<20)
	reached, release := make(chan struct{}, 9), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/auth"):
			w.Header().Set("X-Storage-Url", "http://"+r.Host+"/v1/a")
			w.Header().Set("X-Auth-Token", "tk")
		case r.URL.Path == "/v1/a/lab/half-latest.sif":
			sum := sha256.Sum256(content)
			w.Header().Set("Etag", hex.EncodeToString(sum[:16]))
			w.Header().Set("Content-Length", strconv.Itoa(len(content)))
			if r.Method == http.MethodGet {
				w.Write(content[:len(content)/2])
				w.(http.Flusher).Flush()
				reached <- struct{}{}
				<-release
			}
		case r.URL.Path == "/v1/a/lab":
			io.WriteString(w, "[]")
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(func() { close(release); server.Close() })
	return server.URL, reached
}

// A signal in the middle of a pull ends the script with the signal's status, and no file is left.
func TestSignals(t *testing.T) {
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		for _, args := range [][]string{
			{"-e", `client.pull("lab/half", "half.sif")`},
			{"-e", `pcall(client.pull, "lab/half", "half.sif") while true do end`},
			{"pull", "--name", "half.sif", "lab/half"},
		} {
			t.Run(fmt.Sprint(signal, args), func(t *testing.T) {
				url, sent := half(t)
				dir := t.TempDir()
				cmd := exec.Command("sregistry-shell", args...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CACHE_HOME="+t.TempDir(), "SREGISTRY_SWIFT_USER=u", "SREGISTRY_SWIFT_TOKEN=k", "SREGISTRY_SWIFT_URL="+url)
				var errs strings.Builder
				cmd.Stderr = &errs
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				<-sent
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				cmd.Wait()
				if got := cmd.ProcessState.ExitCode(); got != want {
					t.Errorf("exits %d, want %d: %s", got, want, &errs)
				}
				if strings.Contains(errs.String(), "goroutine") || !strings.Contains(errs.String(), "interrupted") && !strings.Contains(errs.String(), "terminated") {
					t.Errorf("says %q", &errs)
				}
				entries, err := os.ReadDir(dir)
				if err != nil || len(entries) != 0 {
					t.Errorf("left behind: %v, %v", entries, err)
				}
			})
		}
	}
}
