// Package client keeps container images in Swift storage: it pushes, pulls, searches and deletes
// them by the names that sregistry-cli and this shell give them.
//
// It promises that an image under its name, here or there, is always whole: what was there before
// stays until the new one is complete and checked. It knows no Lua and no terminal; what a person
// may want to see goes to a Reporter, and every failure is an *Error with a Code.
//
// It is tested by package conformance against the embedded endpoint and real servers.
package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/library"
	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
	"github.com/sregistry-shell/sregistry-shell/client/transfer"
)

// Config says how a Client works. Only Settings must be set, and not even they for what needs no
// server.
type Config struct {
	Settings signin.Settings
	Unset    error            // why there are no Settings; all that needs the server fails with it
	Library  library.Settings // where the local library is; the zero value: there is none
	Reporter Reporter         // nil: nobody is told
	Naming   name.Naming      // how new objects are called; empty: name.Dash
	DryRun   bool             // say what would be written, here and there, instead of writing it
	Debug    bool             // tell Reporter.Debug of every request
	Stdout   io.Writer        // where a pull to the file - goes; nil: os.Stdout

	// BytesPerSecond bounds what all transfers together move, both ways; 0: nothing does.
	BytesPerSecond int64
	// Timeout is how long an operation may take in all, see Bound; 0: as long as it needs.
	Timeout time.Duration

	// TokenCache is the folder in which tokens are kept for the next process, see signin.CacheDir;
	// empty: they are not.
	TokenCache string
	// SignedIn is called when the settings have proved good, once; nil: nothing is.
	SignedIn func()

	// Dial makes connections in another way; nil: over the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// FirstWait is how long to wait before the first repetition of what failed; 0: a quarter second.
	FirstWait time.Duration
	// Silence is how long a connection may stand still, or an answer not come, before the request
	// is repeated; 0: what package store says.
	Silence time.Duration
}

// streams is how many requests of a client move bytes at once.
const streams = 32

// Client works on the images of one account. Making one costs nothing: it signs in when an
// operation first needs the server. Its methods may be called from any goroutine.
type Client struct {
	cfg     Config
	report  Reporter
	store   store.Store
	token   *signin.Transport
	clock   *store.Clock
	wire    *http.Transport
	refused error // why no connection can be secured as the settings ask
	closer  func() error
	local   *library.Library
	unkept  sync.Once // said why the library is left out

	streams  *transfer.Streams // shared by all transfers
	creating sync.Mutex        // held while a collection is made
	planned  map[string]bool   // collections that a dry run said would be made; with creating
}

// New makes a client.
func New(cfg Config) *Client {
	c := &Client{cfg: cfg, report: cfg.Reporter, wire: store.Wire(), streams: transfer.NewStreams(streams), local: library.New(cfg.Library)}
	if c.report == nil {
		c.report = silent{}
	}
	if cfg.Stdout == nil {
		c.cfg.Stdout = os.Stdout
	}
	if cfg.Naming == "" {
		c.cfg.Naming = name.Dash
	}
	if cfg.Dial != nil {
		c.wire.DialContext, c.wire.Proxy = cfg.Dial, nil
	}
	c.wire.TLSClientConfig, c.refused = cfg.Settings.TLS()
	var wire http.RoundTripper = store.Refused{Base: c.wire}
	if cfg.BytesPerSecond > 0 {
		wire = store.NewLimit(wire, cfg.BytesPerSecond)
	}
	stall := store.Stall{Base: wire, Silence: store.Silence, Patience: store.Patience}
	if cfg.Silence > 0 {
		stall.Silence, stall.Patience = cfg.Silence, cfg.Silence
	}
	var base http.RoundTripper = stall
	if cfg.Debug {
		base = store.Log{Base: base, To: c.report.Debug}
	}
	c.clock = &store.Clock{Base: base}
	c.token = &signin.Transport{Base: c.clock, SignIn: c.signIn(base)}
	c.store = store.Retry{
		Store: store.NewSwift(store.Status{Base: c.token}), First: cfg.FirstWait,
		Notify: func(err error, wait time.Duration) {
			c.report.Note(err.Error() + "; trying again in " + wait.Round(100*time.Millisecond).String())
		},
	}
	if cfg.DryRun {
		c.store = store.DryRun{Store: c.store, Say: func(what string) { c.report.Plan("would " + what) }}
	}
	return c
}

// String says where the client works and where its settings came from, without a secret.
func (c *Client) String() string {
	return c.cfg.Settings.String() + " (" + c.cfg.Settings.Source + ")"
}

// Close gives the connections back. The client may not be used after it.
func (c *Client) Close() error {
	c.wire.CloseIdleConnections()
	err := c.local.Close()
	if c.closer != nil {
		err = errors.Join(err, c.closer())
	}
	return err
}

// Ready fails where there are no settings to reach a server with.
func (c *Client) Ready() error { return fail("sign in", "", c.cfg.Unset) }

// FromEnvironment is the Config that the environment asks for: SREGISTRY_SWIFT_USER, _TOKEN and
// _URL, and SREGISTRY_SWIFT_NAMING. Invalid when a setting is missing or makes no sense; Denied when
// the file that has them may not be read.
func FromEnvironment(getenv func(string) string) (Config, error) {
	const op = "sign in"
	var cfg Config
	var err error
	if cfg.Naming, err = NamingFromEnvironment(getenv); err != nil {
		return cfg, fail(op, "", err)
	}
	if cfg.Settings, err = signin.FromEnvironment(getenv); err != nil {
		return cfg, fail(op, "", refuse(settingsCode(err), err, ""))
	}
	return cfg, nil
}

// settingsCode is the code of settings that cannot be had: of a file that cannot be read its own, and
// else Invalid.
func settingsCode(err error) Code {
	if code, ok := FileCode(err); ok {
		return code
	}
	return Invalid
}

// LibraryFromEnvironment says where the variables of sregistry-cli put the local library of
// somebody with that home.
func LibraryFromEnvironment(getenv func(string) string, home string) library.Settings {
	return library.FromEnvironment(getenv, home)
}

// NamingFromEnvironment is how SREGISTRY_SWIFT_NAMING says that new objects are called.
func NamingFromEnvironment(getenv func(string) string) (name.Naming, error) {
	switch naming := name.Naming(getenv("SREGISTRY_SWIFT_NAMING")); naming {
	case "", name.Dash:
		return name.Dash, nil
	case name.Colon:
		return naming, nil
	default:
		return "", refuse(Invalid, fmt.Errorf("SREGISTRY_SWIFT_NAMING is %q; it is dash or colon", string(naming)), "")
	}
}
