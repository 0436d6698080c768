package main

import (
	"bufio"
	"context"
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
					switch {
					case errors.Is(err, context.Canceled):
						code = client.Canceled
					case !ok:
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
	// change makes a change and says that it is done.
	change := func(what string, edit func(*signin.Secrets) error, done string) error {
		if a.dryRun {
			if err := file.Try(edit); err != nil {
				return err
			}
			a.out().Plan("would " + what + " in " + file.Path)
			return nil
		}
		a.tighten(file)
		if err := file.Change(edit); err != nil || done == "" {
			return err
		}
		return say("%s", done)
	}
	sub("status", "Tell which file it is and which backend is active", 0, 0, func([]string) error {
		s, err := file.Read()
		if err != nil {
			return err
		}
		if a.out().JSON() {
			return a.out().Result("", map[string]any{"file": file.Path, "clients": len(s.Backends), "active": s.Active})
		}
		if file.Path == "" {
			return say("[backend status]\nThere is no settings file: SREGISTRY_DISABLE_CREDENTIAL_CACHE is set, or there is no home.")
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
			names := slices.Sorted(maps.Keys(s.Backends))
			if a.out().JSON() {
				return a.out().Result("", names)
			}
			for _, name := range names {
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
		if a.out().JSON() {
			return a.out().Result("", hidden(table))
		}
		return writeHidden(a.out().Stdout(), table)
	})
	var add *cobra.Command
	add = sub("add BACKEND VARIABLE [VALUE]", "Set a variable of a backend; without a value it is read from standard input", 2, 3, func(args []string) error {
		backend, variable := args[0], variableOf(args[0], args[1])
		switch {
		case !backendName.MatchString(backend) || backend == "SREGISTRY_CLIENT":
			return fmt.Errorf("%q is no name for a backend", backend)
		case !variableName.MatchString(variable):
			if len(args) == 2 { // it may be the value
				return fmt.Errorf("the word behind %s is no name for a variable", backend)
			}
			return fmt.Errorf("%q is no name for a variable", args[1])
		}
		value := ""
		if len(args) == 3 {
			value = args[2]
		} else {
			in := bufio.NewReader(os.Stdin)
			line, err := awaited(add.Context(), func() (string, error) {
				line, err := in.ReadString('\n')
				if err == io.EOF {
					err = nil
				}
				return line, err
			})
			if err != nil {
				return err
			}
			value = strings.TrimRight(line, "\r\n")
		}
		if value == "" {
			return fmt.Errorf("there is no value for %s; rm takes a variable out", variable)
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
		}, "")
	})
	a.secrets = add
	add.Flags().BoolVarP(&force, "force", "f", false, "replace a value that is there")
	remove := sub("rm BACKEND VARIABLE", "Take a variable of a backend out", 2, 2, func(args []string) error {
		backend, variable := args[0], variableOf(args[0], args[1])
		return change("remove "+variable, func(s *signin.Secrets) error {
			if _, ok := s.Backends[backend][variable]; !ok {
				return &client.Error{Op: "backend rm", Image: variable, Code: client.NotFound, Err: errors.New("it is not set")}
			}
			delete(s.Backends[backend], variable)
			return nil
		}, "")
	})
	remove.Aliases = []string{"remove"}
	sub("activate BACKEND", "Make a backend the one that sregistry uses", 1, 1, func(args []string) error {
		if _, err := a.backendIn(file, "activate", args[0]); err != nil {
			return err
		}
		return change("activate "+args[0], func(s *signin.Secrets) error { s.Active = args[0]; return nil }, "[activate] "+args[0])
	})
	sub("deactivate [BACKEND]", "Make no backend the one that sregistry uses", 0, 1, func(args []string) error {
		was := ""
		err := change("deactivate the backend", func(s *signin.Secrets) error {
			if len(args) == 0 || args[0] == s.Active {
				was, s.Active = s.Active, ""
			}
			return nil
		}, "")
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
		return change("delete "+args[0], func(s *signin.Secrets) error {
			delete(s.Backends, args[0])
			if s.Active == args[0] {
				s.Active = ""
			}
			return nil
		}, "[delete] "+args[0])
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

// What a backend and a variable may be called: sregistry-cli reads the one as a Python module's name,
// and the other is one of the environment, with something behind the prefix.
var (
	backendName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	variableName = regexp.MustCompile(`^[A-Z0-9_]*[A-Z0-9]$`)
)

// What tells a secret: the name of its variable, or its place in a URL.
var (
	secretName = regexp.MustCompile(`(?i)token|key|secret|passw|credential`)
	secretPart = regexp.MustCompile(`://[^/?#]*@`)
)

// hidden is a backend's settings without its secrets.
func hidden(table map[string]string) map[string]string {
	shown := maps.Clone(table)
	for name, value := range shown {
		shown[name] = secretPart.ReplaceAllString(value, "://(hidden)@")
		if secretName.MatchString(name) {
			shown[name] = "(hidden)"
		}
	}
	return shown
}

// writeHidden writes settings as JSON in lines, as sregistry does, with their secrets hidden.
func writeHidden(w io.Writer, table map[string]string) error {
	text, err := json.MarshalIndent(hidden(table), "", "    ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, string(text))
	return err
}
