package shell

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
)

// pipes is a session without any terminal.
func pipes(t *testing.T, in string, change func(*Config, *screen.Options)) (s *Session, out, errs *bytes.Buffer) {
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	o := screen.Options{In: strings.NewReader(in), Out: out, Err: errs, Env: func(string) string { return "" }}
	c := Config{
		Home:      t.TempDir(),
		LookupEnv: func(string) (string, bool) { return "", false },
		Connect: func(context.Context) (*client.Client, error) {
			return nil, &client.Error{Op: "sign in", Code: client.Denied, Err: errors.New("the server refuses the key"), Hint: "check it"}
		},
	}
	if change != nil {
		change(&c, &o)
	}
	c.Screen = screen.New(o)
	s = New(c)
	t.Cleanup(s.Close)
	return s, out, errs
}

func TestRun(t *testing.T) {
	s, out, errs := pipes(t, "", nil)
	ctx := context.Background()
	for _, p := range []Program{
		{Name: "-e", Source: "x = 1", Script: "-e", Args: []string{"one", "two"}},
		{Name: "-e", Source: "#!/usr/bin/env sregistry-shell\nprint(x, arg[0], arg[1], arg[2])"},
	} {
		if err := s.Run(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	if out.String() != "1\t-e\tone\ttwo\n" || errs.Len() > 0 {
		t.Errorf("%q, %q", out, errs)
	}
}

func TestReport(t *testing.T) {
	const source = "local function f()\n  client.search()\nend\nf()"
	s, out, errs := pipes(t, "", nil)
	err := s.Run(context.Background(), Program{Name: "sync.lua", Source: source})
	s.Report(err)
	if Status(err) != 4 {
		t.Errorf("status %d", Status(err))
	}
	got := errs.String()
	if !strings.HasPrefix(got, "sync.lua:2: sign in: the server refuses the key; check it\n") ||
		!strings.Contains(got, "\n  sync.lua:4: in ") {
		t.Errorf("it says:\n%s", got)
	}
	if out.Len() > 0 {
		t.Errorf("on standard output: %s", out)
	}

	s, _, errs = pipes(t, "", func(_ *Config, o *screen.Options) { o.JSON = true })
	s.Report(s.Run(context.Background(), Program{Name: "sync.lua", Source: source}))
	if got := errs.String(); !strings.HasPrefix(got, `{"error":{"code":"denied","op":"sign in","message":"sync.lua:2: `) || strings.Count(got, "\n") != 1 {
		t.Errorf("as JSON: %s", got)
	}
}

func TestReportOfAnExit(t *testing.T) {
	s, _, errs := pipes(t, "", nil)
	err := s.Run(context.Background(), Program{Name: "-e", Source: "os.exit(5)"})
	s.Report(err)
	if Status(err) != 5 || errs.Len() > 0 {
		t.Errorf("status %d, %q", Status(err), errs)
	}
}

func TestSignalDuringAScript(t *testing.T) {
	for signal, status := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		begun := make(chan struct{})
		s, _, errs := pipes(t, "", func(c *Config, o *screen.Options) { o.Out = tell{begun} })
		ctx, cancel := context.WithCancelCause(context.Background())
		go func() {
			<-begun
			cancel(&SignalError{signal})
		}()
		err := s.Run(ctx, Program{Name: "loop.lua", Source: "print('begun')\nwhile true do pcall(print) end"})
		s.Report(err)
		if Status(err) != status {
			t.Errorf("%v: %v, status %d", signal, err, Status(err))
		}
		if got := errs.String(); got != "loop.lua:2: interrupted\n" {
			t.Errorf("%v: it says %q", signal, got)
		}
	}
}

// tell says once that something was written.
type tell struct{ c chan struct{} }

func (w tell) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "begun") {
		close(w.c)
	}
	return len(p), nil
}

func TestNobodyIsAskedInAScript(t *testing.T) {
	s, _, errs := pipes(t, "y\n", func(c *Config, _ *screen.Options) {
		c.Connect = func(context.Context) (*client.Client, error) { return &client.Client{}, nil }
	})
	err := s.Run(context.Background(), Program{Name: "-e", Source: `client.delete({"lab/a", "lab/b"})`})
	s.Report(err)
	if Status(err) != 2 {
		t.Errorf("%v, status %d", err, Status(err))
	}
	if got := errs.String(); !strings.Contains(got, "this would delete 2 images, from lab/a to lab/b; say so with {yes=true}") {
		t.Errorf("it says %s", got)
	}
}

func TestModulesOfTheUser(t *testing.T) {
	config := t.TempDir()
	os.MkdirAll(filepath.Join(config, "sregistry-shell", "lua"), 0o755)
	os.WriteFile(filepath.Join(config, "sregistry-shell", "lua", "mine.lua"), []byte("return 'my module'"), 0o644)
	s, out, _ := pipes(t, "", func(c *Config, _ *screen.Options) {
		c.LookupEnv = func(name string) (string, bool) {
			return map[string]string{"XDG_CONFIG_HOME": config}[name], name == "XDG_CONFIG_HOME"
		}
	})
	if err := s.Run(context.Background(), Program{Name: "-e", Source: "print(require 'mine')"}); err != nil || out.String() != "my module\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestPromptWithoutATerminal(t *testing.T) {
	// -i, with input from a pipe: no banner, no prompts, no history.
	s, out, errs := pipes(t, "x = 2\nx\nfunction f()\nreturn 3\nend\nf()\nerror('oh')\nexit(4)\n", nil)
	err := s.Interactive(context.Background())
	if Status(err) != 4 || out.String() != "2\n3\n" || errs.String() != "in:5: oh\n" {
		t.Errorf("%v, %q, %q", err, out, errs)
	}
	if left, _ := filepath.Glob(filepath.Join(s.c.Home, ".*")); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
	// What are keys on a terminal are bytes here.
	s, out, errs = pipes(t, "#'a\tb'\n#'\x12\x03\x1b[3~'\n\t\t'tabs'\n\x12fir\n'still here'\n", nil)
	if err := s.Interactive(context.Background()); err != nil || out.String() != "3\n6\n\"tabs\"\n\"still here\"\n" || !strings.HasPrefix(errs.String(), "in:4: unexpected symbol") {
		t.Errorf("%v, %q, %q", err, out, errs)
	}
	// = asks for a value, as it does at the prompt of Lua.
	s, out, errs = pipes(t, "=1+1\n = {\n'a'\n}\n=3;\n==4\n", nil)
	if err := s.Interactive(context.Background()); err != nil || out.String() != "2\n{\"a\"}\n" || !strings.HasPrefix(errs.String(), "in:4: unexpected symbol near '=='") {
		t.Errorf("%v, %q, %q", err, out, errs)
	}
	s, _, _ = pipes(t, "function f()\n", nil)
	if err := s.Interactive(context.Background()); err != nil {
		t.Errorf("at the end of input: %v", err)
	}
}

func TestPrintIntoAFullDisk(t *testing.T) {
	s, _, errs := pipes(t, "", func(_ *Config, o *screen.Options) { o.Out = fullDisk{} })
	err := s.Run(context.Background(), Program{Name: "-e", Source: "print('x')"})
	s.Report(err)
	if Status(err) != 9 || !strings.Contains(errs.String(), "no space left on device") {
		t.Errorf("%v, status %d, %q", err, Status(err), errs)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestBannerPath(t *testing.T) {
	if got := Banner(""); got != "[client|swift] [database|off]" {
		t.Error(got)
	}
	if got := Banner("/data/x.db"); got != "[client|swift] [database|sqlite:////data/x.db]" {
		t.Error(got)
	}
}
