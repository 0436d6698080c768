package library

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/sregistry-shell/sregistry-shell/client/name"
)

// Row is one image of the library, as its database describes it.
type Row struct {
	ID           int64
	CollectionID int64
	Collection   string // in lower case, as is Name and Tag; see URI
	Name         string
	Tag          string
	Version      string // the SHA-256, or what another tool gave; may be empty
	Image        string // the file's path; may be empty
	URL          string
	URI          string // as it is recorded
	Client       string // who brought it: "swift"
	Created      time.Time
	Metrics      map[string]any // its names, what it says of itself, and what the file was
}

// NewRow is the row that an image would have.
func NewRow(n name.Name, version, path string) Row {
	n = meant(n)
	r := Row{URI: n.String(), Version: version, Image: path, Client: client, Created: time.Now().UTC()}
	r.Collection, r.Name, r.Tag = columns(n)
	return r
}

// FullName is what the row's image is called: by its uri, which knows of capitals and nested names,
// if the other columns follow from it, else by those.
func (r Row) FullName() name.Name {
	if n, err := name.Parse(r.URI); err == nil {
		collection, image, tag := columns(n)
		if collection == r.Collection && image == r.Name && tag == r.Tag {
			n.Version = ""
			return n
		}
	}
	return name.Name{Collection: r.Collection, Image: r.Name, Tag: r.Tag}
}

// String is collection/image:tag@version.
func (r Row) String() string {
	s := r.FullName().String()
	if r.Version != "" {
		s += "@" + r.Version
	}
	return s
}

// likeness is how well a row fits a name that leads to its columns.
type likeness int

const (
	namesake likeness = iota // sregistry-cli takes the one for the other: a/b/c for b/c
	alike                    // but for capitals
	same
)

func (r Row) likeness(n name.Name) likeness {
	own := r.FullName().String()
	switch {
	case own == n.String() || own == n.Lower().String():
		return same
	case strings.EqualFold(own, n.String()):
		return alike
	}
	return namesake
}

// best keeps the rows that fit a name best, the newest first.
func best(rows []Row, n name.Name) []Row {
	top := namesake
	for _, r := range rows {
		top = max(top, r.likeness(n))
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.likeness(n) < top })
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(b.ID, a.ID))
	})
	return rows
}

// timeLayout is how SQLAlchemy keeps a time, in UTC; the fraction may be missing.
const timeLayout = "2006-01-02 15:04:05.000000"

func parseTime(s string) time.Time {
	for _, layout := range []string{"2006-01-02 15:04:05", time.RFC3339} { // either takes a fraction
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// parseMetrics reads what is recorded of an image. What cannot be read is kept as text, so that
// nothing is lost when it is written back.
func parseMetrics(s string) map[string]any {
	var m map[string]any
	if s == "" || json.Unmarshal([]byte(s), &m) == nil && m != nil {
		return m
	}
	return map[string]any{"metrics": s}
}

// names are what sregistry-cli records of an image's name.
func names(n name.Name, written string) map[string]any {
	collection, image, tag := columns(n)
	url := n.Collection + "/" + n.Image
	return map[string]any{
		"collection": collection, "image": image, "tag": tag, "registry": nil, "version": nil,
		"original": written, "url": url, "uri": url + ":" + n.TagOrDefault(),
		"storage": url + ":" + n.TagOrDefault() + ".sif", "type": "container",
	}
}
