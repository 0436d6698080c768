package screen

import (
	"io"
	"regexp"
	"strings"
)

// transcript is a copy of what a session shows, for a person to keep.
type transcript struct {
	to    io.Writer
	mid   bool // a line was begun and not ended
	ended bool // it took no more
}

// Transcribe writes what the screen shows from now on to w as well: results, notes, warnings, errors,
// and what is typed. Colours, progress and questions are left out. When w takes no more, that is said
// once, and the session goes on.
func (s *Screen) Transcribe(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.transcript = &transcript{to: w}
}

// Typed notes an entry of the prompt, whose echo is the terminal's, for the transcript.
func (s *Screen) Typed(prompt, entry string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(prompt+strings.ReplaceAll(entry, "\n", "\n"+strings.Repeat(".", max(1, len(prompt)-1))+" ")+"\n", true)
}

// sequences are those that this program writes to a terminal.
var sequences = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// keep adds to the transcript; s.mu is held. fresh says that the text begins a line.
func (s *Screen) keep(text string, fresh bool) {
	t := s.transcript
	if t == nil || t.ended || text == "" {
		return
	}
	text = sequences.ReplaceAllString(text, "")
	if fresh && t.mid {
		text = "\n" + text
	}
	t.mid = text != "" && !strings.HasSuffix(text, "\n")
	if _, err := io.WriteString(t.to, text); err != nil {
		t.ended = true
		s.say("warning: the transcript ends here: " + reason(err) + "\n")
	}
}
