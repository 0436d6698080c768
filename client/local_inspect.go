package client

import "context"

// LocalDetails are all that the local library has recorded of an image: the columns of its row,
// with the names that sregistry-cli gives them.
type LocalDetails struct {
	Client       string         `json:"client"`
	Collection   string         `json:"collection"`
	CollectionID int64          `json:"collection_id"`
	Created      string         `json:"created_at"`
	ID           int64          `json:"id"`
	Image        string         `json:"image"`
	Metrics      map[string]any `json:"metrics"` // its names as they were recorded, and the fields of Inspection
	Name         string         `json:"name"`
	Tag          string         `json:"tag"`
	URI          string         `json:"uri"`
	URL          string         `json:"url"`
	Version      string         `json:"version"`
}

// String is the URI.
func (d LocalDetails) String() string { return d.URI }

// LibraryInspect tells what is recorded of an image in the local library: of its newest version,
// unless the name tells one. The file is not read, and need not be there.
func (c *Client) LibraryInspect(ctx context.Context, r LocalRequest) (LocalDetails, error) {
	row, err := c.row(ctx, r.Image)
	if err != nil {
		return LocalDetails{}, fail("inspect", r.Image, err)
	}
	return LocalDetails{
		Client: row.Client, Collection: row.Collection, CollectionID: row.CollectionID, Created: row.Created.Format("2006-01-02 15:04:05"),
		ID: row.ID, Image: row.Image, Metrics: row.Metrics, Name: row.Name, Tag: row.Tag, URI: row.URI, URL: row.URL, Version: row.Version,
	}, nil
}
