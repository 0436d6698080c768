package client

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sregistry-shell/sregistry-shell/client/name"
	"github.com/sregistry-shell/sregistry-shell/client/store"
)

// place is where a name leads.
type place struct {
	name    name.Name      // with the letters that were found, or those to write with
	objects []store.Object // that are this image; more than one is an ambiguity, the newest first
	others  []store.Object // that lie under a name of this image but say they are another one
	exact   bool           // the name was an object's own name
	missing bool           // the collection is not there
	listed  bool           // it was taken from the listing of a batch
	denied  error          // why nobody can tell whether the name is an object's own

	arch, id string // of the file that is pushed there
}

// record is what to write beside the bytes of an image that is pushed there. A name that was an
// object's own goes on as whatever image that object is.
func (p place) record(sha256 string, size int64, expires time.Time) name.Record {
	r := name.Record{Image: p.name.Image, Tag: p.name.TagOrDefault(), SHA256: sha256, Size: size, Arch: p.arch, ID: p.id, Expires: expires}
	if p.exact {
		i := imageOf(p.objects[0])
		r.Image, r.Tag = i.Name, i.Tag
	}
	return r
}

// resolve finds what a name leads to: the object of exactly that name, else the historic forms of
// it; as typed, else in lower case. Nothing found is no error.
//
// A listing may lag behind. Where it shows nothing, every form is asked for by itself; whoever is
// about to write gives in form how, and then that one object is enough: it is asked for beside the
// listings, which costs no time.
func (c *Client) resolve(ctx context.Context, n name.Name, form func(name.Name) string) (place, error) {
	typed, err := c.look(ctx, n, form)
	if err != nil || len(typed.objects) > 0 || n.Lower() == n {
		return typed, err
	}
	lower, err := c.look(ctx, n.Lower(), form)
	switch {
	case err != nil || len(lower.objects) > 0:
		return lower, err
	case typed.missing:
		return lower, nil
	}
	// The collection is there as typed; only the image goes to lower case.
	typed.name.Image = strings.ToLower(typed.name.Image)
	again, err := c.look(ctx, typed.name, form)
	if err == nil && len(again.others) == 0 {
		again.others = typed.others
	}
	return again, err
}

// look asks for one spelling: the object of that very name, and a listing for each stem, at once.
func (c *Client) look(ctx context.Context, n name.Name, form func(name.Name) string) (place, error) {
	if p, ok := c.fromListing(ctx, n, form != nil); ok {
		return p, nil
	}
	p := place{name: n}
	stems := n.Stems()
	listed := make([][]store.Object, len(stems))
	blind := make([]bool, len(stems))
	var exact store.Object
	var there bool
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		exact, err = c.store.Stat(gctx, store.Key{Container: n.Collection, Object: n.Raw})
		there = err == nil
		if errors.Is(err, store.ErrDenied) {
			p.denied = err
		}
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDenied) || errors.Is(err, store.ErrInvalid) {
			return nil // the listings say more
		}
		return err
	})
	var written []store.Object
	if form != nil && form(n) != "" {
		g.Go(func() (err error) {
			written, err = c.ask(gctx, n.Collection, []string{form(n)}, false)
			return err
		})
	}
	for i, stem := range stems {
		g.Go(func() error {
			for o, err := range c.unexpired(gctx, c.store.List(gctx, n.Collection, store.Listing{Prefix: stem})) {
				switch {
				case errors.Is(err, store.ErrDenied):
					blind[i] = true // an ACL may let us read but not list
					return nil
				case err != nil:
					return err
				case n.Matches(o.Object):
					listed[i] = append(listed[i], o)
				}
			}
			return nil
		})
	}
	err := g.Wait()
	switch {
	case errors.Is(err, store.ErrNotFound):
		p.missing = true
		return p, nil
	case err != nil:
		return p, err
	case there:
		p.objects, p.exact = []store.Object{exact}, true
		return p, nil
	}
	found := append(listed[0], listed[1]...)
	refused := blind[0] || blind[1]
	switch {
	case len(found) > 0:
	case form != nil && !refused:
		found = written
	default:
		if found, err = c.ask(ctx, n.Collection, n.Forms(), refused); err != nil {
			return p, err
		}
	}
	for _, o := range found {
		p.add(o)
	}
	p.newestFirst()
	return p, nil
}

// add puts an object that lies under a name of the image where it belongs: its record tells.
func (p *place) add(o store.Object) {
	if r, ok := name.ParseRecord(o.ContentType, o.Object); ok && (r.Image != p.name.Image || r.Tag != p.name.TagOrDefault()) {
		p.others = append(p.others, o)
	} else {
		p.objects = append(p.objects, o)
	}
}

func (p *place) newestFirst() {
	sort.SliceStable(p.objects, func(i, j int) bool { return p.objects[i].Modified.After(p.objects[j].Modified) })
}

