package store

import (
	"context"
	"fmt"
	"iter"
	"net/url"
)

// errNoProgress is a listing that would never end.
var errNoProgress = fmt.Errorf("%w: it repeats a page of its listing, which is not complete", ErrGarbled)

// List goes through a container page by page until one is empty: RGW may cut any page short. No
// limit is sent, because RGW cuts an explicit one to 1,000 and gives 10,000 without.
func (s *Swift) List(ctx context.Context, container string, l Listing) iter.Seq2[Object, error] {
	query := url.Values{"format": {"json"}}
	for name, value := range map[string]string{"prefix": l.Prefix, "end_marker": l.Before} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return func(yield func(Object, error) bool) {
		for e, err := range s.pages(ctx, Key{Container: container}, query, l.After) {
			if err != nil {
				yield(Object{}, err)
				return
			}
			if e.Name != "" && !yield(e.object(container), nil) {
				return
			}
		}
	}
}

// Containers goes through the containers of the account.
func (s *Swift) Containers(ctx context.Context) iter.Seq2[Container, error] {
	return func(yield func(Container, error) bool) {
		for e, err := range s.pages(ctx, Key{}, url.Values{"format": {"json"}}, "") {
			if err != nil {
				yield(Container{}, err)
				return
			}
			if !yield(Container{e.Name, e.Count, e.Bytes}, nil) {
				return
			}
		}
	}
}

// pages reads one page after the other, from the name after.
func (s *Swift) pages(ctx context.Context, key Key, query url.Values, after string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		for {
			if after != "" {
				query.Set("marker", after)
			}
			resp, err := s.get(ctx, key, query, nil)
			var page []entry
			if err == nil {
				page, err = decode[entry](ctx, resp)
			}
			if err != nil {
				yield(entry{}, err)
				return
			}
			if len(page) == 0 {
				return
			}
			for _, e := range page {
				name := e.Name + e.Subdir
				if name <= after {
					yield(entry{}, errNoProgress)
					return
				}
				after = name
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}
