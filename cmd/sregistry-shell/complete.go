package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/scripts"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
	"github.com/sregistry-shell/sregistry-shell/shell/verbs"
	"github.com/sregistry-shell/sregistry-shell/shell/vm"
)

// completeWithin is how long a key in a login shell waits for names from storage.
const completeWithin = 2 * time.Second

// completeVerb lets a login shell complete what the table says of arguments and flags.
func (a *app) completeVerb(cmd *cobra.Command, v *verbs.Verb) {
	var arguments []verbs.Param
	for _, p := range v.Params {
		switch {
		case p.Flag == "":
			arguments = append(arguments, p)
		case p.Complete == "image" || p.Complete == "collection":
			must(cmd.RegisterFlagCompletionFunc(p.Flag, a.completeNames))
		}
	}
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(arguments) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		switch p := arguments[min(len(args), len(arguments)-1)]; p.Complete {
		case "image", "collection":
			return a.completeNames(cmd, args, typed)
		case "image or file": // files where no image begins so
			names, directive := a.completeNames(cmd, args, typed)
			return names, directive &^ cobra.ShellCompDirectiveNoFileComp
		case "file":
			return nil, cobra.ShellCompDirectiveDefault
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeNames completes a collection, and behind its slash an image. Where nothing can be asked
// there is nothing to say.
func (a *app) completeNames(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
	defer cancel()
	a.options.Quiet = true
	const noFiles = cobra.ShellCompDirectiveNoFileComp
	if a.embedded != "" { // a key makes no folder
		if _, err := os.Stat(a.folder()); err != nil {
			return nil, noFiles
		}
	}
	c, err := a.connect(ctx)
	if err != nil {
		return nil, noFiles
	}
	directive := noFiles
	var all, found []string
	if collection, _, inside := strings.Cut(typed, "/"); inside {
		all, _ = c.Search(ctx, client.ListRequest{Query: collection + "/"})
	} else {
		directive |= cobra.ShellCompDirectiveNoSpace
		collections, _ := c.Collections(ctx, client.CollectionsRequest{})
		for _, each := range collections {
			all = append(all, each.Name+"/")
		}
	}
	for _, name := range all {
		if strings.HasPrefix(name, typed) && screen.Safe(name) == name {
			found = append(found, name)
		}
	}
	return found, directive
}

// completeScripts completes the first argument of run: a script that ships, or a file.
func completeScripts(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, s := range scripts.All() {
		if len(args) == 0 && strings.HasPrefix(s.Name, typed) {
			names = append(names, s.Name+"\t"+s.Summary)
		}
	}
	return names, cobra.ShellCompDirectiveDefault
}

// completeTopics completes what help explains.
func completeTopics(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	topics := vm.Topics()
	for _, command := range cmd.Root().Commands() {
		if !command.Hidden {
			topics = append(topics, command.Name())
		}
	}
	return topics, cobra.ShellCompDirectiveNoFileComp
}

// must is for declarations that are wrong only in the program itself, where every test sees it.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
