package vm

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/memory"
	"github.com/sregistry-shell/sregistry-shell/shell/vm/value"
	lua "github.com/yuin/gopher-lua"
)

// ExitError says that the program called os.exit, exit or quit. Nothing in Lua can catch it.
type ExitError struct{ Status int }

// Error names the status.
func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Status) }

// ScriptError is a program that failed.
type ScriptError struct {
	// Message is for the user: "sync.lua:3: push lab/x: no such file".
	Message string
	// Traceback is Lua's stack, innermost first, a frame a line; empty when there is none.
	Traceback string
	// Cause is the *client.Error when a verb or a module failed, or when the program was
	// interrupted (code canceled); nil for a fault of the script itself.
	Cause error
	// Value is the Lua value that was raised, for _error; nil when there is none. It belongs to
	// the goroutine of the VM.
	Value lua.LValue
}

// Error is the message.
func (e *ScriptError) Error() string { return e.Message }

// Unwrap gives the cause to errors.Is and errors.As.
func (e *ScriptError) Unwrap() error { return e.Cause }

// PanicError is a fault of this program that a binding ran into: the reason of a *client.Error
// with the code internal.
type PanicError struct {
	Value any
	Stack []byte // Go's stack, for --debug
}

// Error says what went wrong, and not where.
func (e *PanicError) Error() string { return fmt.Sprintf("a fault of this program: %v", e.Value) }

// guard runs f, and makes a Lua error with the code internal of a panic in it. Lua's own errors
// pass through.
func guard(L *lua.LState, op string, f func() int) int {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, ours := r.(*lua.ApiError); ours || r == any(stackOverflow) {
			panic(r)
		}
		value.Raise(L, op, &client.Error{Op: op, Code: client.Internal, Err: &PanicError{r, debug.Stack()}})
	}()
	return f()
}

// stackOverflow is the bare string that gopher-lua panics with.
const stackOverflow = "lua callstack overflow"

var frame = regexp.MustCompile(`(?m)^\t(.+:\d+:) in `)

// failure makes the error of Run and Eval of what PCall gave.
func (m *VM) failure(err error, epoch context.Context) error {
	if m.exit != nil {
		return m.exit
	}
	var api *lua.ApiError
	if !errors.As(err, &api) {
		return &ScriptError{Message: err.Error()}
	}
	goStack, trace, found := strings.Cut(api.StackTrace, "stack traceback:\n")
	if !found {
		goStack, trace = "", api.StackTrace
	}
	trace = m.cleanTrace(trace)
	where := ""
	if found := frame.FindStringSubmatch(api.StackTrace); found != nil {
		where = found[1]
	}

	if over := overMemory(epoch); over != nil {
		return m.scriptError(where, over.Error(), trace, nil, nil)
	}
	if raised, ok := value.AsError(api.Object); ok {
		if raised.Where != "" {
			where = raised.Where
		}
		return m.scriptError(where, raised.Err.Error(), trace, raised.Err, api.Object)
	}
	if epoch.Err() != nil {
		e := m.interrupted(where, trace, epoch)
		e.Value = api.Object
		return e
	}
	text, isText := api.Object.(lua.LString)
	switch {
	case api.Type == lua.ApiErrorPanic && string(text) == stackOverflow:
		return m.scriptError(where, "stack overflow: a function calls itself too deep", trace, nil, api.Object)
	case api.Type == lua.ApiErrorPanic && strings.Contains(string(text), "nil pointer dereference") && ofInterpreter(goStack):
		// What gopher-lua does when a coroutine yields where the interpreter itself is in between.
		return m.scriptError(where, "a coroutine yielded inside a metamethod or an iterator, where it cannot", trace, nil, api.Object)
	case api.Type == lua.ApiErrorPanic:
		cause := &client.Error{Op: "run", Code: client.Internal, Err: &PanicError{string(text), []byte(goStack)}}
		return m.scriptError(where, string(text), trace, cause, api.Object)
	case isText:
		said := m.blame(string(text))
		return m.scriptError("", said, trace, nil, lua.LString(said))
	}
	return m.scriptError(where, m.Render(api.Object, 0), trace, nil, api.Object)
}

// ofInterpreter tells whether the panic of a Go stack came from gopher-lua itself, and not from a
// function of this program that it called.
func ofInterpreter(goStack string) bool {
	_, above, _ := strings.Cut(goStack, "panic(")
	for line := range strings.Lines(above) {
		if !strings.HasPrefix(line, "\t") && strings.Contains(line, "(") && !strings.HasPrefix(line, "runtime.") && !strings.HasPrefix(line, "panic(") && !strings.HasPrefix(line, "{") {
			return strings.HasPrefix(line, "github.com/yuin/gopher-lua.")
		}
	}
	return false
}

// overMemory is why a context ended, when it ended for that.
func overMemory(epoch context.Context) *memory.Error {
	var over *memory.Error
	if epoch.Err() == nil || !errors.As(context.Cause(epoch), &over) {
		return nil
	}
	return over
}

func (m *VM) scriptError(where, message, trace string, cause error, v lua.LValue) *ScriptError {
	if where != "" {
		message = where + " " + message
	}
	return &ScriptError{Message: m.place(message), Traceback: trace, Cause: cause, Value: v}
}

// interrupted is the error of a program whose context ended.
func (m *VM) interrupted(where, trace string, ctx context.Context) *ScriptError {
	reason := context.Cause(ctx)
	if reason == nil || errors.Is(reason, context.Canceled) {
		reason = context.Canceled
	}
	cause := &client.Error{Op: "run", Code: client.Canceled, Err: reason}
	return m.scriptError(where, "interrupted", trace, cause, nil)
}

// cleanTrace drops what says nothing to a user: frames of Go.
func (m *VM) cleanTrace(trace string) string {
	var out []string
	for line := range strings.Lines(trace) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "[G]:") {
			continue
		}
		out = append(out, m.place(line))
	}
	return strings.Join(out, "\n")
}

// place writes "in:3:1: text" as "in:3: text" where in:3 is an entry of one line at the prompt.
func (m *VM) place(text string) string {
	for chunk := range m.short {
		if rest, ok := strings.CutPrefix(text, chunk+":1:"); ok {
			return chunk + ":" + rest
		}
	}
	return text
}
