package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/shell/screen"
)

// What may be typed at the prompt and is no Lua: `!ls` runs a shell command, `client.push?`,
// `?push` and `help push` ask for help; exit and quit are in enter.

// asked matches a question and what it is about.
var asked = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(?:\?\s*([\w.:]*)|([\w.:]+)\s*\?|help\s+([\w.:]+))\s*;?\s*$`)
})

// question is what an entry asks about, if it is a question.
func question(source string) (topic string, ok bool) {
	if !strings.Contains(source, "?") && !strings.HasPrefix(strings.TrimSpace(source), "help") {
		return "", false
	}
	found := asked().FindStringSubmatch(source)
	if found == nil {
		return "", false
	}
	return strings.ReplaceAll(found[1]+found[2]+found[3], ":", "."), true
}

// isCommand tells whether an entry is no Lua, so that it is complete as it stands.
func isCommand(source string) bool {
	_, ok := question(source)
	return ok || strings.HasPrefix(strings.TrimSpace(source), "!")
}

// helpOn is the Lua that answers a question: help on what the path leads to, or on the word.
func (s *Session) helpOn(topic string) string {
	if topic == "" {
		return "help"
	}
	if found := s.vm.Topic(topic); found != "" {
		topic = found
	}
	return fmt.Sprintf("help(%q)", topic)
}

// system runs a shell command on the terminal. What it exits with is said when it is not 0; an
// interrupt is the command's, which has the same terminal.
func (s *Session) system(ctx context.Context, command string) error {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.c.Screen.Input(), s.c.Screen.Terminal(), s.c.Screen.Stderr()
	if behind, ok := cmd.Stderr.(interface{ File() *os.File }); ok {
		if f := behind.File(); f != nil {
			cmd.Stderr = f
		}
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		s.c.Screen.Note("(" + failed.Error() + ")")
	case err != nil:
		s.c.Screen.Complain(err.Error())
	}
	return nil
}

// prompt is what an entry begins behind: how many tasks run, and the mark.
func (s *Session) prompt() string {
	if n := len(s.vm.Running()); n > 0 {
		return fmt.Sprintf("[%d] %s", n, mainPrompt)
	}
	return mainPrompt
}

// taskDone says that a task ended while nothing but the prompt waited: a call that runs may be
// waiting for it, and says so itself.
func (s *Session) taskDone(label string, err error) {
	switch {
	case !s.prompting.Load() || s.calling.Load():
	case err != nil:
		s.c.Screen.Warn(fmt.Sprintf("%s failed: %s", label, strings.TrimPrefix(err.Error(), label+": ")))
	default:
		s.c.Screen.Note(label + " is done")
	}
}

// mayLeave asks, when tasks run, whether to leave all the same; they would be canceled. Ctrl-D
// again is a yes.
func (s *Session) mayLeave() bool {
	asker, ok := s.reader.(interface {
		ask(string) (string, error)
	})
	if !ok || s.closed() {
		return true
	}
	running := s.vm.Running()
	if len(running) == 0 {
		return true
	}
	s.c.Screen.Note("still running: " + strings.Join(running, ", "))
	s.c.Screen.Hold()
	defer s.c.Screen.Release()
	answer, err := asker.ask("cancel and leave? [y/N] ")
	return err != nil && !errors.Is(err, errInterrupted) || screen.Yes(answer)
}
