package vm

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/memory"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/modules"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// Options say what a VM is connected to. Every field may be left out.
type Options struct {
	// Connect makes the client, at the first verb that needs it, and not again once it succeeded.
	// Its error is the verb's.
	Connect func(context.Context) (*client.Client, error)
	// Open makes the client of connect{...}; Close closes it.
	Open func(client.ConnectRequest) (*client.Client, error)
	// Stdout takes what print and io.write write, Stderr what io.stderr:write does. One with a method
	// File() *os.File hands that file to the commands of os.execute.
	Stdout, Stderr io.Writer
	// Stdin is what io.read reads; os.Stdin when nil.
	Stdin *os.File
	// Note and Warn take remarks: a line that a person at a prompt may want to see, and one that
	// even a cron job should. The module log writes through log lines of its own.
	Note, Warn func(string)
	// Debug takes log.debug; nil drops it.
	Debug func(string)
	// Fail shows an error as one that ends a command is shown, for what a script says of its own use;
	// nil drops it.
	Fail func(error)
	// Confirm asks whether to do what the question says. Without it there is nobody to ask, and
	// what needs a yes fails with the code invalid.
	Confirm func(ctx context.Context, question string) (bool, error)
	// TaskDone is told of every task that ended, from a goroutine of its own; err is nil when it
	// did what it should. It must not call the VM.
	TaskDone func(label string, err error)
	// Fold breaks lines of help that are too long for where they are shown; nil leaves them.
	Fold func(text string) string
	// Explain may take a text of help, which ends its line, to show it later; false leaves it to
	// Stdout.
	Explain func(text string) bool
	// Script and Args are arg[0] and arg[1], arg[2], ...; a program has Args as ... too. require looks beside Script first.
	Script string
	Args   []string
	// Mode is what a script's --json and --dry-run change.
	Mode modules.Mode
	// ModuleDirs are where require looks after that.
	ModuleDirs []string
	// Memory is how many bytes the process may hold while a program runs, which is stopped
	// otherwise; 0 is a share of what the system leaves, a negative one is no limit.
	Memory int64
}

// VM is one Lua state with the verbs bound to it. See the package comment for who may call what.
type VM struct {
	mu  sync.Mutex // held while a program runs
	L   *lua.LState
	opt Options

	// epoch is the context that Lua code runs under. It is one and the same from program to
	// program until an interrupt or an exit really happened: a coroutine keeps a child of the
	// context it was made under, and would be dead at the next prompt otherwise.
	epoch  context.Context
	cancel context.CancelCauseFunc

	client    *connection
	library   *connection // the same client; its own table
	exit      *ExitError
	connected map[client.ConnectRequest]*connection // by connect{...}, by what was asked for
	stops     map[int]func()                        // what Close calls: of iterators that were not run to their end, of temporary folders
	left      *leftBehind                           // ids of stops that are done
	nextID    int
	modules   map[string]*lua.LTable
	bound     map[*lua.LFunction]boundVerb
	tasks     *taskList
	warned    map[string]bool
	short     map[string]bool   // names of prompt entries of one line
	last      lua.LValue        // what was put into _ last
	trace     string            // of the last error at the prompt
	source    string            // of the program that runs
	sources   map[string]string // of chunks, for messages about one of their lines

	protected int           // how many calls of pcall are inside one another
	spare     []*lua.LState // threads for more of them

	topics     map[*lua.LFunction]string // what help knows a function as
	signatures map[*lua.LFunction]string
	libraries  map[*lua.LTable]string // Lua's own: string, table, ...
}

// New makes a VM. It takes well under a millisecond and opens nothing.
func New(opt Options) *VM {
	if opt.Stdout == nil {
		opt.Stdout = io.Discard
	}
	if opt.Stdin == nil {
		opt.Stdin = os.Stdin
	}
	if opt.Stderr == nil {
		opt.Stderr = io.Discard
	}
	silent := func(string) {}
	if opt.Note == nil {
		opt.Note = silent
	}
	if opt.Warn == nil {
		opt.Warn = silent
	}
	if opt.Debug == nil {
		opt.Debug = silent
	}
	if opt.Fail == nil {
		opt.Fail = func(error) {}
	}
	if opt.Mode == nil {
		opt.Mode = silentMode{}
	}
	m := &VM{
		opt: opt, stops: map[int]func(){}, left: &leftBehind{}, connected: map[client.ConnectRequest]*connection{}, modules: map[string]*lua.LTable{},
		bound: map[*lua.LFunction]boundVerb{}, tasks: newTaskList(), warned: map[string]bool{}, short: map[string]bool{}, sources: map[string]string{}, last: lua.LNil,
		topics: map[*lua.LFunction]string{}, signatures: map[*lua.LFunction]string{}, libraries: map[*lua.LTable]string{},
	}
	m.L = newState()
	m.renew()
	value.Open(m.L)
	m.openStd()
	m.openStrings()
	openArithmetic(m.L)
	m.openPatterns()
	m.openIO()
	m.openOS()
	m.openRequire()
	m.client = m.newConnection(verbs.GroupClient, opt.Connect)
	m.library = m.newConnection(verbs.GroupLibrary, m.client.get)
	for _, c := range []*connection{m.client, m.library} {
		m.L.SetGlobal(c.name, c.table)
	}
	m.openModules()
	m.openTasks()
	m.openConnect()
	m.openTraceback()
	m.openHelp()
	m.documentStandard()
	return m
}

