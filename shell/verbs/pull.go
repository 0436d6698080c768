package verbs

import (
	"context"

	"github.com/sregistry-shell/sregistry-shell/client"
)

var pull = define(spec[client.PullRequest, string]{
	name:    "pull",
	summary: "download an image",
	help: `The file appears under its name only when it is whole and its hash is right; until then it is a
.part file beside it. When the same bytes are there already, nothing is fetched; other bytes are
kept unless force is given. Without a file the image goes into the local library, and nothing is
fetched when that version is there; with one, the library records where it is. With save=false, or
where there is no library, it goes to ./<image>-<tag>.<ext>. offline=true answers from the library,
needs no settings, and fails with not_found at once.`,
	returns: "the path of the file",
	done:    func(path string) string { return "Success! " + path },
	examples: []string{
		`client.pull("lab/ubuntu:22.04", "ubuntu.sif")`,
		`client.pull("lab/ubuntu:22.04", {file="images/", if_missing=true})`,
		`client.pull({ "lab/a", {"lab/b", "b.sif"} }, {jobs=2})`,
	},
	mutates: true,
	local:   true,
	item:    "an image, or {image, file}",
	call: func(ctx context.Context, c *client.Client, r client.PullRequest) (string, error) {
		return c.Pull(ctx, r)
	},
	batch: func(ctx context.Context, c *client.Client, rs []client.PullRequest) ([]string, error) {
		return c.PullAll(ctx, rs)
	},
})
