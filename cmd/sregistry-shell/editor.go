package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

// completionCommand prints the completion of the command line itself for a shell.
func (a *app) completionCommand() *cobra.Command {
	write := map[string]func(*cobra.Command, io.Writer) error{
		"bash": func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"zsh":  func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) },
		"fish": func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
	}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print completion for a command shell",
		Long: `Prints a script that completes commands and flags in your login shell. For bash:

  source <(sregistry-shell completion bash)`,
		ValidArgs: []string{"bash", "zsh", "fish"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || write[args[0]] == nil {
				return usage(fmt.Errorf("completion takes one of bash, zsh and fish, and not %q", args))
			}
			return write[args[0]](cmd.Root(), a.out().Stdout())
		},
	}
}

// annotationsCommand prints what an editor needs to know of the Lua functions.
func (a *app) annotationsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "annotations",
		Short: "Print the Lua functions as annotations for editors",
		Long: `Prints a file in the format of the Lua language server (LuaLS). Put it where the server looks for a
library, and your editor completes and checks scripts:

  sregistry-shell annotations > ~/.local/share/lua/sregistry-shell.lua`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Errorf("annotations takes no argument, and there is %q", args[0]))
			}
			_, err := io.WriteString(a.out().Stdout(), vm.Annotations())
			return err
		},
	}
}
