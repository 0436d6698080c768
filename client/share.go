package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// ShareRequest asks for a URL that lets whoever has it fetch one image.
type ShareRequest struct {
	Image   string         `arg:"image" complete:"image" help:"the image: collection/image[:tag][@version]"`
	Expires *time.Duration `opt:"expires" help:"how long the URL is good for (default 7d)"`
	Method  string         `opt:"method" help:"the HTTP method it allows (default GET, which includes HEAD)"`
	SetKey  bool           `opt:"set_key" help:"give the account a key to sign URLs with, if it has none"`
}

// shareFor is how long a URL is good when nothing is said.
const shareFor = 7 * 24 * time.Hour

// Share signs a URL (TempURL) that lets whoever has it fetch one image, without signing in, until
// it ends. It is signed with the account's key, which is made up only when SetKey is set. NotFound
// when the image is not there, Denied for who does not own the account.
func (c *Client) Share(ctx context.Context, r ShareRequest) (string, error) {
	signed, err := c.share(ctx, r)
	return signed, fail("share", r.Image, err)
}

func (c *Client) share(ctx context.Context, r ShareRequest) (string, error) {
	n, err := name.Parse(r.Image)
	if err != nil {
		return "", refuse(Invalid, err, "")
	}
	life := shareFor
	if r.Expires != nil {
		life = *r.Expires
	}
	if life < time.Second {
		return "", refuse(Invalid, errors.New("a URL that has ended already is of no use to anybody"), "expires is written 12h or 7d")
	}
	method := strings.ToUpper(r.Method)
	if method == "" {
		method = "GET"
	}
	o, err := c.locate(ctx, n, method != "GET" && method != "HEAD")
	if err != nil {
		return "", err
	}
	ends := time.Now().Add(life)
	signed, err := c.store.TempURL(ctx, o.Key, method, ends)
	if errors.Is(err, store.ErrNoKey) && r.SetKey {
		if err = c.store.SetTempURLKey(ctx); err == nil {
			if c.cfg.DryRun {
				return "", nil
			}
			signed, err = c.store.TempURL(ctx, o.Key, method, ends)
		}
	}
	switch {
	case errors.Is(err, store.ErrNoKey):
		return "", refuse(Invalid, err, "set_key=true makes one up")
	case errors.Is(err, store.ErrNoTempURL):
		return "", refuse(Invalid, fmt.Errorf("%w: %s", err, method), "")
	case errors.Is(err, store.ErrDenied):
		return "", refuse(Denied, fmt.Errorf("only who owns the account can sign URLs (%w)", err), "ask whoever owns the collection for one")
	}
	return signed, err
}
