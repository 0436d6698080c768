package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/scripts"
	"github.com/sregistry-shell/sregistry-shell/shell"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

// programFlags say what to run, and whether to stay.
type programFlags struct {
	chunks []string
	stay   bool
	noInit bool

	transcript string // the file; empty: none
}

func (p *programFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&p.chunks, "execute", "e", nil, "run this Lua `code`; may be given again, and goes first")
	cmd.Flags().BoolVarP(&p.stay, "interactive", "i", false, "stay at the prompt afterwards")
	cmd.Flags().BoolVar(&p.noInit, "norc", false, "do not run init.lua before the prompt")
	cmd.Flags().StringVar(&p.transcript, "transcript", "", "add what is typed and shown to this `file`, without colours and progress")
}

// start is sregistry-shell without a command: the code of -e, else the prompt, else the program
// that comes in.
func (a *app) start(ctx context.Context, p programFlags) error {
	if len(p.chunks) > 0 || p.stay || a.out().Interactive() {
		return a.programs(ctx, p, nil)
	}
	program, err := fromInput(ctx, nil)
	if err != nil {
		return err
	}
	return a.programs(ctx, p, &program)
}

// programs runs the chunks of -e and then a program in one session, and stays at the prompt when
// asked to, or when there is nothing else to do.
func (a *app) programs(ctx context.Context, p programFlags, last *shell.Program) error {
	if p.transcript != "" {
		f, err := os.OpenFile(p.transcript, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			code, _ := client.FileCode(err)
			return &client.Error{Op: "transcript", Code: code, Err: err, Hint: "name a file that can be written"}
		}
		defer f.Close()
		a.out().Transcribe(f)
	}
	s := a.session(p.noInit)
	defer s.Close()
	var all []shell.Program
	for _, code := range p.chunks {
		program := shell.Program{Name: "-e", Source: code}
		if last != nil {
			program.Script, program.Args = last.Script, last.Args
		}
		all = append(all, program)
	}
	if last != nil {
		all = append(all, *last)
	}
	for _, program := range all {
		if err := s.Run(ctx, program); err != nil {
			s.Report(err)
			return &shownError{err}
		}
	}
	if p.stay || len(all) == 0 {
		if err := s.Interactive(ctx); err != nil {
			return &shownError{err}
		}
	}
	return nil
}

func (a *app) shellCommand() *cobra.Command {
	var p programFlags
	cmd := &cobra.Command{
		Use:   "shell [swift]",
		Short: "Open the prompt, as sregistry shell did",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && args[0] != "swift" {
				return usage(fmt.Errorf("this shell speaks swift, and not %q", args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return a.start(cmd.Context(), p) },
	}
	p.add(cmd)
	return cmd
}

func (a *app) runCommand() *cobra.Command {
	var p programFlags
	cmd := &cobra.Command{
		Use:   "run FILE|NAME|- [ARG...]",
		Short: "Run a Lua script: a file, one that ships with the shell, or standard input",
		Long: `Runs a Lua script with the arguments in the table arg. A file goes before a script of that name
that ships with the shell (` + scripts.Names() + `); - is standard input.
A script that is to be run by its name begins with: #!/usr/bin/env -S sregistry-shell run`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				if len(p.chunks) > 0 {
					return a.programs(cmd.Context(), p, nil)
				}
				return usage(errors.New("run needs a script: a file, the name of one that ships with the shell, or -"))
			}
			program, err := load(cmd.Context(), args[0], args[1:])
			if err != nil {
				return err
			}
			return a.programs(cmd.Context(), p, &program)
		},
	}
	cmd.ValidArgsFunction = completeScripts
	cmd.Flags().SetInterspersed(false) // what follows the script is the script's
	p.add(cmd)
	return cmd
}

// load finds a script: a file, else one that ships with the shell.
func load(ctx context.Context, script string, args []string) (shell.Program, error) {
	if script == "-" {
		return fromInput(ctx, args)
	}
	source, err := awaited(ctx, func() (string, error) { return vm.ReadSourceFile(script) }) // it may be a pipe
	if err == nil {
		return shell.Program{Name: script, Source: source, Script: script, Args: args}, nil
	}
	if shipped, ok := scripts.Find(script); ok && errors.Is(err, fs.ErrNotExist) {
		return shell.Program{Name: shipped.Name, Source: shipped.Source, Script: shipped.Name, Args: args, Shipped: true}, nil
	}
	code := client.Invalid
	hint := ""
	switch {
	case errors.Is(err, context.Canceled):
		code = client.Canceled
	case errors.Is(err, fs.ErrPermission):
		code = client.Denied
	case errors.Is(err, fs.ErrNotExist):
		code, hint = client.NotFound, "these ship with the shell: "+scripts.Names()
	}
	return shell.Program{}, &client.Error{Op: "run", Code: code, Err: err, Hint: hint}
}

// fromInput is standard input as one program.
func fromInput(ctx context.Context, args []string) (shell.Program, error) {
	in := os.Stdin
	source, err := awaited(ctx, func() (string, error) { return vm.ReadSource(in) })
	if err != nil {
		code := client.Invalid
		if errors.Is(err, context.Canceled) {
			code = client.Canceled
		}
		return shell.Program{}, &client.Error{Op: "run", Image: "stdin", Code: code, Err: err}
	}
	return shell.Program{Name: "stdin", Source: source, Script: "stdin", Args: args}, nil
}

// awaited is what read gives; when ctx ends first, its cause, and read is left to itself: nothing
// ends a read of a pipe or a terminal to which nobody writes.
func awaited(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := read()
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		return a.text, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
