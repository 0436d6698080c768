//go:build linux

package shell

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
)

func TestInterruptAtThePrompt(t *testing.T) {
	s := sit(t, nil)
	s.want("x = 1", "")
	s.types("x = 2")
	s.cancels()
	s.want("x", "1")
	s.cancels()
	s.types("\x03")
	s.expect("(Ctrl-D or exit leaves the shell)")
	s.answer()
	s.types("\x04")
	s.leaves(0)
}

func TestInterruptOfACall(t *testing.T) {
	s := sit(t, nil)
	s.want("x = 1", "")
	s.begin("print('begun') while true do end")
	s.expect("begun\r\n")
	if !s.sane() {
		t.Error("Ctrl-C is no signal during a call")
	}
	s.signals <- os.Interrupt
	if got := s.answer(); got != "interrupted" {
		t.Errorf("it says %q", got)
	}
	s.want("x", "1")
	s.want("pcall(tostring, x)", "true\n\"1\"")
	s.types("\x04")
	s.leaves(0)
}

func TestInterruptOfAQuestionOfAProgram(t *testing.T) {
	s := sit(t, nil)
	s.begin("print('who?') name = io.read()")
	s.expect("who?\r\n")
	s.types("vanessa\r")
	s.answer()
	s.want("name", `"vanessa"`)
	s.begin("print('again?') name = io.read()")
	s.expect("again?\r\n")
	s.signals <- os.Interrupt
	// It may come just before the read begins; that a read is named is tested where it is made.
	if got := s.answer(); got != "interrupted" && !strings.HasSuffix(got, "io.read: interrupted") {
		t.Errorf("it says %q", got)
	}
	s.want("name", `"vanessa"`) // and the next line is the prompt's
	s.types("\x04")
	s.leaves(0)
}

func TestTypedAheadOfACall(t *testing.T) {
	// What is typed while a call runs is for the next prompt, Ctrl-D too.
	s := sit(t, nil)
	s.begin("print('begun') for i = 1, 3e6 do end")
	s.expect("begun\r\n")
	s.types("print('next')\r\x04")
	s.expect("\x1b[?2004lnext\r\n")
	s.leaves(0)
}

func TestSecondInterruptStopsWaiting(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := sit(t, func(c *Config, _ map[string]string) {
		c.Connect = func(context.Context) (*client.Client, error) {
			entered <- struct{}{}
			<-release // whatever the context says
			return nil, &client.Error{Op: "sign in", Code: client.Canceled, Err: errors.New("interrupted")}
		}
	})
	s.want("x = 1", "")
	s.begin("client.search()")
	<-entered
	s.signals <- os.Interrupt
	s.signals <- os.Interrupt
	if got := s.answer(); got != "not waited for; it may still end or go on for a while" {
		t.Errorf("it says %q", got)
	}
	// An entry waits for it, and Ctrl-C gives the waiting up.
	s.begin("x")
	s.expect("waiting for the call before this one to end...")
	s.signals <- os.Interrupt
	s.answer()
	s.begin("x")
	s.expect("waiting for the call before this one to end...")
	close(release)
	if got := s.answer(); got != "1" {
		t.Errorf("x is %q", got)
	}
	s.types("\x04")
	s.leaves(0)
}

func TestSignalsLeaveTheTerminalSane(t *testing.T) {
	for signal, status := range map[os.Signal]int{syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		s := sit(t, nil)
		s.types("print('half typed')")
		s.expect("typed')")
		if s.sane() {
			t.Fatal("the prompt edits no line")
		}
		s.signals <- signal
		s.leaves(status)
		if strings.Contains(s.all(), "\nhalf typed") {
			t.Error("it ran what was half typed")
		}

		s = sit(t, nil)
		s.begin("print('begun') while true do end")
		s.expect("begun\r\n")
		s.signals <- signal
		s.leaves(status)
	}
}

func TestHangUp(t *testing.T) {
	s := sit(t, nil)
	marker := filepath.Join(t.TempDir(), "marker")
	s.types("io.open('" + marker + "', 'w'):close()")
	s.expect("close()")
	s.hangUp()
	if err := <-s.ended; Status(err) != 0 {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("it ran what was half typed")
	}
}

func TestTasksAtThePrompt(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-release
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	s := sit(t, func(c *Config, _ map[string]string) { connectTo(c, server.URL) })
	s.begin(`t = async("stat", "lab/a")`)
	s.expect("\r[1] > ")
	for _, answer := range []string{"n\r", "\x03"} {
		s.types("\x04")
		s.expect("still running: ")
		s.expect("cancel and leave? [y/N] ")
		s.types(answer)
		s.expect("\n")
		s.expect("\r[1] > ")
	}
	s.types("half a li")
	close(release)
	s.types("ne")
	s.expect("half a line")
	if strings.Contains(s.all(), "warning") {
		t.Error("it tears the line")
	}
	// It is told behind the first line that ends after the task.
	for !strings.Contains(s.all(), "failed: ") {
		s.types("\x03")
		s.expect("^C")
		s.expect("> ")
	}
	s.want("1", "1")
	s.types("\x04")
	s.leaves(0)
}
