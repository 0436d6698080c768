package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

// foldHelp makes the help of all commands fit the terminal, and keeps for the exit status why it could not be
// written, which cobra has no way to tell.
func (a *app) foldHelp(root *cobra.Command) {
	inFull := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		var text strings.Builder
		out := cmd.OutOrStdout()
		cmd.SetOut(&text)
		inFull(cmd, args)
		cmd.SetOut(out)
		_, a.unhelped = io.WriteString(out, a.out().Fold(text.String()))
	})
}

// helpCommand explains a command, or what help(topic) explains in the shell.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND|TOPIC]",
		Short:             "Explain a command, a Lua function or module, or the scripts",
		Long:              "Explains a command, or a topic that help(topic) knows in the shell: " + strings.Join(vm.Topics(), ", ") + ".",
		ValidArgsFunction: completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) == 0 && (len(args) == 0 || found != cmd.Root()) {
				return found.Help()
			}
			text, ok := vm.Help(strings.Join(args, "."))
			if !ok {
				return usage(fmt.Errorf("there is no help on %q", strings.Join(args, " ")))
			}
			_, err = io.WriteString(a.out().Stdout(), a.out().Fold(text+"\n"))
			return err
		},
	}
}
