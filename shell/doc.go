// Package shell runs programs and the prompt: it reads, evaluates and prints, and keeps history,
// completion and interrupts. Lua is package vm's, the terminal package screen's, what can be
// called package verbs'.
//
// It promises that a call can always be interrupted and the shell survives it with its variables;
// that the terminal is left as it was found, by an exit, a signal and a hang-up alike; that
// nothing a person has half typed is ever run; that nothing signs in before a verb needs it; and
// that a secret does not reach the history file.
//
// It never shows a prompt, reads an init file or writes history where no terminal is.
//
// It is tested as a person uses it, over a pseudo-terminal, and its parts by tables.
package shell