// newState makes a Lua state with the limits raised to what scripts over thousands of images
// need. As gopher-lua makes them, table.concat of 4,000 strings fails, and so does a recursion
// 300 deep.
func newState() *lua.LState {
	L := lua.NewState(lua.Options{
		CallStackSize:       4096,
		MinimizeStackMemory: true,
		RegistrySize:        4 * 1024, // a coroutine has one of its own
		RegistryMaxSize:     1 << 20,
		RegistryGrowStep:    4096,
		IncludeGoStackTrace: true,
		SkipOpenLibs:        true,
	})
	// All but channel, whose operations block and cannot be interrupted.
	for _, lib := range []struct {
		name string
		open lua.LGFunction
	}{
		{lua.LoadLibName, lua.OpenPackage},
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
		{lua.IoLibName, lua.OpenIo},
		{lua.OsLibName, lua.OpenOs},
		{lua.StringLibName, lua.OpenString},
		{lua.MathLibName, lua.OpenMath},
		{lua.DebugLibName, lua.OpenDebug},
		{lua.CoroutineLibName, lua.OpenCoroutine},
	} {
		L.Push(L.NewFunction(lib.open))
		L.Push(lua.LString(lib.name))
		L.Call(1, 0)
	}
	return L
}

// Close ends what is still open: tasks, iterators, temporary files and folders. The VM cannot be used after it.
func (m *VM) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cancel(context.Canceled)
	m.cancelTasks()
	for _, stop := range m.stops {
		stop()
	}
	m.stops = nil
	if !m.L.IsClosed() {
		m.L.Close()
	}
}

// renew starts a new epoch.
func (m *VM) renew() {
	if m.cancel != nil {
		m.cancel(context.Canceled)
	}
	m.epoch, m.cancel = context.WithCancelCause(context.Background())
	m.L.SetContext(m.epoch)
}

// Run runs a whole program, whose first line may be a shebang, and waits for the tasks it started.
// The error is an *ExitError, or a
// *ScriptError whose Message begins with the place, as "sync.lua:3:".
func (m *VM) Run(ctx context.Context, chunk, source string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	fn, err := m.compile(chunk, source)
	if err != nil {
		return err
	}
	m.source = source
	var args []lua.LValue
	for _, arg := range m.opt.Args {
		args = append(args, lua.LString(arg)) // as ...
	}
	_, err = m.call(ctx, fn, args...)
	err = m.finish(ctx, err)
	if _, exit := err.(*ExitError); err != nil && !exit {
		// A script that keeps something of its own in `path` is no cause for cron to send mail. One
		// that failed may have failed for that.
		m.warnShadowed()
	}
	return err
}

// call runs fn with args under ctx and gives all its results.
func (m *VM) call(ctx context.Context, fn *lua.LFunction, args ...lua.LValue) ([]lua.LValue, error) {
	if err := ctx.Err(); err != nil {
		return nil, m.interrupted("", "", ctx)
	}
	m.exit = nil
	epoch, cancel := m.epoch, m.cancel
	detach := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	unwatch := memory.Watch(m.opt.Memory, func(over *memory.Error) { cancel(over) })

	base := m.L.GetTop()
	m.L.Push(fn)
	for _, arg := range args {
		m.L.Push(arg)
	}
	err := m.L.PCall(len(args), lua.MultRet, nil)
	var results []lua.LValue
	if err == nil {
		for i := base + 1; i <= m.L.GetTop(); i++ {
			results = append(results, m.L.Get(i))
		}
	} else {
		err = m.failure(err, epoch)
	}
	m.L.SetTop(base)
	unwatch()
	if overMemory(epoch) != nil {
		debug.FreeOSMemory() // else what comes next begins above the limit
	}

	// When the function of AfterFunc has begun, epoch may die at any moment.
	if !detach() || epoch.Err() != nil {
		m.renew()
	}
	return results, err
}