// ask sends a HEAD for each form. When the listing was refused, so may these be.
func (c *Client) ask(ctx context.Context, collection string, forms []string, refused bool) ([]store.Object, error) {
	found := make([]*store.Object, len(forms))
	denied := make([]error, len(forms))
	g, gctx := errgroup.WithContext(ctx)
	for i, form := range forms {
		g.Go(func() error {
			o, err := c.store.Stat(gctx, store.Key{Container: collection, Object: form})
			switch {
			case err == nil:
				found[i] = &o
			case errors.Is(err, store.ErrDenied):
				denied[i] = err
			case !errors.Is(err, store.ErrNotFound):
				return err
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []store.Object
	for _, o := range found {
		if o != nil {
			out = append(out, *o)
		}
	}
	if err := errors.Join(denied...); len(out) == 0 && refused && err != nil {
		return nil, denied[0]
	}
	return out, nil
}

// locate is resolve for what has to be there: the one object a name leads to, whole as a HEAD
// describes it; of one that has lost its begin, with store.ErrLost, the key. With change set, several are refused; otherwise the newest is taken with a warning.
func (c *Client) locate(ctx context.Context, n name.Name, change bool) (store.Object, error) {
	o, exact, err := c.find(ctx, n, change)
	if err != nil || exact {
		return o, err
	}
	// Of the images of a batch the listing tells enough: who reads one that was replaced since is told so.
	if catalogueOf(ctx, o.Container) == nil || o.ETag == "" || o.Large {
		now, err := c.store.Stat(ctx, o.Key)
		if errors.Is(err, store.ErrNotFound) {
			err = c.gone(ctx, o.Key, err)
		}
		if err != nil {
			return store.Object{Key: o.Key}, err
		}
		o = now
	}
	if n.Version != "" {
		if _, err := name.ParseDigest(n.Version); err != nil {
			return store.Object{}, refuse(Invalid, err, "")
		}
		if err := c.checkVersion(n, o, ""); err != nil {
			return store.Object{}, err
		}
	}
	return o, nil
}

// find is locate as far as a listing tells: the object may lack ETag and size, and is not compared with
// a version. Exact says that it is whole, and was named by its own name.
func (c *Client) find(ctx context.Context, n name.Name, change bool) (o store.Object, exact bool, err error) {
	p, err := c.resolve(ctx, n, nil)
	if err != nil {
		return o, false, err
	}
	if len(p.objects) == 0 && p.denied != nil {
		return o, false, p.denied
	}
	if len(p.objects) == 0 {
		err = notFound(p)
		if !p.missing && !p.listed {
			o.Key = store.Key{Container: n.Collection, Object: n.Raw}
			err = c.gone(ctx, o.Key, err)
		}
		return o, false, err
	}
	o = p.objects[0]
	if len(p.objects) > 1 && (change || !alike(p.objects)) {
		if change {
			return o, false, ambiguous(p)
		}
		c.report.Warn(fmt.Sprintf("%s is %s; taking the newest, %s", n, paths(p.objects), o.Key))
	}
	return o, p.exact, nil
}

// checkVersion compares a version with what is known: the record, the ETag, and sha256 when the
// bytes were hashed. What cannot be compared passes.
func (c *Client) checkVersion(n name.Name, o store.Object, sha256 string) error {
	d, err := name.ParseDigest(n.Version)
	if err != nil {
		return nil // the @ is part of an object's own name
	}
	if r, ok := name.ParseRecord(o.ContentType, o.Object); ok && sha256 == "" {
		sha256 = r.SHA256
	}
	switch {
	case d.SHA256 != "" && sha256 != "" && d.SHA256 != sha256:
		return refuse(Corrupt, fmt.Errorf("its SHA-256 is %s, not the %s that was asked for", sha256, d.SHA256), "")
	case d.MD5 != "" && d.MD5 != o.ETag:
		return refuse(Corrupt, fmt.Errorf("its ETag is %s, not the %s that was asked for", o.ETag, d.MD5), "")
	}
	return nil
}

func notFound(p place) error {
	if p.missing {
		return refuse(NotFound, fmt.Errorf("there is no collection %s", p.name.Collection), "collections lists those there are")
	}
	return refuse(NotFound, errors.New("no such image"), fmt.Sprintf(`search "%s/" lists what is there`, p.name.Collection))
}

func ambiguous(p place) error {
	return refuse(Invalid, fmt.Errorf("the name could mean %s", paths(p.objects)), "name one of them exactly")
}

// alike tells whether objects are known to hold the same bytes.
func alike(objects []store.Object) bool {
	first := imageOf(objects[0])
	for _, o := range objects[1:] {
		other := imageOf(o)
		same := first.SHA256 != "" && first.SHA256 == other.SHA256 || first.ETag != "" && first.ETag == other.ETag
		if !same {
			return false
		}
	}
	return true
}

func paths(objects []store.Object) string {
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = o.Key.String()
	}
	return strings.Join(names, " or ")
}

// imageOf describes an object as an image: by its record if it has one that can be believed, else
// by its name.
func imageOf(o store.Object) Image {
	i := Image{Collection: o.Container, Object: o.Object, Size: o.Size, ETag: o.ETag, Modified: o.Modified, Expires: o.Expires}
	if r, ok := name.ParseRecord(o.ContentType, o.Object); ok {
		i.Name, i.Tag, i.SHA256, i.Arch, i.ID, i.Source = r.Image, r.Tag, r.SHA256, r.Arch, r.ID, r.Source
		if i.Expires.IsZero() {
			i.Expires = r.Expires
		}
		if i.Size < 0 || o.Large {
			i.Size = r.Size
		}
	} else {
		i.Name, i.Tag = name.Guess(o.Object)
	}
	i.URI = name.URI(i.Collection, i.Name, i.Tag)
	return i
}
