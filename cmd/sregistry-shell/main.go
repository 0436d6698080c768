// Command sregistry-shell keeps container images in Swift storage, at a prompt, from Lua scripts
// and from the command line.
package main

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/sregistry-shell/sregistry-shell/shell"
)

func main() {
	// net/http tells of a connection's stray bytes there: behind Keystone, OpenStack Swift sends some
	// with each HEAD that it refuses, and neither cron nor a prompt is to see that.
	log.SetOutput(io.Discard)
	ctx, signals := shell.Watch(context.Background())
	status := execute(ctx, signals, os.Args[1:])
	signals.Stop()
	os.Exit(status)
}
