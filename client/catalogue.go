package client

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// A batch on many images of one collection lists the collection once, instead of asking for each
// name several times. What the listing shows of the names of the batch travels with its context,
// and look answers from it. Where it shows nothing the answer is not final, because a listing may
// lag behind: whoever reads asks as for a single image, and whoever writes does so only if nothing
// is there, and asks when something was.

// worthListing is from how many names of a collection on it is listed, and entriesAName how many
// entries a name are worth reading: a page of a listing has 10,000.
const (
	worthListing = 8
	entriesAName = 1000
)

// catalogues are the collections of a batch that are worth a listing.
type catalogues map[string]*catalogue

// catalogue is what a listing of a collection shows of some names.
type catalogue struct {
	names int             // how many there are
	exact map[string]bool // objects that some name may be exactly
	stems map[string]bool // what their forms begin with

	once    sync.Once
	known   bool // the listing was read to its end
	missing bool // the collection was not there
	objects map[string]store.Object
	forms   map[string][]store.Object // by stem

	made bool // the batch has made the collection; with Client.creating
}

type catalogueKey struct{}

// catalogued gives a batch the catalogues for the names of its requests. Those that have none are
// left to those who complain about them.
func catalogued[Request any](ctx context.Context, rs []Request, of func(Request) (name.Name, error)) context.Context {
	all := catalogues{}
	for _, r := range rs {
		typed, err := of(r)
		if err != nil {
			continue
		}
		image := typed
		image.Image = strings.ToLower(image.Image)
		for i, n := range []name.Name{typed, image, typed.Lower()} {
			cat := all[n.Collection]
			if cat == nil {
				cat = &catalogue{exact: map[string]bool{}, stems: map[string]bool{}}
				all[n.Collection] = cat
			}
			if i == 0 {
				cat.names++
			}
			cat.exact[n.Raw] = true
			for _, stem := range n.Stems() {
				cat.stems[stem] = true
			}
		}
	}
	for collection, cat := range all {
		if cat.names < worthListing {
			delete(all, collection)
		}
	}
	return context.WithValue(ctx, catalogueKey{}, all)
}

// uncatalogued is a context whose names are asked for one by one.
func uncatalogued(ctx context.Context) context.Context {
	return context.WithValue(ctx, catalogueKey{}, catalogues(nil))
}

// catalogueOf is that of a collection; nil when there is none.
func catalogueOf(ctx context.Context, collection string) *catalogue {
	all, _ := ctx.Value(catalogueKey{}).(catalogues)
	return all[collection]
}

// fromListing is what the catalogue of a batch tells of a name; not ok when that is not enough. writing
// says that an image that is not there will be pushed.
func (c *Client) fromListing(ctx context.Context, n name.Name, writing bool) (p place, ok bool) {
	cat := catalogueOf(ctx, n.Collection)
	if cat == nil {
		return p, false
	}
	cat.once.Do(func() { cat.read(c.store, ctx, n.Collection) })
	p = place{name: n, missing: cat.missing, listed: true}
	switch {
	case !cat.known || !cat.exact[n.Raw]:
		return p, false
	case cat.missing:
		return p, writing
	}
	if o, there := cat.objects[n.Raw]; there {
		p.objects, p.exact = []store.Object{o}, true
		return p, o.ETag != "" && !o.Large && !c.over(o) // of others a HEAD tells more
	}
	for _, stem := range n.Stems() {
		for _, o := range cat.forms[stem] {
			if n.Matches(o.Object) {
				p.add(o)
			}
		}
	}
	p.newestFirst()
	if slices.ContainsFunc(p.objects, c.over) {
		return p, false
	}
	// What is named like an object may be one that the listing does not show yet.
	return p, len(p.objects)+len(p.others) > 0 || writing && name.Extension(n.Raw) == ""
}

// read lists the collection. What goes wrong, those find who ask for a single name.
func (cat *catalogue) read(s store.Store, ctx context.Context, collection string) {
	cat.objects, cat.forms = map[string]store.Object{}, map[string][]store.Object{}
	seen := 0
	for _, part := range []store.Listing{{Before: segmentsDir}, {After: afterSegments}} {
		for o, err := range s.List(ctx, collection, part) {
			if errors.Is(err, store.ErrNotFound) {
				cat.known, cat.missing = true, true
				return
			}
			if seen++; err != nil || seen > entriesAName*cat.names {
				return
			}
			if cat.exact[o.Object] {
				cat.objects[o.Object] = o
			}
			for _, stem := range name.FormStems(o.Object) {
				if cat.stems[stem] {
					cat.forms[stem] = append(cat.forms[stem], o)
				}
			}
		}
	}
	cat.known = true
}
