package imagefile

import (
	"bytes"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	const line = "#!/usr/bin/env run-singularity\n"
	ext3 := strings.Repeat("\x00", 1080) + "\x53\xef" + strings.Repeat("\x00", 100)
	for name, c := range map[string]struct {
		bytes string
		want  Format
	}{
		"sif":             {line + "\x00SIF_MAGIC\x0001\x00", SIF},
		"squashfs":        {"hsqs" + strings.Repeat("x", 100), Squashfs},
		"simg":            {line + "hsqs" + strings.Repeat("x", 100), Simg},
		"ext3":            {ext3, Ext3},
		"img":             {line + ext3, Ext3},
		"empty":           {"", Unknown},
		"short":           {"hsq", Unknown},
		"another script":  {"#!/bin/sh\nhsqs", Unknown},
		"gzip":            {"\x1f\x8b" + strings.Repeat("x", 3000), Unknown},
		"magic elsewhere": {"xx" + line + "hsqs", Unknown},
	} {
		if got, err := Detect(strings.NewReader(c.bytes)); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := Detect(bytes.NewReader(make([]byte, 1<<20))); err != nil {
		t.Error(err)
	}
}
