package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

// verbCommand makes a one-shot command of a verb. Everything it knows comes from the table.
func (a *app) verbCommand(v *verbs.Verb) *cobra.Command {
	cmd := &cobra.Command{
		Use:   v.CommandUse(),
		Short: v.Summary,
		Long:  v.HelpText(),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags, err := a.given(cmd.Flags(), v)
			if err != nil {
				return err
			}
			call, err := v.BindCommand(args, flags)
			if err != nil {
				return err
			}
			return asTyped(a.once(cmd.Context(), call), v)
		},
	}
	for _, p := range v.Params {
		switch {
		case p.Flag == "":
		case p.Kind == verbs.Bool:
			about := p.Help
			if p.Inverted {
				about = "do not " + about
			}
			cmd.Flags().BoolP(p.Flag, p.Letter, false, about)
		case p.Kind == verbs.Number:
			cmd.Flags().Int64(p.Flag, 0, p.Help)
		default:
			cmd.Flags().String(p.Flag, "", p.Help)
		}
	}
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		for _, p := range v.Params {
			if p.Alias == name {
				name = p.Flag
			}
		}
		return pflag.NormalizedName(name)
	})
	a.completeVerb(cmd, v)
	return cmd
}

// asTyped is a failure whose hint names the options of a verb as the command line writes them.
func asTyped(err error, v *verbs.Verb) error {
	var e *client.Error
	if errors.As(err, &e) {
		for _, p := range v.Params {
			if p.Kind == verbs.Bool && p.Flag != "" && !p.Inverted {
				e.Hint = strings.ReplaceAll(e.Hint, p.Name+"=true", "--"+p.Flag)
			}
		}
	}
	return err
}

// given are the flags of a verb that were set, by name. One for another client names a cloud.
func (a *app) given(flags *pflag.FlagSet, v *verbs.Verb) (map[string]any, error) {
	set := map[string]any{}
	for _, p := range v.Params {
		if p.Flag == "" || !flags.Changed(p.Flag) {
			continue
		}
		switch p.Kind {
		case verbs.Bool:
			set[p.Flag], _ = flags.GetBool(p.Flag)
		case verbs.Number:
			set[p.Flag], _ = flags.GetInt64(p.Flag)
		case verbs.GroupClient:
			cloud, _ := flags.GetString(p.Flag)
			if cloud == "" {
				return nil, &client.Error{Op: v.Name, Code: client.Invalid, Err: fmt.Errorf("--%s names no cloud", p.Flag)}
			}
			other, err := a.open(client.ConnectRequest{Cloud: cloud})
			if err != nil {
				return nil, err
			}
			a.others = append(a.others, other)
			set[p.Flag] = other
		default:
			text, _ := flags.GetString(p.Flag)
			if text == "" && p.Kind == verbs.String { // that of a variable not set must not mean all, or elsewhere
				return nil, &client.Error{Op: v.Name, Code: client.Invalid, Err: fmt.Errorf("--%s says nothing", p.Flag), Hint: "give it a value, or leave it out"}
			}
			set[p.Flag] = text
		}
	}
	return set, nil
}

// once runs a verb and shows its result.
func (a *app) once(ctx context.Context, call verbs.Call) error {
	out := a.out()
	if !call.Verb.Bare {
		out.Note(shell.Banner(a.library().Database))
	}
	call, err := a.agree(ctx, call)
	if err != nil {
		return err
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	result, err := call.Run(ctx, c)
	out.Close() // no progress is drawn below the result
	if err != nil {
		return err
	}
	if call.Verb.Empty != "" && screen.Empty(result) {
		out.Note(call.Verb.Empty)
	}
	switch {
	case a.dryRun && call.Verb.Mutates: // what would be done was told
	case result == "-": // the image itself went to standard output
	case call.Verb.Done != nil && !out.JSON():
		if done := call.Verb.Done(result); done != "" {
			out.Note(done)
		}
	default:
		if err := out.Result(call.Verb.Header, result); err != nil {
			return err
		}
	}
	if call.Verb.Status != nil {
		if status := call.Verb.Status(result); status != 0 {
			return &shownError{&vm.ExitError{Status: status}}
		}
	}
	return nil
}

// agree asks before something is done that needs a yes, and returns the call to run.
func (a *app) agree(ctx context.Context, call verbs.Call) (verbs.Call, error) {
	call, plan, err := call.Plan(ctx, func() (*client.Client, error) { return a.connect(ctx) })
	if plan == "" || a.dryRun || err != nil {
		return call, err
	}
	if !a.out().CanAsk() {
		return call, &client.Error{Op: call.Verb.Name, Code: client.Invalid, Err: fmt.Errorf("this would %s", plan), Hint: "say so with --yes"}
	}
	yes, err := a.out().Confirm(ctx, plan+"?")
	if err == nil && !yes {
		a.out().Note("nothing was done")
		err = &shownError{&vm.ExitError{Status: 1}}
	}
	return call, err
}
