package verbs

import (
	"context"
	"fmt"

	"github.com/sregistry-shell/sregistry-shell/client"
	"github.com/sregistry-shell/sregistry-shell/shell/screen"
)

var remove = define(spec[client.DeleteRequest, client.Image]{
	name:    "delete",
	summary: "delete an image from storage",
	help: `More than one image, given as a list or by a pattern, needs a yes: the prompt asks, and shows what
a pattern means; a script says yes=true. In a pattern, which names its collection, * and ? mean no slash.
An image whose name is written just so goes before a pattern. The collection stays.`,
	returns: "the image that was deleted; for a list or a pattern a list of them",
	done:    func(i client.Image) string { return "[rm] " + i.Path() },
	examples: []string{
		`client.delete("lab/ubuntu:22.04")`,
		`client.delete({"lab/a", "lab/b"}, {yes=true})`,
		`client.delete("lab/ubuntu:2*", {yes=true})`,
	},
	mutates: true,
	item:    "an image",
	plan: func(rs []client.DeleteRequest) string {
		if len(rs) < 2 || rs[0].Yes {
			return ""
		}
		return fmt.Sprintf("delete %d images, from %s to %s", len(rs), rs[0].Image, rs[len(rs)-1].Image)
	},
	asks: client.DeleteRequest.Pattern,
	expand: func(ctx context.Context, c *client.Client, rs []client.DeleteRequest) ([]client.DeleteRequest, string, error) {
		expanded, images, err := c.Matches(ctx, rs)
		if err != nil || len(images) == 0 {
			return nil, "", err
		}
		if rs[0].Yes {
			return expanded, "", nil
		}
		return expanded, "delete " + listed(expanded, images), nil
	},
	call: func(ctx context.Context, c *client.Client, r client.DeleteRequest) (client.Image, error) {
		return c.Delete(ctx, r)
	},
	batch: func(ctx context.Context, c *client.Client, rs []client.DeleteRequest) ([]client.Image, error) {
		return c.DeleteAll(ctx, rs)
	},
})

// shownImages is how many images a plan names.
const shownImages = 5

// listed says what is deleted: how many images, how large those are that a pattern means, and which.
func listed(rs []client.DeleteRequest, images []client.Image) string {
	var size int64
	for _, i := range images {
		size += max(0, i.Size)
	}
	text := "1 image"
	if len(rs) > 1 {
		text = fmt.Sprintf("%d images", len(rs))
	}
	text += " (" + screen.Size(size) + "): "
	for i, r := range rs[:min(len(rs), shownImages)] {
		if i > 0 {
			text += ", "
		}
		text += screen.Safe(r.Image)
	}
	if left := len(rs) - shownImages; left > 0 {
		text += fmt.Sprintf(" and %d more", left)
	}
	return text
}
