package shell

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client"
)

const (
	freshFor = 5 * time.Second  // how long names are taken as they are
	lookFor  = 20 * time.Second // how long a listing may take, in the background
)

// remoteNames completes names in storage from a cache. A listing runs in the background, and a
// key press waits for it no longer than patience; old names are given while newer ones are
// fetched. A listing that failed is not repeated at every key.
type remoteNames struct {
	// list gives the collections, with a slash behind them, for an empty collection, else the
	// images in it as collection/object.
	list     func(ctx context.Context, collection string) ([]string, error)
	now      func() time.Time
	patience time.Duration // how long a key press waits for a listing

	mu    sync.Mutex
	cache map[string]*listing
}

// listing is what is known of one collection.
type listing struct {
	names []string
	at    time.Time
	ready chan struct{} // closed when the fetch that runs is done; nil when none runs
}

// suggest completes a name up to its next slash.
func (r *remoteNames) suggest(ctx context.Context, typed, quote string) suggestion {
	collection, _, inside := strings.Cut(typed, "/")
	if !inside {
		collection = ""
	}
	start := strings.LastIndex(typed, "/") + 1
	var candidates []string
	whole := false
	for _, name := range r.names(ctx, collection) {
		rest, ok := strings.CutPrefix(name, typed[:start])
		if !ok || strings.ContainsAny(rest, `\`+quote) {
			continue
		}
		if i := strings.Index(rest, "/"); i >= 0 {
			rest = rest[:i+1]
		} else {
			whole = true
		}
		candidates = append(candidates, rest)
	}
	out := endings(typed[start:], candidates)
	if len(out.endings) == 1 && whole && !strings.HasSuffix(out.endings[0], "/") {
		out.endings[0] += quote
	}
	return out
}

func (r *remoteNames) names(ctx context.Context, collection string) []string {
	r.mu.Lock()
	if r.cache == nil {
		r.cache = map[string]*listing{}
	}
	known := r.cache[collection]
	if known == nil {
		known = &listing{}
		r.cache[collection] = known
	}
	if known.ready == nil && (known.at.IsZero() || r.now().Sub(known.at) > freshFor) {
		known.ready = make(chan struct{})
		go r.fetch(ctx, collection, known)
	}
	ready, first := known.ready, known.at.IsZero()
	r.mu.Unlock()
	if ready != nil && first {
		timeout := time.NewTimer(r.patience)
		defer timeout.Stop()
		select {
		case <-ready:
		case <-timeout.C:
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return known.names
}

func (r *remoteNames) fetch(ctx context.Context, collection string, known *listing) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	names, err := r.list(ctx, collection)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		known.names = names
	}
	known.at = r.now()
	close(known.ready)
	known.ready = nil
}

// listNames is the list of a session's remoteNames, by the client that verbs use.
func (s *Session) listNames(ctx context.Context, collection string) ([]string, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	return listNames(ctx, c, collection)
}

// listNames is the list of the remoteNames of a client.
func listNames(ctx context.Context, c *client.Client, collection string) ([]string, error) {
	if collection != "" {
		return c.Search(ctx, client.ListRequest{Query: collection + "/"})
	}
	found, err := c.Collections(ctx, client.CollectionsRequest{})
	var names []string
	for _, each := range found {
		names = append(names, each.Name+"/")
	}
	return names, err
}

// listLocal is the list of names in the local library, with the versions.
func (s *Session) listLocal(ctx context.Context, collection string) ([]string, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	images, err := c.LibraryImages(ctx, client.ImagesRequest{})
	var names []string
	for _, each := range images {
		if own, _, _ := strings.Cut(each.URI, "/"); collection == "" || own == collection {
			names = append(names, each.URI)
		}
	}
	return names, err
}

// connect makes the client when it is needed first, by a verb or by completion.
func (s *Session) connect(ctx context.Context) (*client.Client, error) {
	s.connecting.Lock()
	defer s.connecting.Unlock()
	if s.client == nil || s.client.Ready() != nil {
		c, err := s.c.Connect(ctx)
		if err != nil {
			return nil, err
		}
		s.client = c
	}
	return s.client, nil
}
