package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/client/localswift"
)

func (a *app) serveCommand() *cobra.Command {
	var addr, data, as string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the embedded Swift endpoint to other programs",
		Long: `Serves the storage of --embedded over HTTP, with the Swift API and v1 sign-in, and prints the exports
that let this shell, sregistry, swift and rclone use it. It ends with Ctrl-C. With --debug it shows
the requests it answers.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Errorf("serve takes no argument, and there is %q", args[0]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if data == "" && cmd.Flags().Changed("data") {
				return usage(errors.New("--data names no folder; without it the folder is " + defaultFolder))
			}
			return a.serve(cmd.Context(), addr, data, as)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&data, "data", "", "`folder` for the objects (default ~/.singularity/swift)")
	cmd.Flags().StringVar(&as, "as", personalities[0].String(), "`server` to answer as, where they differ: openstack or rgw (Ceph RADOS Gateway)")
	return cmd
}

// personalities are the servers that serve can answer as; the first is the default.
var personalities = []localswift.Personality{localswift.OpenStack, localswift.RGW}

func (a *app) serve(ctx context.Context, addr, data, as string) error {
	failed := func(code client.Code, err error) error {
		return &client.Error{Op: "serve", Code: code, Err: err}
	}
	if data == "" {
		if a.embedded == "" {
			a.embedded = defaultFolder
		}
		data = a.folder()
	}
	if data == "" {
		return failed(client.Invalid, errors.New("there is no home for the objects: set HOME, or write --data DIR"))
	}
	options := localswift.Options{Dir: data}
	known := slices.IndexFunc(personalities, func(p localswift.Personality) bool { return p.String() == as })
	if known < 0 {
		return usage(fmt.Errorf("--as is openstack or rgw, and not %q", as))
	}
	options.Personality = personalities[known]
	if a.options.Debug {
		options.Log = a.out().Debug
	}
	server, err := localswift.Open(options)
	if err != nil {
		return failed(folderCode(err), err)
	}
	defer server.Close()
	if err := server.Ready(); err != nil {
		return failed(folderCode(err), err)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return failed(listenCode(err), err)
	}
	user := server.Users()[0]
	if warning := exposed(ln.Addr().String()); warning != "" {
		a.out().Warn(warning)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	host, _, _ := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	url := "http://" + net.JoinHostPort(host, port)
	_, err = fmt.Fprintf(a.out().Stdout(), "export SREGISTRY_SWIFT_USER=%s\nexport SREGISTRY_SWIFT_TOKEN=%s\nexport SREGISTRY_SWIFT_URL=%s\n", user.Name, user.Key, url)
	if err != nil {
		return err
	}
	a.out().Note("serving " + data + " until Ctrl-C")
	if err := server.Serve(ctx, ln); err != nil && !errors.Is(err, context.Canceled) {
		return failed(client.Internal, err)
	}
	return context.Cause(ctx)
}

// folderCode is the code of a folder that cannot be served.
func folderCode(err error) client.Code {
	if errors.Is(err, localswift.ErrDamaged) {
		return client.Corrupt
	}
	if code, ok := client.FileCode(err); ok {
		return code
	}
	return client.Invalid
}

// listenCode tells an address that is none from one that cannot be had now.
func listenCode(err error) client.Code {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return client.Denied
	case errors.Is(err, syscall.EADDRINUSE):
		return client.Unavailable
	}
	return client.Invalid
}

// exposed warns of an address that is not the machine's own; empty for one that is.
func exposed(addr string) string {
	if localswift.IsLoopback(addr) {
		return ""
	}
	return "anybody who reaches " + addr + " can try to sign in, and plain http shows them the secret of whoever does"
}
