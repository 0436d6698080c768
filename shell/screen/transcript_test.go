package screen

import (
	"errors"
	"strings"
	"testing"
)

// closing takes one line and then no more.
type closing struct{ full bool }

func (c *closing) Write(p []byte) (int, error) {
	if c.full {
		return 0, errors.New("no room")
	}
	c.full = true
	return len(p), nil
}

func TestTranscript(t *testing.T) {
	b := newBench("oe", nil)
	var kept strings.Builder
	b.Transcribe(&kept)
	b.Typed("> ", "if x then\n  y()\nend")
	b.Stdout().Write([]byte("\x1b[31mred\x1b[0m, half"))
	b.Warn("careful")
	if want := "> if x then\n.   y()\n. end\nred, half\nwarning: careful\n"; kept.String() != want {
		t.Errorf("%q, not %q", kept.String(), want)
	}
}

func TestTranscriptThatTakesNoMore(t *testing.T) {
	b := newBench("oe", nil)
	b.Transcribe(&closing{})
	for range 3 {
		b.Typed("> ", "x")
	}
	if got := strings.Count(b.err.raw.String(), "the transcript ends here: no room"); got != 1 {
		t.Errorf("said %d times: %q", got, b.err.raw.String())
	}
}
