package imagefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// addMetadata reads what apptainer inspect would print, as Singularity (3.6 and later) and Apptainer
// write it into a SIF.
func (i *Info) addMetadata(text []byte) error {
	var m struct {
		Data struct {
			Attributes struct {
				Labels      map[string]any
				Environment map[string]any
				Deffile     string
				Runscript   string
				Helpfile    string
			}
		}
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return &problem{fmt.Errorf("%s is not what it should be: %w", inspectMetadata, err)}
	}
	a := m.Data.Attributes
	fill(i.Labels, a.Labels)
	fill(i.Environment, a.Environment)
	i.Runscript, i.Help = a.Runscript, a.Helpfile
	if i.Deffile == "" {
		i.Deffile = a.Deffile
	}
	return nil
}

// addLabels reads labels as JSON, on top of those there are.
func (i *Info) addLabels(text []byte) error {
	var labels map[string]any
	if err := json.Unmarshal(text, &labels); err != nil {
		return &problem{fmt.Errorf("the labels are not what they should be: %w", err)}
	}
	fill(i.Labels, labels)
	return nil
}

// fill takes values as text, which is what nearly all are.
func fill(to map[string]string, from map[string]any) {
	for key, value := range from {
		if text, ok := value.(string); ok {
			to[key] = text
		} else if text, err := json.Marshal(value); err == nil {
			to[key] = string(text)
		}
	}
}

// systemDir is where Singularity, from 2.3 on, and Apptainer keep what an image says of itself.
const systemDir = ".singularity.d"

// readSystem reads it out of the file system. What is not there is not there; what cannot be read is a
// problem. An error is one of reading the image.
func readSystem(s *squash, info *Info) error {
	var failed error
	read := func(name ...string) []byte {
		text, err := s.readFile(append([]string{systemDir}, name...)...)
		failed = errors.Join(failed, info.unread(err, name...))
		return text
	}
	if text := read("labels.json"); text != nil {
		failed = errors.Join(failed, info.unread(info.addLabels(text), "labels.json"))
	}
	if text := read("Singularity"); info.Deffile == "" {
		info.Deffile = string(text)
	}
	info.Runscript, info.Help = string(read("runscript")), string(read("runscript.help"))
	names, err := s.list(systemDir, "env")
	failed = errors.Join(failed, info.unread(err, "env"))
	for _, name := range names {
		if text := read("env", name); text != nil {
			info.Environment["/"+systemDir+"/env/"+name] = string(text)
		}
	}
	return failed
}

// unread notes why a part of the file system was not read. An error of reading is given back.
func (i *Info) unread(err error, name ...string) error {
	var bad *DamagedError
	var odd *problem
	switch {
	case errors.As(err, &bad):
		err = bad.Err
	case errors.As(err, &odd):
		err = odd.error
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
	i.Problems = append(i.Problems, fmt.Sprintf("/%s/%s: %v", systemDir, path.Join(name...), err))
	return nil
}
