package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
)

// backendCommand shows and edits the settings file, as sregistry backend does.
func (a *app) backendCommand() *cobra.Command {
	top := &cobra.Command{
		Use:   "backend",
		Short: "Show and change the settings file, as sregistry backend did",
		Long: `Shows and changes the settings file that sregistry and this shell share: ~/.sregistry, or
$SREGISTRY_CLIENT_SECRETS. This shell uses what it holds for swift, when the environment has no
settings. Secrets are not shown.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(errors.New("backend needs one of status, ls, add, rm, activate, deactivate and delete"))
			}
			return usage(fmt.Errorf("backend has no %q; it has status, ls, add, rm, activate, deactivate and delete", args[0]))
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	file := signin.FileOf(os.Getenv)
	var force bool
	sub := func(use, short string, least, most int, run func(args []string) error) *cobra.Command {
		name, _, _ := strings.Cut(use, " ")
		c := &cobra.Command{Use: use, Short: short,
			Args: func(_ *cobra.Command, args []string) error {
				if len(args) < least || len(args) > most {
					return usage(fmt.Errorf("it is written: sregistry-shell backend %s", use))
				}
				return nil
			},
			RunE: func(_ *cobra.Command, args []string) error {
				err := run(args)
				var known *client.Error
				if err != nil && !errors.As(err, &known) {
					code, ok := client.FileCode(err)
					if !ok {
						code = client.Invalid
					}
					err = &client.Error{Op: "backend " + name, Code: code, Err: err}
				}
				return err
			},
		}
		top.AddCommand(c)
		return c
	}
	say := func(format string, args ...any) error {
		_, err := fmt.Fprintf(a.out().Stdout(), format+"\n", args...)
		return err
	}
	change := func(what string, edit func(*signin.Secrets) error) error {
		if a.dryRun {
			a.out().Plan("would " + what + " in " + file.Path)
			return nil
		}
		a.tighten(file)
		return file.Change(edit)
	}
	sub("status", "Tell which file it is and which backend is active", 0, 0, func([]string) error {
		s, err := file.Read()
		if err != nil {
			return err
		}
		active := "There is no active client."
		if s.Active != "" {
			active = "active: " + s.Active
		}
		return say("[backend status]\nThere are %d clients found in secrets: %s\n%s", len(s.Backends), file.Path, active)
	})
	sub("ls [BACKEND]", "List the backends, or the settings of one without its secrets", 0, 1, func(args []string) error {
		s, err := file.Read()
		if err != nil {
			return err
		}
		if len(args) == 0 {
			a.out().Note("Backends Installed")
			for _, name := range slices.Sorted(maps.Keys(s.Backends)) {
				if err := say("%s", name); err != nil {
					return err
				}
			}
			return nil
		}
		table, ok := s.Backends[args[0]]
		if !ok {
			return unknownBackend("ls", args[0])
		}
		return writeHidden(a.out().Stdout(), table)
	})
	add := sub("add BACKEND VARIABLE [VALUE]", "Set a variable of a backend; without a value it is read from standard input", 2, 3, func(args []string) error {
		backend, variable := args[0], variableOf(args[0], args[1])
		value := ""
		if len(args) == 3 {
			value = args[2]
		} else {
			line, err := bufio.NewReader(os.Stdin).ReadString('\n')
			if value = strings.TrimRight(line, "\r\n"); value == "" {
				return fmt.Errorf("there is no value for %s: %w", variable, err)
			}
		}
		return change("set "+variable, func(s *signin.Secrets) error {
			if _, ok := s.Backends[backend][variable]; ok && !force {
				return &client.Error{Op: "backend add", Image: variable, Code: client.Exists, Err: errors.New("it is set already"), Hint: "--force replaces it"}
			}
			if s.Backends[backend] == nil {
				s.Backends[backend] = map[string]string{}
			}
			s.Backends[backend][variable] = value
			return nil
		})
	})
	add.Flags().BoolVarP(&force, "force", "f", false, "replace a value that is there")
	remove := sub("rm BACKEND VARIABLE", "Take a variable of a backend out", 2, 2, func(args []string) error {
		backend, variable := args[0], variableOf(args[0], args[1])
		return change("remove "+variable, func(s *signin.Secrets) error {
			if _, ok := s.Backends[backend][variable]; !ok {
				return &client.Error{Op: "backend rm", Image: variable, Code: client.NotFound, Err: errors.New("it is not set")}
			}
			delete(s.Backends[backend], variable)
			return nil
		})
	})
	remove.Aliases = []string{"remove"}
	sub("activate BACKEND", "Make a backend the one that sregistry uses", 1, 1, func(args []string) error {
		if _, err := a.backendIn(file, "activate", args[0]); err != nil {
			return err
		}
		err := change("activate "+args[0], func(s *signin.Secrets) error { s.Active = args[0]; return nil })
		if err == nil {
			err = say("[activate] %s", args[0])
		}
		return err
	})
	sub("deactivate [BACKEND]", "Make no backend the one that sregistry uses", 0, 1, func(args []string) error {
		was := ""
		err := change("deactivate the backend", func(s *signin.Secrets) error {
			if len(args) == 0 || args[0] == s.Active {
				was, s.Active = s.Active, ""
			}
			return nil
		})
		switch {
		case err != nil || a.dryRun:
		case was != "":
			err = say("[deactivated]")
		default:
			err = say("There is no active client")
		}
		return err
	})
	sub("delete BACKEND", "Take a backend out, with all its settings", 1, 1, func(args []string) error {
		if _, err := a.backendIn(file, "delete", args[0]); err != nil {
			return err
		}
		err := change("delete "+args[0], func(s *signin.Secrets) error {
			delete(s.Backends, args[0])
			if s.Active == args[0] {
				s.Active = ""
			}
			return nil
		})
		if err == nil {
			err = say("[delete] %s", args[0])
		}
		return err
	})
	return top
}

// backendIn is a backend of the file, or the error that there is none.
func (a *app) backendIn(file signin.File, op, name string) (map[string]string, error) {
	s, err := file.Read()
	if err != nil {
		return nil, err
	}
	table, ok := s.Backends[name]
	if !ok {
		return nil, unknownBackend(op, name)
	}
	return table, nil
}

func unknownBackend(op, name string) error {
	return &client.Error{Op: "backend " + op, Image: name, Code: client.NotFound, Err: errors.New("the settings file has no such backend"), Hint: "backend ls lists those it has"}
}

// variableOf is a variable's full name: SREGISTRY_SWIFT_USER for user, as sregistry has it.
func variableOf(backend, variable string) string {
	prefix := "SREGISTRY_" + strings.ToUpper(strings.ReplaceAll(backend, "-", "_")) + "_"
	variable = strings.ToUpper(variable)
	if !strings.HasPrefix(variable, prefix) {
		variable = prefix + variable
	}
	return variable
}

// secretName is what the variables of secrets are called.
var secretName = regexp.MustCompile(`(?i)token|key|secret|passw|credential`)

// writeHidden writes settings as JSON, with their secrets hidden.
func writeHidden(w io.Writer, table map[string]string) error {
	shown := maps.Clone(table)
	for name := range shown {
		if secretName.MatchString(name) {
			shown[name] = "(hidden)"
		}
	}
	text, err := json.MarshalIndent(shown, "", "    ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, string(text))
	return err
}
