package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/signin"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// WhoamiRequest asks nothing beside the question.
type WhoamiRequest struct{}

// Identity is who a client is, and where.
type Identity struct {
	User    string    `json:"user"`              // as the server names it, else as the settings do; empty with a token alone
	Project string    `json:"project,omitempty"` // Keystone's
	ID      string    `json:"id,omitempty"`      // Keystone's project:user by ids, which access lists take
	URL     string    `json:"url,omitempty"`     // where the client signs in
	Storage string    `json:"storage"`           // where the objects are: a URL or a folder
	Way     string    `json:"way"`               // legacy, preauth, keystonev2, keystonev3 or embedded
	Source  string    `json:"source"`            // where the settings come from
	Expires time.Time `json:"expires,omitzero"`  // of the token; zero when the server does not say
}

// String is a line for each thing known.
func (i Identity) String() string {
	var lines []string
	for _, line := range [][2]string{
		{"user", i.User}, {"project", i.Project}, {"id", i.ID}, {"url", i.URL}, {"storage", i.Storage}, {"way", i.Way}, {"source", i.Source},
	} {
		if line[1] != "" {
			lines = append(lines, fmt.Sprintf("%-8s %s", line[0]+":", line[1]))
		}
	}
	if !i.Expires.IsZero() {
		lines = append(lines, "expires: "+i.Expires.Local().Format("2006-01-02 15:04"))
	}
	return strings.Join(lines, "\n")
}

// Whoami signs in, asks the server whether it takes the token, and says who the client is there.
func (c *Client) Whoami(ctx context.Context, _ WhoamiRequest) (Identity, error) {
	const op = "whoami"
	// Whatever the answer is, forbidden included, it was given to somebody the server knows.
	var refused *signin.Error
	if _, err := c.store.HasContainer(ctx, "library"); err != nil && (errors.As(err, &refused) || !errors.Is(err, store.ErrDenied)) {
		return Identity{}, fail(op, "", err)
	}
	session, err := c.token.Session(ctx)
	if err != nil {
		return Identity{}, fail(op, "", err)
	}
	s := c.cfg.Settings
	i := Identity{User: session.User, Project: session.Project, ID: session.ID, URL: s.URL, Storage: session.StorageURL, Way: string(s.Way), Source: s.Source, Expires: session.Expires}
	switch {
	case s.Folder != "":
		i.URL, i.Storage, i.Way = "", s.Folder, "embedded"
	case s.Way == "":
		i.Way = string(signin.Legacy)
	case s.Way == signin.Preauth:
		i.URL = ""
	}
	if i.User == "" {
		i.User = s.User
	}
	return i, nil
}
