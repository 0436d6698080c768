package shell

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"unicode/utf8"
)

// noProgram is the exit status of a shell that found nothing to run.
const noProgram = 127

// page shows a text that ends its line on standard output: one that is longer than the terminal
// through $PAGER, or less when that is not set; an empty one turns this off. Without a terminal,
// or when there is no such program, the text is just written.
func (s *Session) page(text string) error {
	pager := s.pager()
	if pager == "" || !s.tooLong(text) {
		_, err := io.WriteString(s.c.Screen.Stdout(), text)
		return err
	}
	s.c.Screen.Hold() // so that no task writes into what is being read
	defer s.c.Screen.Release()
	cmd := exec.Command("/bin/sh", "-c", pager)
	cmd.Env = os.Environ()
	if _, set := s.c.LookupEnv("LESS"); !set {
		cmd.Env = append(cmd.Env, "LESS=FRX") // leave at once what fits, keep colours and the text
	}
	cmd.Stdin = strings.NewReader(text)
	cmd.Stdout, cmd.Stderr = s.c.Screen.Terminal(), s.c.Screen.Terminal()
	err := cmd.Run()
	// One that was left before the end is no failure; one that is not there showed nothing.
	if err != nil && (cmd.ProcessState == nil || cmd.ProcessState.ExitCode() == noProgram) {
		_, err = io.WriteString(s.c.Screen.Terminal(), text)
		return err
	}
	return nil
}

// pager is the command that shows long texts; empty for none.
func (s *Session) pager() string {
	if !s.c.Screen.Interactive() || s.c.Screen.Plain() {
		return ""
	}
	if pager, set := s.c.LookupEnv("PAGER"); set {
		return strings.TrimSpace(pager)
	}
	if _, err := exec.LookPath("less"); err != nil {
		return ""
	}
	return "less"
}

// tooLong tells whether a text takes more rows than the terminal has beside the prompt.
func (s *Session) tooLong(text string) bool {
	height, width := s.c.Screen.Height(), s.c.Screen.Width()
	if height == 0 {
		return false
	}
	rows := 0
	for line := range strings.Lines(text) {
		rows += 1 + max(0, utf8.RuneCountInString(line)-2)/width
	}
	return rows >= height
}

// explain takes the text of help, to show it when the entry is done: only then a pager has the
// keyboard for itself. It tells whether it did; what fits is better written at once.
func (s *Session) explain(text string) bool {
	if !s.prompting.Load() || s.pager() == "" || !s.tooLong(text) {
		return false
	}
	s.explained += text
	return true
}
