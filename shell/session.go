package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
)

// Config says what a Session works with. Screen is required.
type Config struct {
	Screen  *screen.Screen
	Signals *Signals // of Watch; without it Ctrl-C during a call at the prompt ends the program

	// Connect makes the client when the first verb needs it.
	Connect func(context.Context) (*client.Client, error)
	// Open makes the client of connect{...}.
	Open func(client.ConnectRequest) (*client.Client, error)

	// Database is the path of the local library's database for the first line of the banner, empty
	// where there is none;
	// Where says, in a line, where verbs go to and where that was set. It must not need the
	// network. Either may be left out.
	Database string
	Where    func() string

	// Mode is what a script's --json and --dry-run change; nil: nothing does.
	Mode modules.Mode

	// Memory is how many bytes a program may hold; 0 is a share of what the system leaves, and a negative
	// one is no limit.
	Memory int64

	NoInit bool // leave out init.lua, which else runs before the first prompt on a terminal

	LookupEnv func(string) (string, bool) // os.LookupEnv
	Home      string                      // $HOME
}

// Program is Lua source to run.
type Program struct {
	Name   string   // for messages: the file, "stdin" or "-e"
	Source string   // its first line may be a shebang
	Script string   // arg[0]; require looks beside it first
	Args   []string // arg[1], arg[2], ...

	// Shipped says that it came with this program: what a verb says of a failure is told as that of a
	// command, because file, line and traceback would be of a script that the user did not write.
	Shipped bool
}

// Session is one Lua state with a screen: programs that run in it and a prompt see each other's
// variables. Its methods belong to one goroutine.
type Session struct {
	c  Config
	vm *vm.VM // made by the first program, which says what arg is

	connecting sync.Mutex // guards client
	client     *client.Client

	reader     lineReader
	history    *history
	interrupts <-chan struct{}
	pending    <-chan outcome // of a call that was not waited for to its end
	prompting  atomic.Bool    // a person is there to be asked
	calling    atomic.Bool    // an entry runs
	entries    int
	explained  string          // long help that the entry asked for
	ctx        context.Context // of Interactive, for what completion looks up
	remote     remoteNames
	local      remoteNames                     // of the local library
	folders    *folders                        // of the file system
	others     map[*client.Client]*remoteNames // of the clients that connect made
	sofar      string                          // the lines of the entry before the one that is being typed
	shipped    bool                            // the program that ran last came with this one
}

// New makes a session. It opens nothing.
func New(c Config) *Session {
	if c.LookupEnv == nil {
		c.LookupEnv = os.LookupEnv
	}
	if c.Home == "" {
		c.Home, _ = c.LookupEnv("HOME")
	}
	s := &Session{c: c, ctx: context.Background(), others: map[*client.Client]*remoteNames{}, folders: newFolders()}
	s.remote = remoteNames{list: s.listNames, now: time.Now, patience: patience}
	s.local = remoteNames{list: s.listLocal, now: time.Now, patience: patience}
	return s
}

// Close ends the session's Lua state.
func (s *Session) Close() {
	// A call that does not end keeps its state; the process is about to end.
	if s.vm != nil && s.idle() {
		s.vm.Close()
	}
}

// machine is the Lua state, made for the first program that is run.
func (s *Session) machine(p Program) *vm.VM {
	if s.vm == nil {
		connect := s.connect
		if s.c.Connect == nil {
			connect = nil
		}
		stdin, _ := s.c.Screen.Input().(*os.File)
		s.vm = vm.New(vm.Options{
			Stdin:      stdin,
			Connect:    connect,
			Open:       s.c.Open,
			Stdout:     s.c.Screen.Stdout(),
			Stderr:     s.c.Screen.Stderr(),
			Note:       s.c.Screen.Note,
			Warn:       s.c.Screen.Warn,
			Debug:      s.c.Screen.Debug,
			Fail:       s.c.Screen.Fail,
			Confirm:    s.confirm,
			TaskDone:   s.taskDone,
			Fold:       s.c.Screen.Fold,
			Explain:    s.explain,
			Script:     p.Script,
			Args:       p.Args,
			Mode:       s.c.Mode,
			ModuleDirs: s.moduleDirs(),
			Memory:     s.c.Memory,
		})
	}
	return s.vm
}

// configDir is where the user's own Lua is: below the XDG configuration directory; empty without
// a home.
func (s *Session) configDir() string {
	config, _ := s.c.LookupEnv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		if s.c.Home == "" {
			return ""
		}
		config = filepath.Join(s.c.Home, ".config")
	}
	return filepath.Join(config, "sregistry-shell")
}

// moduleDirs is where require looks after the script's own folder.
func (s *Session) moduleDirs() []string {
	if dir := s.configDir(); dir != "" {
		return []string{filepath.Join(dir, "lua")}
	}
	return nil
}

// Run runs a program to its end, or until ctx ends. Programs that follow see its globals. The
// error is a *vm.ExitError or a *vm.ScriptError; Report shows it, and Status is the exit status
// that it means.
func (s *Session) Run(ctx context.Context, p Program) error {
	s.shipped = p.Shipped
	err := s.machine(p).Run(ctx, p.Name, p.Source)
	s.c.Screen.Close()
	return Interrupted(ctx, err)
}

// Report shows the error of Run on standard error: for a script that failed file and line, the
// message, and the traceback; for a shipped one, see Program. An exit says nothing, and an interrupted
// script has no traceback.
func (s *Session) Report(err error) {
	var exit *vm.ExitError
	var failed *vm.ScriptError
	switch {
	case err == nil || errors.As(err, &exit):
	case !errors.As(err, &failed):
		s.c.Screen.Fail(err)
	case client.CodeOf(err) == client.Canceled && Status(err) > 128:
		s.c.Screen.FailScript(failed.Message, "", failed.Cause)
	case s.shipped && failed.Cause != nil && client.CodeOf(failed.Cause) != client.Internal:
		s.c.Screen.Fail(failed.Cause)
	default:
		s.c.Screen.FailScript(failed.Message, failed.Traceback, failed.Cause)
	}
}

// confirm asks before something is destroyed. In a script there is nobody to ask.
func (s *Session) confirm(ctx context.Context, question string) (bool, error) {
	asker, ok := s.reader.(interface {
		ask(string) (string, error)
	})
	if !ok || !s.prompting.Load() {
		what := strings.TrimSuffix(question, "?")
		verb, _, _ := strings.Cut(what, " ")
		return false, &client.Error{Op: verb, Code: client.Invalid, Err: fmt.Errorf("this would %s", what), Hint: "say so with {yes=true}"}
	}
	s.c.Screen.Hold()
	defer s.c.Screen.Release()
	answer, err := asker.ask(screen.Safe(question) + " [y/N] ")
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return false, &client.Error{Op: "ask", Code: client.Canceled, Err: errInterrupted}
	}
	return screen.Yes(answer), nil
}
