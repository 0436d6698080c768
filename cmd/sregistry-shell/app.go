package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/library"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/shell"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/memory"
)

// defaultFolder stands for the folder that --embedded without one means.
const defaultFolder = "~/.singularity/swift"

// app is what the commands share: the global flags, the one screen, the one client.
type app struct {
	args     []string // of the command line
	options  screen.Options
	embedded string
	cloud    string // of clouds.yaml
	dryRun   bool
	rate     int64         // bytes a second; 0: no limit
	timeout  time.Duration // of a verb; 0: no limit
	memory   int64         // of a program, as vm.Options has it
	signals  *shell.Signals

	screen *screen.Screen
	client *client.Client
	others []*client.Client // that a flag names
	made   bool             // a client of any kind

	unhelped error          // why help could not be written
	secrets  *cobra.Command // whose arguments no message repeats
}

// check refuses flags of all commands, and of programs, that make no sense. A folder that is empty, as that of a variable not
// set, must not lead to the server of the settings; nor must the name of a cloud.
func (a *app) check(flags *pflag.FlagSet) error {
	switch {
	case a.embedded == "" && flags.Changed("embedded"):
		return usage(errors.New("--embedded= names no folder; without the = it is " + defaultFolder))
	case a.cloud == "" && flags.Changed("os-cloud"):
		return usage(errors.New("--os-cloud names no cloud"))
	case flags.Changed("transcript") && flags.Lookup("transcript").Value.String() == "":
		return usage(errors.New("--transcript names no file"))
	case a.embedded != "" && a.cloud != "":
		return usage(errors.New("--embedded and --os-cloud say two places; give one of them"))
	}
	if err := a.limitMemory(); err != nil {
		return err
	}
	switch a.options.Progress {
	case screen.ProgressAuto, screen.ProgressPlain, screen.ProgressNone:
		return nil
	}
	return usage(fmt.Errorf("--progress is auto, plain or none, and not %q", a.options.Progress))
}

// limitMemory takes the setting of how much a program in Lua may hold; 0 is no limit.
func (a *app) limitMemory() error {
	text := os.Getenv(memory.Setting)
	if text == "" {
		return nil
	}
	bytes, err := client.ParseSize(text)
	if err != nil {
		return usage(fmt.Errorf("%s is %q, and no size; it is written 2G or 500M, and 0 is no limit", memory.Setting, text))
	}
	if a.memory = bytes; bytes == 0 {
		a.memory = -1
	}
	return nil
}

// out is the screen, made when the flags are known.
func (a *app) out() *screen.Screen {
	if a.screen == nil {
		a.screen = screen.New(a.options)
		if a.signals != nil {
			a.signals.Output(a.screen.Writing)
		}
	}
	return a.screen
}

// lateOutput is the standard output of the screen, which is made with the first write: before the flags are
// read there is none.
type lateOutput struct{ a *app }

func (o lateOutput) Write(p []byte) (int, error) { return o.a.out().Stdout().Write(p) }

func (a *app) close() {
	if a.screen != nil {
		a.screen.Close()
	}
	for _, c := range append(a.others, a.client) {
		if c == nil {
			continue
		}
		if err := c.Close(); err != nil {
			a.out().Warn(err.Error())
		}
	}
}

// connect makes the client when the first verb needs it; it signs in with its first request. One
// without settings serves what needs no server, and is made anew when there may be settings.
func (a *app) connect(context.Context) (*client.Client, error) {
	if a.client != nil && a.client.Ready() == nil {
		return a.client, nil
	}
	c, err := a.newClient()
	switch {
	case err != nil:
		return nil, err
	case a.client != nil && c.Ready() != nil:
		return a.client, nil // nothing was mended since
	}
	a.client = c
	return c, nil
}

func (a *app) newClient() (*client.Client, error) {
	switch {
	case a.embedded != "":
		if a.folder() == "" {
			return nil, usage(errors.New("there is no home for --embedded: set HOME, or write --embedded=DIR"))
		}
		return a.open(client.ConnectRequest{Embedded: a.folder()})
	case a.cloud != "":
		return a.open(client.ConnectRequest{Cloud: a.cloud})
	}
	cfg, err := client.FromEnvironment(os.Getenv)
	if other := speaksSwift(os.Getenv("SREGISTRY_CLIENT")); other != nil {
		err = other
	}
	if err == nil {
		a.keepSettings(&cfg)
	}
	cfg.Unset = err // what needs no server does without
	return client.New(a.fill(cfg)), nil
}

// open makes a client of settings of its own.
func (a *app) open(r client.ConnectRequest) (*client.Client, error) {
	naming, err := client.NamingFromEnvironment(os.Getenv)
	if err != nil {
		return nil, &client.Error{Op: "connect", Code: client.Invalid, Err: errors.Unwrap(err)}
	}
	return client.Connect(r, a.fill(client.Config{Naming: naming}))
}

// fill gives a client what the global flags say.
func (a *app) fill(cfg client.Config) client.Config {
	cfg.Reporter, cfg.Debug, cfg.DryRun = a.out(), a.options.Debug, a.dryRun
	cfg.BytesPerSecond, cfg.Timeout = a.rate, a.timeout
	cfg.Library, cfg.Stdout = a.library(), a.out().Data()
	cfg.TokenCache = signin.CacheDir(os.Getenv)
	a.made = true
	return cfg
}

// library says where the local library is.
func (a *app) library() library.Settings { return client.LibraryFromEnvironment(os.Getenv, home()) }

// folder is where --embedded keeps its objects; empty when it would be below a home and there is
// none.
func (a *app) folder() string {
	if a.embedded == defaultFolder {
		if home() == "" {
			return ""
		}
		return filepath.Join(home(), ".singularity", "swift")
	}
	return a.embedded
}

// home is $HOME, else what the password database says; empty when neither does.
func home() string {
	if dir := os.Getenv("HOME"); dir != "" {
		return dir
	}
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.HomeDir
}

// where says, without a request, where verbs go to and where that was set.
func (a *app) where() string {
	if a.embedded != "" {
		return "connected to the folder " + a.folder() + " (--embedded)"
	}
	if a.cloud != "" {
		return "connects to the cloud " + a.cloud + " of clouds.yaml (--os-cloud)"
	}
	cfg, err := client.FromEnvironment(os.Getenv)
	if err != nil {
		return "not connected: " + err.Error()
	}
	return "connects to " + cfg.Settings.String() + " (" + cfg.Settings.Source + ")"
}

// session makes the shell for programs and the prompt.
func (a *app) session(noInit bool) *shell.Session {
	return shell.New(shell.Config{
		Screen: a.out(), Signals: a.signals, Connect: a.connect, Open: a.open, Where: a.where, Database: a.library().Database, Home: home(), NoInit: noInit, Mode: a, Memory: a.memory,
	})
}

// JSON, SetJSON, DryRun and SetDryRun make app what a script's own --json and --dry-run change.

func (a *app) JSON() bool   { return a.out().JSON() }
func (a *app) SetJSON()     { a.out().SetJSON() }
func (a *app) DryRun() bool { return a.dryRun }

func (a *app) SetDryRun() error {
	if a.made && !a.dryRun {
		return errors.New("a verb has been called already")
	}
	a.dryRun = true
	return nil
}
