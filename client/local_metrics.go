package client

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sregistry-shell/sregistry-shell/client/imagefile"
)

// mostMetrics is how many bytes of an inspection the library keeps of one image. Definition files and
// labels of people are a hundredth of it, and each listing of the library reads all that is kept.
const mostMetrics = 256 << 10

// metrics are what the library records of an image beside its names. Where sregistry-cli asked
// Singularity, it is the inspection of the file, with the fields of Inspection. Of an image that is
// damaged it is what could be read, and the reason among the problems; of what is no image, or cannot
// be read, it is nothing: an image is kept whatever it says of itself.
func metrics(path string) map[string]any {
	m := map[string]any{}
	f, file, err := openImage(path)
	if err != nil {
		return m
	}
	defer f.Close()
	info, err := imagefile.Inspect(f, file.Size())
	switch {
	case errors.Is(err, imagefile.ErrNoImage) || info.Format == imagefile.Unknown:
		return m
	case err != nil:
		info.Problems = append(info.Problems, err.Error())
	}
	text, err := json.Marshal(info)
	if err == nil && len(text) > mostMetrics {
		info.Labels, info.Environment, info.Partitions, info.Signers = map[string]string{}, map[string]string{}, []imagefile.Partition{}, []string{}
		info.Deffile, info.Runscript, info.Help = "", "", ""
		info.Problems = []string{fmt.Sprintf("what it says of itself is more than %d KiB: inspect the file", mostMetrics>>10)}
		text, err = json.Marshal(info)
	}
	if err == nil {
		_ = json.Unmarshal(text, &m)
	}
	return m
}
