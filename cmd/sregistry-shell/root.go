package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell"
	"github.com/sregistry-shell/sregistry-shell/shell/nearest"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
)

// execute runs the command line and returns the exit status.
func execute(ctx context.Context, signals *shell.Signals, args []string) int {
	app := &app{signals: signals, args: args}
	root := app.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = app.unhelped
	}
	app.close()
	var shown *shownError
	if err != nil && !errors.As(err, &shown) {
		app.out().Fail(shell.Interrupted(ctx, err))
	}
	return shell.Status(shell.Interrupted(ctx, err))
}

// shownError is an error that the user has seen already.
type shownError struct{ error }

func (e *shownError) Unwrap() error { return e.error }

// usage is a *client.Error for a command line that makes no sense.
func usage(err error) error {
	if text, _, found := strings.Cut(err.Error(), ": strconv."); found { // words of Go, not for people
		err = errors.New(text)
	}
	return &client.Error{Op: "usage", Code: client.Invalid, Err: err, Hint: "sregistry-shell --help tells more"}
}

// wrongFlag is the error for a flag that a command does not know, or that lacks its value.
func (a *app) wrongFlag(cmd *cobra.Command, err error) error {
	asked := a.args
	if end := slices.Index(asked, "--"); end >= 0 {
		asked = asked[:end]
	}
	if slices.Contains(asked, "--json") { // it may stand behind the one that is wrong
		a.options.JSON = true
	}
	failed := usage(err).(*client.Error)
	failed.Hint = cmd.CommandPath() + " --help tells more"
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && cmd == a.secrets { // it may be a secret that begins with a dash
		failed.Err, failed.Hint = errors.New("there is a flag that is none"), "a value that begins with - goes behind --, or to standard input"
	} else if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		})
		if near := nearest.Of(unknown.GetSpecifiedName(), names); near != "" {
			failed.Hint = fmt.Sprintf("did you mean --%s?", near)
		}
	}
	return failed
}

const long = `Keeps Singularity and Apptainer images in Swift storage: Ceph RADOS Gateway or OpenStack Swift.

Without a command it is a shell: Lua, with the images behind a client. Input that is no terminal
is run as one program.

  sregistry-shell
  sregistry-shell run sync.lua images lab
  sregistry-shell push --name lab/ubuntu:22.04 ubuntu.sif
  sregistry-shell pull --name ubuntu.sif lab/ubuntu:22.04

It signs in with SREGISTRY_SWIFT_USER, SREGISTRY_SWIFT_TOKEN and SREGISTRY_SWIFT_URL, with an openrc
file's variables, to a cloud of clouds.yaml with --os-cloud, or keeps the images in a local folder
with --embedded.`

const exitStatuses = `
Exit status:
  0 done                       5 unavailable: trying again may help
  1 a script failed            6 corrupt: bytes are not what their hash says
  2 invalid or wrong usage     7 partial: a batch failed in part
  3 not found                  8 exists: something else is there already
  4 denied                     9 full: quota or disk
  130 interrupted              141 standard output was closed
  143 terminated               n   what a program says by os.exit(n)
`

func (a *app) root() *cobra.Command {
	var programs programFlags
	root := &cobra.Command{
		Use:           "sregistry-shell",
		Short:         "Keep container images in Swift storage",
		Long:          long,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return a.unknown(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return a.start(cmd.Context(), programs) },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetVersionTemplate("sregistry-shell {{.Version}}\n")
	root.SetOut(lateOutput{a})
	root.SetUsageTemplate(root.UsageTemplate() + exitStatuses)
	root.SetFlagErrorFunc(a.wrongFlag)
	flags := root.PersistentFlags()
	flags.StringVar(&a.embedded, "embedded", "", "keep the images in a local `folder`; ~/.singularity/swift without one")
	flags.Lookup("embedded").NoOptDefVal = defaultFolder
	flags.StringVar(&a.cloud, "os-cloud", "", "sign in to this cloud of clouds.yaml: its `name`")
	flags.BoolVarP(&a.options.Quiet, "quiet", "q", false, "no notes and no progress")
	flags.BoolVarP(&a.options.Verbose, "verbose", "v", false, "notes even where no terminal is")
	flags.BoolVar(&a.options.Debug, "debug", false, "show the requests")
	flags.BoolVar(&a.options.JSON, "json", false, "results and errors as JSON, one value a line")
	flags.StringVar(&a.options.Progress, "progress", screen.ProgressAuto, "auto, plain (a line every 10 s) or none")
	flags.BoolVar(&a.dryRun, "dry-run", false, "say what would be written, here and there, and write nothing")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Flags()) }
	flags.Func("bwlimit", "move at most this many bytes a second, up and down together: a `rate` such as 50M", func(s string) (err error) {
		a.rate, err = client.ParseRate(s)
		return err
	})
	flags.Func("timeout", "how long a verb may take in all: a `duration` such as 30m", func(s string) (err error) {
		a.timeout, err = client.ParseAge(s)
		return err
	})
	must(root.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions([]string{screen.ProgressAuto, screen.ProgressPlain, screen.ProgressNone}, cobra.ShellCompDirectiveNoFileComp)))
	must(root.MarkPersistentFlagDirname("embedded"))
	programs.add(root)
	root.AddCommand(a.shellCommand(), a.runCommand(), a.scriptsCommand(), a.serveCommand(), a.backendCommand(), a.completionCommand(), a.annotationsCommand(), a.licensesCommand(), a.versionCommand())
	root.SetHelpCommand(a.helpCommand())
	a.foldHelp(root)
	local := libraryCommand()
	root.AddCommand(local)
	for _, v := range verbs.All() {
		if v.Group == verbs.GroupLibrary {
			local.AddCommand(a.verbCommand(v))
		}
		if verbs.Command(v.Name) == v {
			root.AddCommand(a.verbCommand(v))
		}
	}
	return root
}

// libraryCommand holds the commands of the local library, also those whose name means something
// else without it.
func libraryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   verbs.GroupLibrary,
		Short: "The commands of the local library",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Errorf("library has no command %q", args[0]))
			}
			return cmd.Help()
		},
	}
}

// unknown is the error for a first word that is no command of root.
func (a *app) unknown(root *cobra.Command, word string) error {
	hint := "sregistry-shell --help lists the commands"
	var names []string
	for _, cmd := range root.Commands() {
		names = append(names, cmd.Name())
	}
	near := nearest.Of(word, names)
	switch {
	case near != "":
		hint = fmt.Sprintf("did you mean %q?", near)
	case strings.HasSuffix(word, ".lua"), strings.Contains(word, "/"):
		hint = "a script is run by: sregistry-shell run " + word
	case a.embedded == defaultFolder:
		hint = "a folder for the images is written --embedded=" + word
	}
	return &client.Error{Op: "usage", Code: client.Invalid, Err: fmt.Errorf("there is no command %q", word), Hint: hint}
}

// versionCommand is --version as sregistry had it, too.
func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Errorf("version takes no argument, and there is %q", args[0]))
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			if a.out().JSON() {
				return a.out().Result("", map[string]string{"version": version()})
			}
			_, err := fmt.Fprintln(a.out().Stdout(), "sregistry-shell "+version())
			return err
		},
	}
}

// version is what the build says of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && v == "(devel)" {
			v += " " + s.Value[:12]
		}
	}
	return v
}
