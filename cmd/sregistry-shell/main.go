// Command sregistry-shell keeps container images in Swift storage, at a prompt, from Lua scripts
// and from the command line.
package main

import (
	"context"
	"os"

	"github.com/sregistry-shell/sregistry-shell/shell"
)

func main() {
	ctx, signals := shell.Watch(context.Background())
	status := execute(ctx, signals, os.Args[1:])
	signals.Stop()
	os.Exit(status)
}
