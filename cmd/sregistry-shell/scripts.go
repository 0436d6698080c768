package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/scripts"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

// scriptsCommand lists the scripts that ship with the shell, and prints one to copy and change.
func (a *app) scriptsCommand() *cobra.Command {
	long, _ := vm.Help("scripts")
	list := &cobra.Command{
		Use:   "scripts",
		Long:  long,
		Short: "List the scripts that ship with the shell, or show one",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Errorf("scripts has no command %q; it is: scripts show NAME", args[0]))
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			var b strings.Builder
			for _, s := range scripts.All() {
				if a.out().JSON() {
					fmt.Fprintf(&b, "{\"name\":%q,\"summary\":%q}\n", s.Name, s.Summary)
				} else {
					fmt.Fprintf(&b, "%-11s %s\n", s.Name, s.Summary)
				}
			}
			_, err := io.WriteString(a.out().Stdout(), b.String())
			return err
		},
	}
	list.AddCommand(&cobra.Command{
		Use:   "show NAME",
		Short: "Print a script, to copy and change it",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("scripts show needs the name of one script; these ship with the shell: %s", scripts.Names()))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return strings.Split(scripts.Names(), ", "), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			s, ok := scripts.Find(args[0])
			if !ok {
				return &client.Error{Op: "scripts show", Image: args[0], Code: client.NotFound,
					Err: fmt.Errorf("no such script"), Hint: "these ship with the shell: " + scripts.Names()}
			}
			_, err := io.WriteString(a.out().Stdout(), s.Source)
			return err
		},
	})
	return list
}
